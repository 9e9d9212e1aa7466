import { readFunctions, readHunting, readRules } from '../../../infra/sentinel/content.ts';
import { toShortDuration } from '../../../infra/sentinel/generate.ts';
import { toDeployedQuery } from '../../support/deployed-query.ts';
import type { Row } from './engine.ts';
import { toMilliseconds } from './times.ts';

/** A text of KQL that the project ships. */
export interface KqlText {
  /** Folder of its cases. */
  readonly kind: string;
  /** File name of its cases. */
  readonly id: string;
  /** The text that Azure runs, with the parameters of a case. */
  readonly write: (parameters: Row) => string;
  /** What Azure shows of the past by TimeGenerated; all where it is not bounded. */
  readonly periodMs?: number;
}

/** A scheduled rule with its times. */
export interface RuleText extends KqlText {
  readonly periodMs: number;
  readonly frequencyMs: number;
}

function readMilliseconds(duration: string): number {
  return toMilliseconds(toShortDuration(duration));
}

/** The analytic rules as deployed. */
export const RULES: readonly RuleText[] = readRules().map((rule) => ({
  kind: 'rules',
  id: rule.name,
  write: () => toDeployedQuery(rule),
  periodMs: readMilliseconds(rule.description.queryPeriod),
  frequencyMs: readMilliseconds(rule.description.queryFrequency),
}));

/** The stored functions, called with the arguments of a case. */
const FUNCTIONS: readonly KqlText[] = readFunctions().map(({ description: { alias, parameters } }) => {
  const types = new Map(parameters.split(',').map((parameter) => parameter.trim().split(/[:=]/) as [string, string]));
  return {
    kind: 'functions',
    id: alias,
    write: (given) => {
      const named = Object.entries(given).map(([name, value]) => `${name}=${literal(value, types.get(name))}`);
      return `${alias}(${named.join(', ')})`;
    },
  };
});

const HUNTING: readonly KqlText[] = readHunting().map(({ name, query }) => ({
  kind: 'hunting',
  id: name,
  write: () => query,
}));

function literal(value: unknown, type: string | undefined): string {
  const text = JSON.stringify(value);
  return type === 'dynamic' || type === 'datetime' ? `${type}(${type === 'datetime' ? String(value) : text})` : text;
}

/** Every text. */
export const TEXTS: readonly KqlText[] = [...FUNCTIONS, ...RULES, ...HUNTING];
