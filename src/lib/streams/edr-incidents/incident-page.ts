import type { BrokenElement } from '../../json/array-reader.ts';
import type { JsonTape } from '../../json/json-tape.ts';
import { appendRow, type ChunkWriter } from '../../pipeline/chunk-writer.ts';
import type { Chunk } from '../../pipeline/stream.ts';
import { millisecondsOf } from '../../records/column-values.ts';
import { isPlausible } from '../../records/read-time.ts';
import {
  digestOf,
  recordRows,
  startLongRecord,
  type LongRecord,
  type RecordRow,
  type SourceRecord,
} from '../../records/record-rows.ts';
import type { CompiledTable, RecordTable } from '../../records/record-table.ts';

/** How a page of incidents is decoded. */
export interface IncidentPageOptions {
  readonly table: RecordTable;
  readonly generatedAt: Date;
  /**
   * Half-open `[from, to)`: an incident of a second before or behind it is read by the window there too, and gives no row here. Before the
   * first window of a run there is none.
   */
  readonly window: { readonly from: string; readonly to: string; readonly isFirst?: boolean };
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

/** What is known of a page while it is decoded. */
export interface IncidentPage {
  readonly options: IncidentPageOptions;
  readonly table: CompiledTable;
  /** Where the scanner finds the time that windows go by. */
  readonly timeSlot: number;
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

/** The windows beside read so far into this one, and this one into them. */
const OVERLAP_MS = 1000;

/** Takes a record that is whole. */
export function takeRecord(page: IncidentPage, record: SourceRecord): void {
  const { isBroken, options } = page;
  page.isBroken = false;
  page.records++;
  if (record.error !== undefined) page.unreadable++;
  const key = keyOf(record.digest);
  if (isKnown(page, key)) return;
  const place = record.tape === undefined ? 'inside' : placeOf(page, record.tape);
  const isNeighbours = place === 'neighbour';
  if (!isNeighbours) {
    if (place === 'outside') page.outside++;
    addRows(page, recordRows(page.table, record, options.generatedAt));
  }
  finishRecord(page, key, { isUploaded: !isNeighbours, isBroken });
}

/** The key that the record's rows begin with, as the ledger holds it. */
function keyOf(digest: string): string {
  return Buffer.from(digest, 'hex').toString('latin1');
}

function isKnown({ options, seen }: IncidentPage, key: string): boolean {
  return seen.has(key) || options.isKnown(key);
}

/** All rows of a record are written. */
function finishRecord(
  page: IncidentPage,
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

/** Where the record's time lies: in the window, in a second that one beside it is sure to read, or further out. */
function placeOf(
  { from, options, table, timeSlot, to }: IncidentPage,
  tape: JsonTape,
): 'inside' | 'neighbour' | 'outside' {
  const time = millisecondsOf(tape, tape.slots[timeSlot] ?? -1, table.zoneMinutes ?? 0);
  if (!isPlausible(time) || (time >= from && time < to)) return 'inside';
  const isBefore = time >= from - OVERLAP_MS && time < from && options.window.isFirst !== true;
  return isBefore || (time >= to && time < to + OVERLAP_MS) ? 'neighbour' : 'outside';
}

/** Begins a record that is too long to be held. */
export function startLong(page: IncidentPage, beginning: Uint8Array): void {
  const { options, table } = page;
  const digest = digestOf(table, beginning);
  const key = keyOf(digest);
  const error = `the record is above ${beginning.length} bytes`;
  const write = isKnown(page, key) ? undefined : startLongRecord(table, { digest, error }, options.generatedAt);
  page.long = { key, write };
}

/** Takes more bytes of it. */
export function takeLong(page: IncidentPage, bytes: Uint8Array, isLast: boolean): void {
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

function addRows(page: IncidentPage, rows: readonly RecordRow[]): void {
  for (const { text } of rows) pushChunk(page, appendRow(page.writer, text));
}

/** Hands a chunk out, with what has ended since the last one. */
export function pushChunk(page: IncidentPage, chunk: Chunk | undefined): void {
  if (chunk === undefined) return;
  page.chunks.push({ ...chunk, ...page.received });
  page.received = { keys: [], uploaded: 0, repaired: 0 };
}
