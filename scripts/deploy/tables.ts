/**
 * The Qualys tables of a workspace. The template makes those that are named as absent and touches no other: a deployment is a
 * PUT, which puts retention back to the default and deletes columns that it does not name. What exists is changed here only:
 * read first, and never made less.
 *
 * Sources: azure-monitor-docs, articles/azure-monitor/logs/data-retention-configure.md («The PUT API sets …», and the days that
 * it lists) and create-custom-table.md («To delete a custom column … omit the column»).
 */
import type { Arm } from './arm.ts';

export const TABLES_API = '2025-07-01';

/** A Qualys table as the template would make it. */
export interface WantedTable {
  readonly name: string;
  /** The stream whose rows it gets. */
  readonly stream: string;
  /** Whether no filter may touch its rows: content takes a host that a snapshot lacks for gone. */
  readonly isSnapshot: boolean;
  readonly columns: readonly Column[];
}

interface Column {
  readonly name: string;
  readonly type: string;
  readonly description?: string;
  readonly displayName?: string;
  readonly dataTypeHint?: string;
}

/** A table as Azure shows it. */
interface FoundTable {
  readonly properties: {
    readonly plan?: string;
    readonly retentionInDays?: number;
    readonly totalRetentionInDays?: number;
    readonly schema: { readonly name: string; readonly columns?: Column[]; readonly standardColumns?: Column[] };
  };
}

/** Retention in days that is asked for; undefined: as it is. Of a single table also its plan. */
export interface Retention {
  readonly plan?: 'analytics' | 'basic' | undefined;
  readonly retentionInDays?: number | undefined;
  readonly totalRetentionInDays?: number | undefined;
}

/** What was found and done. */
export interface TablesReport {
  readonly absent: readonly string[];
  readonly lines: readonly string[];
}

/** More than 730 days of total retention come in these steps only. */
export const LONG_RETENTION_DAYS: readonly number[] = [1095, 1460, 1826, 2191, 2556, 2922, 3288, 3653, 4018, 4383];

/**
 * Reads a number of days.
 * @throws Error where Azure takes no such retention.
 */
export function readDays(name: string, text: string | undefined, isTotal: boolean): number | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const days = Number(text);
  const fits = Number.isInteger(days) && days >= 4 && days <= 730;
  if (fits || (isTotal && LONG_RETENTION_DAYS.includes(days))) return days;
  throw new Error(
    `${name} takes 4 to 730${isTotal ? ` or one of ${LONG_RETENTION_DAYS.join(', ')}` : ''}, given ${text}`,
  );
}

/** Names the tables that are absent, and gives those that exist the columns that they lack and the retention that is asked for. */
export async function prepareTables(
  arm: Arm,
  workspace: string | undefined,
  wanted: readonly WantedTable[],
  retentionOf: (table: WantedTable) => Retention,
  isPreview: boolean,
): Promise<TablesReport> {
  const absent: string[] = [];
  const lines: string[] = [];
  for (const table of wanted) {
    const path = `${workspace ?? ''}/tables/${table.name}`;
    const found = workspace === undefined ? undefined : await arm.get<FoundTable>(path, TABLES_API);
    if (found === undefined) {
      absent.push(table.name);
      continue;
    }
    const change = changeOf(table, found, retentionOf(table), lines);
    if (!isPreview && Object.keys(change).length > 0) await arm.send('PATCH', path, TABLES_API, { properties: change });
  }
  return { absent, lines };
}

/** What a PATCH has to say: retention that it leaves out stays as it is. */
function changeOf(
  { name, columns }: WantedTable,
  { properties }: FoundTable,
  retention: Retention,
  lines: string[],
): Record<string, unknown> {
  const { schema } = properties;
  const plan = planOf(name, properties.plan ?? 'Analytics', retention.plan, lines);
  const present = schema.columns ?? [];
  const known = new Map([...(schema.standardColumns ?? []), ...present].map((each) => [each.name.toLowerCase(), each]));
  for (const column of columns) {
    const type = known.get(column.name.toLowerCase())?.type ?? column.type;
    if (type.toLowerCase() !== column.type.toLowerCase()) {
      throw new Error(
        `${name}.${column.name} is ${type} in the workspace, ${column.type} here: rename or delete that column`,
      );
    }
  }
  const lacking = columns.filter((column) => !known.has(column.name.toLowerCase()));
  if (lacking.length > 0)
    lines.push(`${name} gets ${lacking.length} columns: ${lacking.map((each) => each.name).join(', ')}`);
  return {
    // A change of the schema names every column: those that it leaves out are deleted.
    ...(lacking.length > 0 ? { schema: { name: schema.name, columns: [...present.map(writable), ...lacking] } } : {}),
    ...plan,
    // Of the other plans interactive retention is Azure's own, 30 days, and a PATCH of it fails.
    ...((plan.plan ?? properties.plan ?? 'Analytics') === 'Analytics'
      ? longerOf('retentionInDays', name, properties, retention, lines)
      : {}),
    ...longerOf('totalRetentionInDays', name, properties, retention, lines),
  };
}

/** Azure switches between these two, once a week (logs/logs-table-plans.md); rows stay, and nobody switches who was not asked to. */
const SWITCHED = { analytics: 'Analytics', basic: 'Basic' } as const;

function planOf(name: string, has: string, asked: Retention['plan'], lines: string[]): { readonly plan?: string } {
  const wants = asked === undefined ? has : SWITCHED[asked];
  const canSwitch = Object.values<string>(SWITCHED).includes(has);
  const plan = canSwitch ? wants : has;
  if (plan !== has) lines.push(`${name} gets the plan ${plan} instead of ${has}`);
  if (wants !== plan) lines.push(`${name} keeps the plan ${has}, from which Azure does not switch`);
  if (plan !== 'Analytics') {
    const stays = plan === has ? 'it stays, but no' : 'no';
    lines.push(`${name} has the plan ${plan}: ${stays} analytic rule runs on it`);
  }
  return plan === has ? {} : { plan };
}

/** Azure also tells of a column what nobody can set. */
function writable({ name, type, displayName, description, dataTypeHint }: Column): Column {
  return JSON.parse(JSON.stringify({ name, type, displayName, description, dataTypeHint })) as Column;
}

function longerOf(
  kind: 'retentionInDays' | 'totalRetentionInDays',
  name: string,
  present: Omit<Retention, 'plan'>,
  asked: Retention,
  lines: string[],
): Record<string, number> {
  const [has = 0, wants = has] = [present[kind], asked[kind]];
  if (wants < has)
    lines.push(`${name} keeps its ${kind} of ${has}: ${wants} would delete rows; shorten it in the portal`);
  if (wants <= has) return {};
  lines.push(`${name} gets a ${kind} of ${wants} instead of ${has}`);
  return { [kind]: wants };
}
