import type { BrokenElement } from '../../json/array-reader.ts';
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
  /** Half-open `[from, to)`: an incident of a second before or behind it is read by the window there too, and gives no row here. */
  readonly window: { readonly from: string; readonly to: string };
  /** Dotted path of that time in the record. */
  readonly timeField: string;
  /** Whether the record was received before, by its 16-byte ledger key, one character a byte. */
  readonly isKnown: (key: string) => boolean;
  /** Told of each record that holds what may not stand in JSON, before it is repaired; throws to refuse the page. */
  readonly onBroken?: (record: BrokenElement) => void;
}

/** Rows to upload. */
export interface IncidentChunk extends Chunk {
  /** Ledger keys of the records that have ended since the last chunk, those without rows included. */
  readonly keys: readonly string[];
  /** How many of them gave rows. */
  readonly uploaded: number;
  /** How many of these were repaired. */
  readonly repaired: number;
}

/** What a page held. */
export interface IncidentPageEnd {
  /** False for an answer of nothing but white space: no page, but for status 204. */
  readonly isPage: boolean;
  readonly records: number;
  /** Records that were not known before. */
  readonly fresh: number;
  /** Of these: records of another time than the window and its neighbours. They are kept. */
  readonly outside: number;
  /** Ledger keys of records that no chunk has told: none of them gave a row. */
  readonly keys: readonly string[];
  /** Records kept as text with a `ParseError`. */
  readonly unreadable: number;
  /** Records that hold what may not stand in JSON text, known ones included; and characters that were replaced or escaped in them. */
  readonly repaired: number;
  readonly characters: number;
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
  /** What has ended since the last chunk. */
  received: { keys: string[]; uploaded: number; repaired: number };
  /** Keys of all records of the page. */
  readonly seen: Set<string>;
  /** The long record in the making; its rows are left out when it is known. */
  long: { readonly key: string; readonly write: LongRecord | undefined } | undefined;
  /** Whether the record at hand was repaired. */
  isBroken: boolean;
  isPage: boolean;
  records: number;
  fresh: number;
  outside: number;
  unreadable: number;
  repaired: number;
}

/** An incident above this many bytes goes as text, part by part while it is read. */
export const MAX_HELD_BYTES = 4 * 1024 * 1024;
/** The windows beside read so far into this one, and this one into them. */
const OVERLAP_MS = 1000;
const SPACE = 0x20;

/** Decodes a page of incidents: a bare JSON array in, chunks of rows out. A malformed or cut answer is an error, never a short page. */
export function createIncidentPageDecoder(options: IncidentPageOptions): IncidentPageDecoder {
  const { from, to } = options.window;
  const page: Page = {
    options,
    writer: createChunkWriter(),
    from: Date.parse(from),
    to: Date.parse(to),
    chunks: [],
    received: { keys: [], uploaded: 0, repaired: 0 },
    seen: new Set(),
    long: undefined,
    isBroken: false,
    isPage: false,
    records: 0,
    fresh: 0,
    outside: 0,
    unreadable: 0,
    repaired: 0,
  };
  const canonical = createCanonicalWriter();
  const reader = createArrayReader(
    { what: 'the page of incidents', fields: compileFieldPaths([]), maxElementBytes: MAX_HELD_BYTES },
    {
      element: (tape) => takeRecord(page, sourceOf(tape, writeCanonical(canonical, tape, 0))),
      broken: (record) => {
        options.onBroken?.(record);
        page.isBroken = true;
        page.repaired++;
      },
      text: (bytes, reason) => takeRecord(page, textRecord(bytes, reason)),
      long: (bytes) => {
        startLong(page, bytes);
        takeLong(page, bytes, false);
      },
      more: (bytes, isLast) => takeLong(page, bytes, isLast),
      foreign: (beginning) => failForeign('incidents', beginning),
    },
  );
  const takeChunks = (): IncidentChunk[] => page.chunks.splice(0);
  return {
    write: (bytes) => {
      page.isPage ||= bytes.some((byte) => byte > SPACE);
      reader.write(bytes);
      return takeChunks();
    },
    end: () => {
      reader.end();
      pushChunk(page, finishChunk(page.writer));
      const { isPage, records, fresh, outside, unreadable, repaired, received } = page;
      const counts = { isPage, records, fresh, outside, unreadable, repaired, characters: reader.repaired() };
      return { chunks: takeChunks(), end: { ...counts, keys: received.keys } };
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
  const { isBroken, options } = page;
  page.isBroken = false;
  page.records++;
  if (record.error !== undefined) page.unreadable++;
  const key = keyOf(page, record.canonical);
  if (isKnown(page, key)) return;
  const distance = distanceOf(page, record.value);
  const isNeighbours = distance > 0 && distance <= OVERLAP_MS;
  if (!isNeighbours) {
    if (distance > 0) page.outside++;
    addRows(page, recordRows(options.table, record, options.generatedAt));
  }
  finishRecord(page, key, { isUploaded: !isNeighbours, isBroken });
}

/** The key that the record's rows begin with, as the ledger holds it. */
function keyOf({ options }: Page, content: string | Uint8Array): string {
  return Buffer.from(digestOf(options.table, content), 'hex').toString('latin1');
}

function isKnown({ options, seen }: Page, key: string): boolean {
  return seen.has(key) || options.isKnown(key);
}

/** All rows of a record are written. */
function finishRecord(
  page: Page,
  key: string,
  { isBroken, isUploaded }: { readonly isBroken: boolean; readonly isUploaded: boolean },
): void {
  const { received, seen } = page;
  seen.add(key);
  page.fresh++;
  received.keys.push(key);
  if (!isUploaded) return;
  received.uploaded++;
  if (isBroken) received.repaired++;
}

/** How far outside of the window the record's time lies, in milliseconds; 0 for one that tells no time, or a placeholder. */
function distanceOf({ from, options, to }: Page, record: Json): number {
  const found = findColumn(column('', 'dateTime', options.timeField), record);
  const time = typeof found?.value === 'string' ? Date.parse(found.value) : Number.NaN;
  if (!isPlausible(time) || (time >= from && time < to)) return 0;
  return time < from ? from - time : time + 1 - to;
}

function startLong(page: Page, beginning: Uint8Array): void {
  const { options } = page;
  const key = keyOf(page, beginning);
  const write = isKnown(page, key)
    ? undefined
    : startLongRecord(options.table, beginning, undefined, options.generatedAt);
  page.long = { key, write };
}

function takeLong(page: Page, bytes: Uint8Array, isLast: boolean): void {
  const { key = '', write } = page.long ?? {};
  addRows(page, write?.(bytes, isLast) ?? []);
  if (!isLast) return;
  const { isBroken } = page;
  page.isBroken = false;
  page.long = undefined;
  page.records++;
  page.unreadable++;
  if (write !== undefined) finishRecord(page, key, { isUploaded: true, isBroken });
}

function addRows(page: Page, rows: readonly RecordRow[]): void {
  for (const { json } of rows) pushChunk(page, appendRowText(page.writer, json));
}

function pushChunk(page: Page, chunk: Chunk | undefined): void {
  if (chunk === undefined) return;
  page.chunks.push({ ...chunk, ...page.received });
  page.received = { keys: [], uploaded: 0, repaired: 0 };
}
