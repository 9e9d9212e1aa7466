import { compileFieldPaths, type Found } from '../json/find-fields.ts';
import type { Json } from '../pipeline/stream.ts';

/** How a column is made from the fields of a record. */
export type RecordColumnKind =
  | 'string'
  | 'dateTime'
  | 'int'
  /** 64 bits. */
  | 'long'
  | 'real'
  | 'boolean'
  /** Distinct texts, as a JSON array. */
  | 'list'
  /** The value as it stands; of an array path, the array. */
  | 'dynamic';

/** Types that a table and a data collection stream both know. */
export type TableType = 'boolean' | 'dateTime' | 'dynamic' | 'int' | 'long' | 'real' | 'string';

/**
 * JSON text of a column that is made in a way of its own, one character a byte; undefined for none. `values` are those found at its paths.
 * What of them the column holds goes to `held`: it may be left out of `Record`.
 */
export type ReadColumn = (values: readonly (Found | undefined)[], held: Found[]) => string | undefined;

/** A column that is made in a way of its own, and its type in the table. */
export interface OwnKind {
  readonly type: TableType;
  readonly read: ReadColumn;
}

/** A typed column of a table and where its value stands in a record. */
export interface RecordColumn {
  readonly name: string;
  readonly kind: RecordColumnKind | OwnKind;
  /** What it holds, for those who query it. */
  readonly meaning: string;
  /** Paths in the record, dotted, `[]` for one value or an array; the first usable value counts, of a list all do. */
  readonly from: readonly string[];
  /** Which of these paths its value goes back to when a record is rebuilt; absent: see {@link homeOf}. */
  readonly home?: string;
}

/** A member that may say again what a column says, so that an exact rest need not have it either. */
export interface Copy {
  readonly column: string;
  /** As a home; of a list that of its first element. */
  readonly path: string;
}

/** A column, written short. */
export function column(
  name: string,
  kind: RecordColumn['kind'],
  meaning: string,
  ...from: readonly string[]
): RecordColumn {
  return { name, kind, meaning, from };
}

/** Makes columns of which all fields are in one object of the record. */
export function columnsIn(object: string): typeof column {
  return (name, kind, meaning, ...from) => column(name, kind, meaning, ...from.map((path) => `${object}.${path}`));
}

/** A way of its own to make a column. */
export function ownKind(type: TableType, read: ReadColumn): OwnKind {
  return { type, read };
}

/**
 * The one path to which a column's value goes back when a record is rebuilt from its row; undefined for none. Of a list that is the first
 * path to members of a list's elements.
 */
export function homeOf({ from, home, kind }: RecordColumn): string | undefined {
  if (home !== undefined || kind === 'dynamic' || typeof kind === 'object') return home;
  return kind === 'list' ? from.find((path) => path.includes('[].')) : from[0];
}

/** How the records of a table become rows. */
export interface RecordTable {
  readonly columns: readonly RecordColumn[];
  /** Columns of which the earliest time becomes `TimeGenerated`, but for one behind the time at which the row is made: then, or without one, it is that. */
  readonly timeColumns?: readonly string[];
  /** How far ahead of UTC times are that tell no zone; absent: not at all. */
  readonly zoneMinutes?: number;
  /** The column that identifies a record: it stands in every row of one that is spread over several. */
  readonly idColumn?: string;
  /**
   * `rest` leaves out of `Record` the top members that columns hold, so that nothing is paid for twice; `exact` all that columns give back as
   * it stood; `whole` nothing; with `none` there is no `Record` but where a column cannot hold its value.
   */
  readonly record: 'exact' | 'none' | 'rest' | 'whole';
  /** Of an exact rest; their numbers stand in rows, so a new one goes behind the others. */
  readonly copies?: readonly Copy[];
  /** What every row holds beside, e.g. the snapshot's id. */
  readonly common?: Readonly<Record<string, Json>>;
  /** Part of the `RowKey`, where the same record is another row in another snapshot; absent: the record alone decides. */
  readonly scope?: string;
}

/**
 * A table as the connector of one of several Qualys subscriptions writes it: each row names the subscription, and has a key of its own. Without a
 * name it stays what it is, so that keys stay those of earlier releases.
 */
export function ofSubscription(table: RecordTable, subscription: string): RecordTable {
  if (subscription === '') return table;
  const { common, scope = '' } = table;
  return { ...table, common: { QualysSubscription: subscription, ...common }, scope: `${subscription}\n${scope}` };
}

/** Slots of a home, and of the elements which it is a member of; -1 for none. */
export interface HomeSlots {
  readonly homeAt: number;
  readonly elementsAt: number;
}

/** A table, compiled once for all records of a page. */
export type CompiledTable = ReturnType<typeof compileTable>;

/** A column whose fields are looked for. */
export type CompiledColumn = CompiledTable['columns'][number];

/** Prepares a table; the further paths are found as well. */
export function compileTable({ columns, copies: given = [], ...table }: RecordTable, ...paths: readonly string[]) {
  const isExact = table.record === 'exact';
  const homes = isExact ? columns.map(homeOf) : [];
  const copies = isExact ? given : [];
  const places = [...homes, ...copies.map(({ path }) => path)].filter((path) => path !== undefined);
  const fields = compileFieldPaths([
    ...columns.flatMap(({ from }) => from),
    ...places.flatMap((path) => [path, elementsOf(path) ?? path]),
    ...paths,
  ]);
  const slotOf = (path: string | undefined): number => (path === undefined ? -1 : fields.slotOf(path));
  const homeSlots = (home: string | undefined): HomeSlots => ({
    homeAt: slotOf(home),
    elementsAt: slotOf(elementsOf(home)),
  });
  const numberOf = (name: string | undefined): number => columns.findIndex((each) => each.name === name);
  return {
    ...table,
    fields,
    columns: columns.map((each, index) => ({
      ...each,
      /** `"Name":` */
      key: `"${each.name}":`,
      slots: each.from.map(fields.slotOf),
      ...homeSlots(homes[index]),
    })),
    /** With the numbers of their columns. */
    copies: copies.map(({ column: name, path }) => ({ columnAt: numberOf(name), ...homeSlots(path) })),
    /** Numbers of the columns that tell the time of a record, and of the one that identifies it, or -1. */
    timeAt: (table.timeColumns ?? []).map(numberOf),
    idAt: numberOf(table.idColumn),
    /** Text of what all rows have in common, with a comma before it. */
    commonText: Object.entries(table.common ?? {})
      .map(([name, value]) => `,"${name}":${toBytes(JSON.stringify(value))}`)
      .join(''),
  };
}

/** Path of the elements of the list that a home is in; undefined for one in no list. */
function elementsOf(home = ''): string | undefined {
  return home.includes('[].') ? home.replace(/\.[^.]*$/, '') : undefined;
}

/** A text as UTF-8, one character a byte. */
export function toBytes(text: string): string {
  return /[^\0-\x7f]/.test(text) ? Buffer.from(text).toString('latin1') : text;
}
