/**
 * Makes what must hold KQL beside other text from its only sources, the `.kql` files and the `.json` descriptions:
 * YAML for Sentinel repositories and the content hub, the workbook, the data connector's page; and what queries say of every stream.
 */
import { formatted, replaceParts, type GeneratedFile } from '../../scripts/generators/generated-file.ts';
import { DECLARED } from '../../scripts/generators/streams.ts';
import { Document, Scalar, visit } from 'yaml';
import { toDataConnector } from './data-connector.ts';
import { recordSteps } from './event-record.ts';
import {
  readFunctions,
  readHunting,
  readQuery,
  readRules,
  readSource,
  type Content,
  type FunctionDescription,
  type HuntingDescription,
  type RuleDescription,
} from './content.ts';

/** `P14D` or `PT1H` as the content hub writes it: `14d`, `1h`. */
export function toShortDuration(duration: string): string {
  const [, days, time, unit] = /^P(?:(\d+)D)?(?:T(\d+)([HM]))?$/.exec(duration) ?? [];
  if (days !== undefined && time === undefined) return `${days}d`;
  if (days === undefined && time !== undefined && unit !== undefined) return `${time}${unit.toLowerCase()}`;
  throw new Error(`duration ${duration}: must be whole days, hours or minutes, e.g. P14D, PT1H`);
}

const OPERATORS: Readonly<Record<string, string>> = { GreaterThan: 'gt', LessThan: 'lt', Equal: 'eq', NotEqual: 'ne' };

/** YAML text; texts of several lines as literal blocks, so that queries stay readable. */
function toYaml(source: string, value: unknown): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_, node) => {
      if (typeof node.value === 'string' && node.value.includes('\n')) node.type = Scalar.BLOCK_LITERAL;
    },
  });
  return `# Made from ${source} by infra/sentinel/generate.ts.\n${document.toString({ lineWidth: 0 })}`;
}

function toRuleYaml({ name, description: rule, query }: Content<RuleDescription>): string {
  return toYaml(`${name}.json and ${name}.kql`, {
    id: rule.id,
    name: rule.displayName,
    description: rule.description,
    severity: rule.severity,
    status: 'Available',
    requiredDataConnectors: rule.requiredDataConnectors,
    queryFrequency: toShortDuration(rule.queryFrequency),
    queryPeriod: toShortDuration(rule.queryPeriod),
    triggerOperator: OPERATORS[rule.triggerOperator],
    triggerThreshold: rule.triggerThreshold,
    tactics: rule.tactics,
    relevantTechniques: rule.techniques,
    query,
    entityMappings: rule.entityMappings,
    customDetails: rule.customDetails,
    alertDetailsOverride: rule.alertDetailsOverride,
    eventGroupingSettings: rule.eventGroupingSettings,
    incidentConfiguration: rule.incidentConfiguration,
    suppressionEnabled: rule.suppressionEnabled,
    suppressionDuration: toShortDuration(rule.suppressionDuration),
    version: rule.version,
    kind: rule.kind,
  });
}

function toHuntingYaml({ name, description: hunting, query }: Content<HuntingDescription>): string {
  return toYaml(`${name}.json and ${name}.kql`, {
    id: hunting.id,
    name: hunting.displayName,
    description: hunting.description,
    requiredDataConnectors: hunting.requiredDataConnectors,
    tactics: hunting.tactics,
    relevantTechniques: hunting.techniques,
    query,
    ...(hunting.entityMappings.length > 0 ? { entityMappings: hunting.entityMappings } : {}),
    version: hunting.version,
  });
}

function toParserParams(parameters: string): { Name: string; Type: string; Default: string }[] {
  return [...parameters.matchAll(/(\w+):(\w+)=((?:[^,(]|\([^)]*\))+)/g)].map(
    ([, Name = '', Type = '', Default = '']) => ({
      Name,
      Type,
      Default,
    }),
  );
}

function toFunctionYaml({ name, description: fn, query }: Content<FunctionDescription>): string {
  const source = `${name}.json and ${name}.kql`;
  const head = { Title: fn.title, Version: fn.version, LastUpdated: fn.lastUpdated };
  if (fn.schema === undefined) {
    const parameters = fn.parameters === '' ? {} : { FunctionParams: toParserParams(fn.parameters) };
    return toYaml(source, {
      id: fn.id,
      Function: head,
      Category: 'Microsoft Sentinel Parser',
      FunctionName: fn.alias,
      FunctionAlias: fn.alias,
      Description: fn.description,
      ...parameters,
      FunctionQuery: query,
    });
  }
  return toYaml(source, {
    Parser: head,
    Product: { Name: 'Qualys EDR' },
    Normalization: { Schema: fn.schema.name, Version: fn.schema.version },
    References: [{ Title: 'ASIM', Link: 'https://aka.ms/AboutASIM' }],
    Description: fn.description,
    ParserName: fn.alias,
    ParserParams: toParserParams(fn.parameters),
    ParserQuery: query,
  });
}

/** The workbook with each `{{kql:name}}` replaced by the text of `workbook/queries/name.kql`. */
function toWorkbook(): unknown {
  const text = readSource('workbook', 'workbook.template.json').replace(/"\{\{kql:([\w-]+)\}\}"/g, (_, name: string) =>
    JSON.stringify(readQuery(name)),
  );
  return JSON.parse(text);
}

function generateTexts(): (readonly [path: string, text: string])[] {
  return [
    ...readFunctions().map((item) => [`functions/${item.name}.yaml`, toFunctionYaml(item)] as const),
    ...readRules().map((item) => [`rules/${item.name}.yaml`, toRuleYaml(item)] as const),
    ...readHunting().map((item) => [`hunting/${item.name}.yaml`, toHuntingYaml(item)] as const),
    // What lists all streams, in one file.
    ['pages.json', JSON.stringify({ workbook: toWorkbook(), dataConnector: toDataConnector() })],
  ];
}

/** Every generated file, in the project's format. */
export async function generateContent(root: string): Promise<GeneratedFile[]> {
  const parts = [
    replaceParts(root, 'infra/sentinel/rules/connector-silent-or-late.kql', { streams: watchedStreams() }),
    replaceParts(root, 'infra/sentinel/functions/QualysEdrEvents.kql', { record: recordSteps() }),
  ];
  const texts = generateTexts().map(([path, text]) => formatted(root, `infra/sentinel/${path}`, text));
  return [...parts, ...(await Promise.all(texts))];
}

/** Which streams a rule watches, and how long each may be silent or late. */
function watchedStreams(): string {
  const watched = DECLARED.flatMap(({ name, table, kql: { alarm, newest } }) => {
    if (alarm === undefined) return [];
    const { silent, late, why } = alarm;
    const about = [`Stream = '${name}'`, `Table = '${table}'`, `SilentAfter = ${silent}`, `LateAfter = ${late}`];
    const line = `    (${table} | summarize LastRow = max(ingestion_time()), NewestData = ${newest}, Rows = count() by QualysSubscription | extend ${about.join(', ')})`;
    return [why === undefined ? line : `    // ${why}\n${line}`];
  });
  return `union\n${watched.join(',\n')}`;
}
