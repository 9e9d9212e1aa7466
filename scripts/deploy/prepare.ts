/** Before a deployment: looks at what is there, so that the templates leave it as it is. */
import type { Arm } from './arm.ts';
import { findOwn, findOwnNames, isOwn, type Resource } from './find.ts';
import { readStreamOptions, type StreamOption } from './stream-options.ts';
import { prepareTables, readDays, TABLES_API, type WantedTable } from './tables.ts';
import { readResourceId } from './variables.ts';

/** Variables by name, as the shell, azd or GitHub gives them. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface Prepared {
  /** What the templates need to know, as variables of azd's environment. */
  readonly variables: Readonly<Record<string, string>>;
  /** What a person should read. */
  readonly lines: readonly string[];
}

export const WORKSPACES = 'Microsoft.OperationalInsights/workspaces';

/** azd puts a variable into a JSON text as it is: these would end that text, or be read otherwise. */
// eslint-disable-next-line no-control-regex -- these are what JSON refuses
const BREAKS_JSON = /["\\\u0000-\u001f]/;

export interface PrepareOptions {
  readonly arm: Arm;
  /** Path of the resource group. */
  readonly group: string;
  readonly environment: Environment;
  readonly tables: readonly WantedTable[];
  readonly settingNames: readonly string[];
  /** Variables whose parameters are texts. */
  readonly textVariables: readonly string[];
  /** Whether to look only. */
  readonly isPreview: boolean;
}

/**
 * Looks at the group, the workspace and its tables; widens tables that lack columns.
 * @throws Error where a deployment would lose something, or get another value than was given.
 */
export async function prepare(options: PrepareOptions): Promise<Prepared> {
  const { arm, group, environment, tables, settingNames, textVariables, isPreview } = options;
  const retention = {
    retentionInDays: readDays('TABLE_RETENTION_DAYS', environment.TABLE_RETENTION_DAYS, false),
    totalRetentionInDays: readDays('TABLE_TOTAL_RETENTION_DAYS', environment.TABLE_TOTAL_RETENTION_DAYS, true),
  };
  const ofStreams = readStreamOptions(environment.STREAM_OPTIONS, tables);
  const broken = textVariables.filter((name) => BREAKS_JSON.test(environment[name] ?? ''));
  if (broken.length > 0) {
    throw new Error(`azd cannot carry a quotation mark, a backslash or a line break in ${broken.join(', ')}`);
  }
  const given = readResourceId('WORKSPACE_RESOURCE_ID', environment.WORKSPACE_RESOURCE_ID, WORKSPACES);
  const found = await arm.get<Resource>(group, '2025-04-01');
  const own = found === undefined ? { variables: {}, workspace: undefined } : await findNames(arm, group);
  if (given !== undefined && (await arm.get(given, TABLES_API)) === undefined)
    throw new Error(`there is no workspace ${given}`);
  const workspace = given ?? own.workspace;
  const { absent, lines } = await prepareTables(
    arm,
    workspace,
    tables,
    ({ stream }) => ({
      plan: ofStreams[stream]?.plan,
      retentionInDays: ofStreams[stream]?.retentionDays ?? retention.retentionInDays,
      totalRetentionInDays: ofStreams[stream]?.totalRetentionDays ?? retention.totalRetentionInDays,
    }),
    isPreview,
  );
  const lost = found === undefined ? [] : await findLostFilters(arm, group, tables, ofStreams);
  const isForeign = found !== undefined && !isOwn(found);
  return {
    variables: {
      ...own.variables,
      ABSENT_TABLES: workspace === undefined ? 'all' : absent.join(',') || 'none',
      EXISTING_RESOURCE_GROUP: String(isForeign),
      CONNECTOR_SETTINGS: toPlainJson(settingsOf(environment, settingNames)),
      ...(Object.keys(ofStreams).length === 0 ? {} : { STREAM_OPTIONS: toPlainJson(ofStreams) }),
    },
    lines: [
      ...(isForeign ? [`${group} was there before: its tags stay, and azd down leaves it alone`] : []),
      `tables to be made: ${workspace === undefined ? 'all, with their workspace' : absent.join(', ') || 'none'}`,
      ...lines,
      ...lost,
    ],
  };
}

/** A data collection rule, as much of it as is read. */
interface Rule extends Resource {
  readonly properties: {
    readonly dataFlows?: readonly { readonly outputStream?: string; readonly transformKql?: string }[];
  };
}

/** Filters that the rule has and the deployment takes away: its transformation is what `STREAM_OPTIONS` says, each time. */
async function findLostFilters(
  arm: Arm,
  group: string,
  tables: readonly WantedTable[],
  options: Readonly<Record<string, StreamOption>>,
): Promise<string[]> {
  const rule = await findOwn<Rule>(arm, group, 'Microsoft.Insights/dataCollectionRules', '2024-03-11');
  return (rule?.properties.dataFlows ?? []).flatMap(({ outputStream, transformKql = 'source' }) => {
    const stream = tables.find(({ name }) => outputStream === `Custom-${name}`)?.stream ?? '';
    if (transformKql === 'source' || stream === '' || options[stream]?.filter !== undefined) return [];
    return [`${stream} loses the filter of its rows, because STREAM_OPTIONS names none: ${transformKql}`];
  });
}

async function findNames(
  arm: Arm,
  group: string,
): Promise<{ variables: Record<string, string>; workspace: string | undefined }> {
  const names = await findOwnNames(arm, group);
  const workspace = await findOwn(arm, group, WORKSPACES, TABLES_API);
  return {
    variables: names === undefined ? {} : { CONNECTOR_NAME: names.name, CONNECTOR_HASH: names.hash },
    workspace: workspace?.id,
  };
}

/** One JSON text: azd puts the variable of any other parameter into JSON as it is, where a quotation mark ends it. */
function settingsOf(environment: Environment, names: readonly string[]): Record<string, string> {
  const given = names.map((name) => [name, environment[name] ?? ''] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== ''));
}

/** JSON of plain letters: on its way it is a line of azd's `.env`, whose quoting nobody should have to trust. */
function toPlainJson(value: object | string | number): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'object') {
    const members = Object.entries(value) as [string, object | string | number][];
    return `{${members.map(([name, member]) => `"${name}":${toPlainJson(member)}`).join(',')}}`;
  }
  const escape = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return `"${value.replace(/[^\w .,:;/@%=+*?()-]/g, escape)}"`;
}
