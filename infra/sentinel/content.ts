import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DECLARED } from '../../scripts/generators/streams.ts';

/** The folder of the Sentinel content. */
export const SENTINEL_ROOT = import.meta.dirname;

interface Connector {
  readonly connectorId: string;
  readonly dataTypes: readonly string[];
}

interface EntityMapping {
  readonly entityType: string;
  readonly fieldMappings: readonly { readonly identifier: string; readonly columnName: string }[];
}

/** What hunting queries and rules have in common. */
export interface HuntingDescription {
  readonly id: string;
  readonly version: string;
  readonly requiredDataConnectors: readonly Connector[];
  readonly displayName: string;
  readonly description: string;
  readonly tactics: readonly string[];
  readonly techniques: readonly string[];
  readonly entityMappings: readonly EntityMapping[];
}

/** An analytic rule in the words of the ARM resource; durations are ISO 8601. */
export interface RuleDescription extends HuntingDescription {
  /** That of its files, by which the parameter `ruleSettings` knows it. */
  readonly name: string;
  readonly kind: 'Scheduled';
  /** Functions whose text Bicep puts before the query, in order of use. */
  readonly functions: readonly string[];
  /** Thresholds that a deployment may set: names of `let` lines of the query, with their values there. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly severity: string;
  readonly queryFrequency: string;
  readonly queryPeriod: string;
  readonly triggerOperator: string;
  readonly triggerThreshold: number;
  readonly customDetails: Readonly<Record<string, string>>;
  readonly alertDetailsOverride: Readonly<Record<string, string>>;
  readonly eventGroupingSettings: unknown;
  readonly incidentConfiguration: unknown;
  readonly suppressionEnabled: boolean;
  readonly suppressionDuration: string;
}

/** A stored function. */
export interface FunctionDescription {
  readonly id: string;
  readonly version: string;
  /** ISO date. */
  readonly lastUpdated: string;
  readonly alias: string;
  readonly title: string;
  readonly description: string;
  readonly category: string;
  /** `name:type=default,…`; empty for none. */
  readonly parameters: string;
  /** ASIM schema, for ASIM parsers. */
  readonly schema?: { readonly name: string; readonly version: string };
}

/** A description with its query. */
export interface Content<T> {
  /** File name without extension. */
  readonly name: string;
  readonly description: T;
  readonly query: string;
}

/** Text of a file of the content. */
export function readSource(...path: string[]): string {
  return readFileSync(join(SENTINEL_ROOT, ...path), 'utf8');
}

function readContent<T>(folder: string): Content<T>[] {
  const names = readdirSync(join(SENTINEL_ROOT, folder)).filter((file) => file.endsWith('.kql'));
  return names.sort().map((file) => {
    const name = file.slice(0, -'.kql'.length);
    return { name, description: JSON.parse(readSource(folder, `${name}.json`)) as T, query: readSource(folder, file) };
  });
}

/** All stored functions. */
export function readFunctions(): Content<FunctionDescription>[] {
  return readContent('functions');
}

/** All analytic rules. */
export function readRules(): Content<RuleDescription>[] {
  return readContent('rules');
}

/** All hunting queries. */
export function readHunting(): Content<HuntingDescription>[] {
  return readContent('hunting');
}

/**
 * A query of the workbook or of the data connector's page. What it says of every stream stands there once: `{{each stream}}` before a
 * line, in which `{table}`, `{name}`, `{newest}` and `{source}` differ.
 */
export function readQuery(name: string, folder: 'workbook' | 'data-connector' = 'workbook'): string {
  const each = (line: string): string =>
    DECLARED.map(({ name, table, kql: { newest, source } }) => {
      const values: Readonly<Record<string, string>> = { name, table, newest, source };
      return line.replace(/\{(name|table|newest|source)\}/g, (_, key: string) => values[key] ?? '');
    }).join(',\n');
  const listed = (names: readonly string[]): string => names.map((text) => `'${text}'`).join(', ');
  return readSource(folder, 'queries', `${name}.kql`)
    .replace(/^( *)\{\{each stream\}\} (.*)$/gm, (_, indent: string, line: string) => each(`${indent}${line}`))
    .replace('{{tables}}', listed(DECLARED.map(({ table }) => table)))
    .replace('{{default streams}}', listed(DECLARED.filter(({ isDefault }) => isDefault).map(({ name }) => name)));
}
