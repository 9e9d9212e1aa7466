import { hash } from 'node:crypto';
import { MAX_CHUNK_BYTES } from '../pipeline/chunk-writer.ts';
import type { Json } from '../pipeline/stream.ts';
import { cutText } from './cut-text.ts';
import { findColumn, valuesAt, type FoundColumn, type RecordColumn } from './record-columns.ts';

/** How the records of a table become rows. */
export interface RecordTable {
  /** The first one identifies a record: it stands in every row of one that is spread over several. */
  readonly columns: readonly [RecordColumn, ...RecordColumn[]];
  /** Column whose time becomes `TimeGenerated`; absent: the time at which the row is made. */
  readonly timeColumn?: string;
  /** How far ahead of UTC times are that tell no zone; absent: not at all. */
  readonly zoneMinutes?: number;
  /** `rest` leaves out of `Record` the top members that columns hold, so that nothing is paid for twice; `whole` does not. */
  readonly record: 'rest' | 'whole';
  /** What every row holds beside, e.g. the snapshot's id. */
  readonly common?: Readonly<Record<string, Json>>;
  /** Part of the `RowKey`, where the same record is another row in another snapshot; absent: the record alone decides. */
  readonly scope?: string;
}

/** A row and its key. */
export interface RecordRow {
  readonly key: string;
  /** JSON text. */
  readonly json: string;
}

/** A record, read. */
export interface SourceRecord {
  /** JSON text as it goes to `Record`; numbers beyond 2^53 keep their digits. */
  readonly text: string;
  /** The same, parsed. */
  readonly value: Json;
  /** Text that tells the record from all others and from its other versions: its JSON in a canonical order of keys. */
  readonly canonical: string | Uint8Array;
  /** Why it cannot be read, where it cannot: then it is kept as text. */
  readonly error?: string;
}

/** Azure cuts a field at 64 KB without a word. */
export const MAX_FIELD_BYTES = 60_000;
/** A byte of a record may take so many in `RecordPart` (`\u0000`). */
const MAX_ESCAPED_BYTES = 6;
/** The row's key, the numbers of its part, its error, and what all rows have in common. */
const FRAME_BYTES = 8000;
/** What columns may take, so that a row with a part of its record fits a chunk. */
const MAX_COLUMNS_BYTES = MAX_CHUNK_BYTES - MAX_ESCAPED_BYTES * MAX_FIELD_BYTES - FRAME_BYTES;
const KEY_DIGITS = 32;
const LONGEST_ERROR = 500;

/**
 * The rows of a record: one with the typed columns and `Record`, or, where that is above 60,000 bytes, several with the whole text in
 * `RecordPart`, the first one with the columns too. A column whose value is too long is left out: the record has it.
 */
export function recordRows(table: RecordTable, record: SourceRecord, generatedAt: Date): RecordRow[] {
  const columns = readColumns(table, record.value);
  const time = columns.find(({ name }) => name === table.timeColumn)?.json ?? JSON.stringify(generatedAt.toISOString());
  const id = columns.filter(({ name }) => name === table.columns[0].name);
  const digest = digestOf(table, record.canonical);
  const kept = table.record === 'whole' ? record.text : restOf(record.value, columns);
  if (Buffer.byteLength(kept) <= MAX_FIELD_BYTES && record.error === undefined) {
    const key = `${digest}-1`;
    const whole = [...columns, { name: 'Record', json: kept }, ...partColumns(key, 1, 1)];
    return [{ key, json: rowText(table, time, whole) }];
  }
  const text = Buffer.from(record.text);
  const ends = cutText(text, MAX_FIELD_BYTES);
  return ends.map((end, index) => {
    const key = `${digest}-${index + 1}`;
    const part = [
      ...partColumns(key, index + 1, ends.length),
      ...textColumns(text.toString('utf8', ends[index - 1] ?? 0, end), record.error),
    ];
    return { key, json: rowText(table, time, [...(index === 0 ? columns : id), ...part]) };
  });
}

/** The record without the members that columns hold whole. */
function restOf(record: Json, columns: readonly Written[]): string {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) return JSON.stringify(record);
  const held = new Set(columns.map(({ member }) => member));
  return JSON.stringify(Object.fromEntries(Object.entries(record).filter(([name]) => !held.has(name))));
}

/** Digest that the keys of a record's rows share. */
export function digestOf({ scope }: RecordTable, canonical: string | Uint8Array): string {
  const prefix = scope === undefined ? '' : `${scope}\n`;
  return hash('sha256', Buffer.concat([Buffer.from(prefix), Buffer.from(canonical)]), 'hex').slice(0, KEY_DIGITS);
}

/** A column as JSON text. */
interface Written {
  readonly name: string;
  readonly json: string;
  /** The member of the record that the column holds whole. */
  readonly member?: string | undefined;
}

/** A row of the columns given, in their order. */
export function rowText({ common = {} }: RecordTable, time: string, columns: readonly Written[]): string {
  const all = [
    { name: 'TimeGenerated', json: time },
    ...Object.entries(common).map(([name, value]) => ({ name, json: JSON.stringify(value) })),
    ...columns,
  ];
  return `{${all.map(({ name, json }) => `"${name}":${json}`).join(',')}}`;
}

/** Key and number of a row; without `count` where it is not known yet. */
export function partColumns(key: string, number: number, count: number | undefined): Written[] {
  return [
    { name: 'RowKey', json: JSON.stringify(key) },
    { name: 'PartNumber', json: String(number) },
    ...(count === undefined ? [] : [{ name: 'PartCount', json: String(count) }]),
  ];
}

/** A part of a record's text, and why it is no record. */
export function textColumns(text: string, error: string | undefined): Written[] {
  return [
    { name: 'RecordPart', json: JSON.stringify(text) },
    ...(error === undefined ? [] : [{ name: 'ParseError', json: JSON.stringify(error.slice(0, LONGEST_ERROR)) }]),
  ];
}

function readColumns({ columns, zoneMinutes }: RecordTable, record: Json): Written[] {
  let room = MAX_COLUMNS_BYTES;
  return columns.flatMap((each) => {
    const found = findColumn(each, record, zoneMinutes);
    if (found === undefined) return [];
    const json = JSON.stringify(found.value);
    const size = Buffer.byteLength(json);
    if (size > MAX_FIELD_BYTES || size > room) return [];
    room -= size;
    return [{ name: each.name, json, member: memberOf(each, found, record) }];
  });
}

/** The top member that a column holds whole: of an object with attributes it holds the text only, unless it is dynamic. */
function memberOf({ kind }: RecordColumn, { path = '' }: FoundColumn, record: Json): string | undefined {
  if (path.includes('.')) return undefined;
  const [value] = valuesAt(record, path);
  return typeof value === 'string' || kind === 'dynamic' ? path : undefined;
}
