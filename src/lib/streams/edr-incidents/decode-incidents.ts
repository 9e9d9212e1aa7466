import { createCanonicalWriter, writeCanonical } from '../../json/canonical-json.ts';
import { compileFieldPaths } from '../../json/field-paths.ts';
import { endOf, startOf, type JsonTape } from '../../json/json-tape.ts';
import { createArrayReader } from '../../json/read-array.ts';
import { replaceBroken } from '../../json/repair-json.ts';
import { appendRowText, createChunkWriter, finishChunk, type ChunkWriter } from '../../pipeline/chunk-writer.ts';
import type { Chunk, Json } from '../../pipeline/stream.ts';
import { failForeign } from '../../qualys/fail-foreign.ts';
import { startLongRecord, type LongRecord } from '../../records/long-record.ts';
import { parseExact } from '../../records/parse-exact.ts';
import { isPlausible } from '../../records/read-time.ts';
import { column, findColumn } from '../../records/record-columns.ts';
import {
  digestOf,
  recordRows,
  type RecordRow,
  type RecordTable,
  type SourceRecord,
} from '../../records/record-rows.ts';

/** How a page of incidents is decoded. */
export interface IncidentPageOptions {
  readonly table: RecordTable;
  readonly generatedAt: Date;
  /** Half-open `[from, to)`: incidents of another time are received, but not emitted; those without a readable time are kept. */
  readonly window: { readonly from: string; readonly to: string };
  /** Dotted path of that time in the record. */
  readonly timeField: string;
  /** Whether the record was uploaded before, by its 16-byte ledger key, one character a byte. */
  readonly isUploaded: (key: string) => boolean;
}

/** Rows to upload, with the ledger keys of the records that end in them. */
export interface IncidentChunk extends Chunk {
  readonly keys: readonly string[];
}

/** What a page held. */
export interface IncidentPageEnd {
  readonly records: number;
  /** Records kept as text with a `ParseError`. */
  readonly unreadable: number;
}

/** Decodes one page; not to be used again after an error. */
export interface IncidentPageDecoder {
  /** Takes the next bytes and gives the chunks that they fill. @throws RetryableError for what is no well-formed array. */
  readonly write: (bytes: Uint8Array) => IncidentChunk[];
  /** Gives what is left. @throws RetryableError when the answer is cut off. */
  readonly end: () => { readonly chunks: IncidentChunk[]; readonly end: IncidentPageEnd };
}

interface Page {
  readonly options: IncidentPageOptions;
  readonly writer: ChunkWriter;
  readonly from: number;
  readonly to: number;
  chunks: IncidentChunk[];
  /** Keys of the records that have ended since the last chunk. */
  keys: string[];
  /** Keys of all records of the page. */
  readonly seen: Set<string>;
  long: LongRecord | undefined;
  records: number;
  unreadable: number;
}

/** An incident above this many bytes goes as text, part by part while it is read. */
export const MAX_HELD_BYTES = 4 * 1024 * 1024;

/** Decodes a page of incidents: a bare JSON array in, chunks of rows out. A malformed or cut answer is an error, never a short page. */
export function createIncidentPageDecoder(options: IncidentPageOptions): IncidentPageDecoder {
  const { from, to } = options.window;
  const page: Page = {
    options,
    writer: createChunkWriter(),
    from: Date.parse(from),
    to: Date.parse(to),
    chunks: [],
    keys: [],
    seen: new Set(),
    long: undefined,
    records: 0,
    unreadable: 0,
  };
  const canonical = createCanonicalWriter();
  const reader = createArrayReader(
    { what: 'the page of incidents', fields: compileFieldPaths([]), maxElementBytes: MAX_HELD_BYTES },
    {
      element: (tape) => takeRecord(page, sourceOf(tape, writeCanonical(canonical, tape, 0))),
      text: (bytes, reason) => takeRecord(page, textRecord(bytes, reason)),
      long: (bytes) => {
        page.long = startLongRecord(options.table, bytes, undefined, options.generatedAt);
        takeLong(page, bytes, false);
      },
      more: (bytes, isLast) => takeLong(page, bytes, isLast),
      foreign: (beginning) => failForeign('incidents', beginning),
    },
  );
  const takeChunks = (): IncidentChunk[] => page.chunks.splice(0);
  return {
    write: (bytes) => {
      reader.write(bytes);
      return takeChunks();
    },
    end: () => {
      reader.end();
      pushChunk(page, finishChunk(page.writer));
      return { chunks: takeChunks(), end: { records: page.records, unreadable: page.unreadable } };
    },
  };
}

function sourceOf(tape: JsonTape, canonical: Uint8Array): SourceRecord {
  const text = tape.source.toString('utf8', startOf(tape, 0), endOf(tape, 0));
  const value = parseExact(text);
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return { text, value, canonical, ...(isObject ? {} : { error: 'the record is no object' }) };
}

function textRecord(bytes: Buffer, reason: string): SourceRecord {
  const text = replaceBroken(bytes).bytes;
  return { text: text.toString('utf8'), value: null, canonical: text, error: `the record is ${reason}` };
}

function takeRecord(page: Page, record: SourceRecord): void {
  const { options, seen } = page;
  page.records++;
  if (record.error !== undefined) page.unreadable++;
  if (isOutside(page, record.value)) return;
  const key = Buffer.from(digestOf(options.table, record.canonical), 'hex').toString('latin1');
  if (seen.has(key) || options.isUploaded(key)) return;
  seen.add(key);
  addRows(page, recordRows(options.table, record, options.generatedAt));
  page.keys.push(key);
}

/** Whether the record's time says that it belongs to another window, which reads it too. */
function isOutside({ from, options, to }: Page, record: Json): boolean {
  const found = findColumn(column('', 'dateTime', options.timeField), record);
  const time = typeof found?.value === 'string' ? Date.parse(found.value) : Number.NaN;
  return isPlausible(time) && (time < from || time >= to);
}

function takeLong(page: Page, bytes: Uint8Array, isLast: boolean): void {
  addRows(page, page.long?.(bytes, isLast) ?? []);
  if (!isLast) return;
  page.long = undefined;
  page.records++;
  page.unreadable++;
}

function addRows(page: Page, rows: readonly RecordRow[]): void {
  for (const { json } of rows) pushChunk(page, appendRowText(page.writer, json));
}

function pushChunk(page: Page, chunk: Chunk | undefined): void {
  if (chunk === undefined) return;
  page.chunks.push({ ...chunk, keys: page.keys });
  page.keys = [];
}
