import { hash } from 'node:crypto';
import type { Fields, Found } from '../json/find-fields.ts';
import { isMembers } from '../json/parse-json.ts';
import { MAX_CHUNK_BYTES, type RowText } from '../pipeline/chunk-writer.ts';
import { readColumn } from './column-values.ts';
import { exactRest, holdAtHome, holdCopy, REST_MARK, restOf, type RestMark } from './exact-rest.ts';
import { toBytes, type CompiledTable } from './record-table.ts';
import { cutText, startTextParts } from './text-parts.ts';

/** A row and its key. */
export interface RecordRow {
  readonly key: string;
  /** Number among the rows of its record. */
  readonly part: number;
  /** JSON text; its bytes are valid until the next record is read. */
  readonly text: RowText;
  /** The record's text in it. */
  readonly piece: Buffer;
}

/** A record, read. */
export interface SourceRecord {
  /** Its fields; absent for a text that is not read. Values may be taken out of them while its rows are made. */
  readonly fields?: Fields | undefined;
  /** Whether a name comes twice in an object, so that the fields are not all it has. */
  readonly isRepeating?: boolean;
  /** JSON text as it goes to `Record`. */
  readonly text: Buffer;
  /** Hex digits that its keys share, of {@link digestOf}. */
  readonly digest: string;
  /** Why it cannot be read, where it cannot: then it is kept as text. */
  readonly error?: string | undefined;
}

/** Azure cuts a field at 64 KB without a word. */
export const MAX_FIELD_BYTES = 60_000;
/** A byte of a record may take so many in `RecordPart` (`\u0000`). */
const MAX_ESCAPED_BYTES = 6;
/** The row's key, the numbers of its part, its error, and what all rows have in common. */
const FRAME_BYTES = 8000;
/** All columns of a row, so that it fits a chunk with a part of its record. */
const MAX_COLUMNS_BYTES = MAX_CHUNK_BYTES - MAX_ESCAPED_BYTES * MAX_FIELD_BYTES - FRAME_BYTES;
const KEY_DIGITS = 32;
const LONGEST_ERROR = 500;
const RECORD = ',"Record":';

/** The columns of a record as text. */
type Columns = ReturnType<typeof readColumns>;

/**
 * The rows of a record: one with the typed columns and `Record`, or, where that is above 60,000 bytes, several with the whole text in
 * `RecordPart`, the first one with the columns too. A column whose value is too long is left out: the record has it.
 */
export function recordRows(table: CompiledTable, record: SourceRecord, generatedAt: Date): RecordRow[] {
  const { digest, error, fields, text } = record;
  const columns = readColumns(table, fields, generatedAt);
  const kept = keptOf(table, record, columns);
  if (error === undefined && kept !== undefined && kept.length <= MAX_FIELD_BYTES) {
    const end = `,"RowKey":"${digest}-1","PartNumber":1,"PartCount":1}`;
    const row =
      kept.length === 0 ? [columns.head, columns.text, end] : [columns.head + columns.text + RECORD, kept, end];
    return [{ key: `${digest}-1`, part: 1, piece: kept, text: row }];
  }
  const ends = cutText(text, MAX_FIELD_BYTES);
  return ends.map((end, index) =>
    partRow(columns, digest, {
      number: index + 1,
      count: ends.length,
      text: text.subarray(ends[index - 1] ?? 0, end),
      error,
    }),
  );
}

/** What goes to `Record`; empty for nothing, undefined where it has to be told in parts. */
function keptOf(
  table: CompiledTable,
  { fields, isRepeating, text }: SourceRecord,
  columns: Columns,
): Buffer | undefined {
  if (table.record === 'whole' || fields === undefined) return text;
  if (table.record === 'rest') return Buffer.from(restOf(fields.value, columns.held));
  // Some of its parts may have been sent under another setting: then the others must come, too.
  if (text.length > MAX_FIELD_BYTES) return undefined;
  if (table.record === 'none') return columns.isCut ? undefined : Buffer.alloc(0);
  if (!isMembers(fields.value) || Object.hasOwn(fields.value, REST_MARK)) return undefined;
  return isRepeating === true ? text : Buffer.from(exactRest(fields.value, columns));
}

/** Makes rows of a record that is too long to be held, while its bytes come. */
export type LongRecord = (bytes: Uint8Array, isLast: boolean) => RecordRow[];

/** What is known of such a record: its digest, of what is known of it, and what its beginning tells. */
export interface LongStart extends Omit<SourceRecord, 'text'> {
  /** The record's id as the table's id column has it, where nothing else is known. */
  readonly id?: string | undefined;
}

/**
 * Starts a record beyond the decoder's bound: its text goes to `RecordPart` as it comes, with an error, so that nothing of it is lost.
 * Only its last row tells how many there are.
 */
export function startLongRecord(
  table: CompiledTable,
  { digest, error, fields, id }: LongStart,
  generatedAt: Date,
): LongRecord {
  const read = readColumns(table, fields, generatedAt);
  const known = id === undefined ? '' : `,${table.columns[table.idAt]?.key ?? ''}${toBytes(JSON.stringify(id))}`;
  const columns = known === '' ? read : { ...read, text: known, id: known };
  const cut = startTextParts(MAX_FIELD_BYTES);
  let number = 0;
  return (bytes, isLast) => {
    const parts = cut(bytes, isLast);
    return parts.map((text, index) => {
      const count = isLast && index === parts.length - 1 ? number + 1 : undefined;
      return partRow(columns, digest, { number: ++number, count, text, error });
    });
  };
}

/** Digest that the keys of a record's rows share; `canonical` tells the record from all others and from its other versions. */
export function digestOf({ scope }: { readonly scope?: string | undefined }, canonical: string | Uint8Array): string {
  const text = scope === undefined ? canonical : Buffer.concat([Buffer.from(`${scope}\n`), Buffer.from(canonical)]);
  return hash('sha256', text, 'hex').slice(0, KEY_DIGITS);
}

function readColumns(table: CompiledTable, fields: Fields | undefined, generatedAt: Date) {
  const held: Found[] = [];
  const marks: RestMark[] = [];
  let isCut = false;
  const values: (string | undefined)[] = [];
  let room = MAX_COLUMNS_BYTES;
  let text = '';
  for (const column of table.columns) {
    if (fields === undefined) break;
    const before = held.length;
    const json = readColumn(table, column, fields, held);
    const isKept = json === undefined || (json.length <= MAX_FIELD_BYTES && json.length <= room);
    values.push(isKept ? json : undefined);
    if (!isKept) {
      held.length = before;
      isCut = true;
    } else if (json !== undefined) {
      if (column.homeAt >= 0 && !holdAtHome(column, fields, json, held)) marks.push(column.name);
      room -= json.length;
      text += `,${column.key}${json}`;
    }
  }
  table.copies.forEach((copy, number) => {
    const json = values[copy.columnAt];
    if (fields !== undefined && json !== undefined && holdCopy(copy, fields, json, held)) marks.push(number);
  });
  // A window of rows by `TimeGenerated` that ends now must have all that has arrived, whatever the clock of the record's source says.
  const made = `"${generatedAt.toISOString()}"`;
  const time = table.timeAt.reduce((earliest, index) => {
    const json = values[index];
    return json !== undefined && json < earliest ? json : earliest;
  }, made);
  const id = values[table.idAt];
  return {
    /** `{"TimeGenerated":…` and what all rows have in common. */
    head: `{"TimeGenerated":${time}${table.commonText}`,
    text,
    /** The one that identifies the record. */
    id: id === undefined ? '' : `,${table.columns[table.idAt]?.key ?? ''}${id}`,
    held,
    /** What an exact rest says besides. */
    marks,
    /** Whether a value was too long for its column: a list of texts may be longer than the record, which has numbers there. */
    isCut,
  };
}

interface PartOfRecord {
  readonly number: number;
  /** Absent where it is not known yet. */
  readonly count: number | undefined;
  readonly text: Buffer;
  readonly error: string | undefined;
}

function partRow(columns: Columns, digest: string, { count, error, number, text }: PartOfRecord): RecordRow {
  const key = `${digest}-${number}`;
  const counts = `,"RowKey":"${key}","PartNumber":${number}${count === undefined ? '' : `,"PartCount":${count}`}`;
  const part = `,"RecordPart":${JSON.stringify(text.toString('utf8'))}`;
  const why = error === undefined ? '' : `,"ParseError":${JSON.stringify(error.slice(0, LONGEST_ERROR))}`;
  const row = columns.head + (number === 1 ? columns.text : columns.id) + counts;
  return { key, part: number, piece: text, text: [row, Buffer.from(`${part}${why}}`)] };
}
