import { canonicalJson } from '../src/lib/json/canonical-json.ts';
import { isMembers, parseSpelled, readJson, type Members } from '../src/lib/json/parse-json.ts';
import { REST_MARK } from '../src/lib/records/exact-rest.ts';
import { digestOf } from '../src/lib/records/record-rows.ts';
import { homeOf, type RecordColumn } from '../src/lib/records/record-table.ts';
import { EVENT_COLUMNS, EVENT_COPIES } from '../src/lib/streams/edr-events/event-columns.ts';

/** A row of `QualysEdrEvents_CL`: columns of type dynamic and long as they are, or as text, which is how some exports have them. */
export type EventRow = Readonly<Record<string, unknown>>;

/** The vendor's record of a row, as JSON with sorted names, and whether the row's key proves it. */
export interface Rebuilt {
  readonly text: string;
  readonly isProven: boolean;
}

/**
 * The record of an event from its columns and what `Record` has besides; undefined where the row holds neither it nor its rest
 * (`EDR_RECORD=none`, or a row with a part of a long record).
 * @throws SyntaxError for a `Record` that is no JSON.
 */
export function rebuildRecord(row: EventRow): Rebuilt | undefined {
  const record = asJson(row.Record);
  if (!isMembers(record)) return undefined;
  const { [REST_MARK]: marks, ...rest } = record;
  if (Array.isArray(marks)) {
    const told = new Set(marks.map((mark) => (typeof mark === 'string' ? mark : JSON.stringify(mark))));
    for (const column of EVENT_COLUMNS)
      if (!told.has(column.name)) putBack(rest, homeOf(column), column, row[column.name]);
    EVENT_COPIES.forEach(({ column: name, path }, number) => {
      const column = EVENT_COLUMNS.find((each) => each.name === name);
      if (column !== undefined && told.has(String(number))) putBack(rest, path, column, row[name]);
    });
  }
  return prove(JSON.stringify(rest), row);
}

/** The text of a record, as it came in parts, with sorted names where it is JSON. */
export function prove(text: string, { QualysSubscription: subscription, RowKey }: EventRow): Rebuilt {
  const read = readJson(Buffer.from(text));
  const canonical = typeof read === 'string' ? text : canonicalJson(read).text;
  const scope = typeof subscription === 'string' && subscription !== '' ? { scope: `${subscription}\n` } : {};
  const isProven = typeof RowKey === 'string' && RowKey.split('-')[0] === digestOf(scope, canonical);
  return { text: canonical, isProven };
}

function putBack(record: Members, home: string | undefined, column: RecordColumn, given: unknown): void {
  const value = column.kind === 'list' ? asJson(given) : asTold(column, given);
  if (home === undefined || value === undefined) return;
  const [list, member] = home.split('[].');
  if (member === undefined) put(record, home.split('.'), value);
  else putEach(record, (list ?? '').split('.'), member, Array.isArray(value) ? value : [value]);
}

function put(record: Members, path: readonly string[], value: unknown): void {
  const parent = enter(record, path.slice(0, -1));
  const name = path.at(-1) ?? '';
  if (parent !== undefined && !Object.hasOwn(parent, name)) parent[name] = value;
}

function putEach(record: Members, path: readonly string[], member: string, values: readonly unknown[]): void {
  const parent = enter(record, path.slice(0, -1));
  const name = path.at(-1) ?? '';
  if (parent === undefined) return;
  const elements = (parent[name] ??= []);
  if (!Array.isArray(elements)) return;
  values.forEach((value, index) => {
    const element: unknown = (elements[index] ??= {});
    if (isMembers(element)) element[member] = value;
  });
}

/** The object at a path, made where there is none; undefined where something else stands. */
function enter(record: Members, path: readonly string[]): Members | undefined {
  let at = record;
  for (const name of path) {
    const next: unknown = Object.hasOwn(at, name) ? at[name] : (at[name] = {});
    if (!isMembers(next)) return undefined;
    at = next;
  }
  return at;
}

function asJson(value: unknown): unknown {
  return typeof value === 'string' && value !== '' ? parseSpelled(value) : (value ?? undefined);
}

/** A column's value as it stood in the record. */
function asTold({ kind }: RecordColumn, value: unknown): unknown {
  if (value === null || value === undefined || value === '') return undefined;
  if (kind === 'dateTime') return new Date(value as string).toISOString().replace('Z', '+0000');
  if (typeof value !== 'string' || kind === 'string' || typeof kind === 'object') return value;
  return parseSpelled(value.toLowerCase());
}
