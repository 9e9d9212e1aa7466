import { createCanonicalWriter, type CanonicalWriter } from '../../json/canonical-json.ts';
import type { JsonTape } from '../../json/json-tape.ts';
import type { EdrPageOptions } from './decode-page.ts';
import { MAX_CHUNK_BYTES } from '../../pipeline/chunk-writer.ts';
import { addRow, createEventChunks, type EventChunks } from './event-chunks.ts';
import { ledgerKey } from './event-key.ts';
import type { EventPlan } from './event-plan.ts';
import { createRowEncoder, type RowEncoder } from './event-row.ts';
import { isPlausible, readTime } from '../../records/read-time.ts';
import { findText, type TextSpan } from './event-values.ts';

/** What is known of a page while it is decoded. */
export interface EdrPage {
  readonly options: EdrPageOptions;
  readonly maxRecordBytes: number;
  readonly encoder: RowEncoder;
  readonly canonical: CanonicalWriter;
  readonly chunks: EventChunks;
  /** Lowest score of rows that make an alert; infinite when none do. */
  readonly alertScore: number;
  /** The window, in milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** How often each document came within this page, by the hash of its content. */
  readonly received: Map<string, number>;
  readonly span: TextSpan;
  readonly counts: {
    records: number;
    newRecords: number;
    repeated: number;
    outside: number;
    unreadable: number;
    repaired: number;
  };
  lastTime: number;
  /** Whether the record at hand was repaired. */
  isBroken: boolean;
}

const MAX_RECORD_BYTES = 60_000;
/** Bytes that a byte of a record can take in `RecordPart` (`\u0000`). */
const MAX_ESCAPED_BYTES = 6;
/** A row's key, the number of its part, its error, and the columns that are numbers and times. */
const REST_BYTES = 8000;
/** With chunks so small that a long record might not fit, usual ones still do. */
const MIN_COLUMNS_BYTES = 10_000;
/** Bytes of the longest character, which no part may cut through. */
const MIN_RECORD_BYTES = 4;

/** @throws RangeError when `maxRecordBytes` is less than a character may take. */
export function createEdrPage(plan: EventPlan, options: EdrPageOptions): EdrPage {
  const { maxChunkBytes = MAX_CHUNK_BYTES, maxRecordBytes = MAX_RECORD_BYTES } = options;
  if (maxRecordBytes < MIN_RECORD_BYTES) {
    throw new RangeError(`maxRecordBytes must be at least ${MIN_RECORD_BYTES}, given ${maxRecordBytes}`);
  }
  const restBytes = MAX_ESCAPED_BYTES * maxRecordBytes + REST_BYTES;
  const maxColumnsBytes = Math.max(maxChunkBytes - restBytes, MIN_COLUMNS_BYTES);
  return {
    options,
    maxRecordBytes,
    encoder: createRowEncoder(plan, options, maxColumnsBytes, restBytes),
    canonical: createCanonicalWriter(),
    chunks: createEventChunks(maxChunkBytes),
    alertScore: options.alertScore ?? Infinity,
    from: Date.parse(options.window.from),
    to: Date.parse(options.window.to),
    received: new Map(),
    span: { start: 0, end: 0 },
    counts: { records: 0, newRecords: 0, repeated: 0, outside: 0, unreadable: 0, repaired: 0 },
    lastTime: Number.NaN,
    isBroken: false,
  };
}

/** Whether the record has an id: without one it is kept, but cannot be read. */
export function hasId(page: EdrPage, tape: JsonTape): boolean {
  return page.encoder.plan.id.some((slot) => findText(tape, tape.slots[slot] ?? -1, page.span));
}

/** Where a record's time lies: in the window, in a second that a neighbour of it is sure to read, or further out. */
export type Place = 'inside' | 'neighbour' | 'outside';

/** How far beyond its bounds a window is asked for or answered, because the vendor may go by whole seconds. */
const EDGE_MS = 1000;

/**
 * Where the record's time lies. What a neighbour does not read is kept whatever its time says: the vendor gave it for this window. So is
 * what has no readable time, or a placeholder such as 1970 or year 9999.
 */
export function placeOf(page: EdrPage, tape: JsonTape): Place {
  if (!findText(tape, tape.slots[page.encoder.plan.windowTime] ?? -1, page.span)) return 'inside';
  const time = readTime(tape.source, page.span.start, page.span.end, page.encoder.plan.zoneMinutes);
  if (!isPlausible(time)) return 'inside';
  page.lastTime = time;
  if (time >= page.from && time < page.to) return 'inside';
  const isBefore = time >= page.from - EDGE_MS && time < page.from && page.options.window.isFirst !== true;
  const isAfter = time >= page.to && time < page.to + EDGE_MS;
  return isBefore || isAfter ? 'neighbour' : 'outside';
}

/** How often the document came on this page before: the vendor's index may hold one more than once. */
export function timesReceived(page: EdrPage, hash: string): number {
  return page.received.get(hash) ?? 0;
}

/**
 * Books a document that is at its end as received, by its content and by how often it came on this page. Called behind its rows, so that no chunk books a
 * document whose rows come later.
 */
export function countReceived(page: EdrPage, hash: string): void {
  page.isBroken = false;
  const times = timesReceived(page, hash) + 1;
  page.received.set(hash, times);
  const key = ledgerKey(hash, times);
  if (page.options.isFetched(key)) {
    page.counts.repeated++;
  } else {
    page.counts.newRecords++;
    page.chunks.fetched.push(key);
  }
}

/** Emits the encoder's row. */
export function emitRow(page: EdrPage, key: string): void {
  const { chunks, encoder } = page;
  addRow(chunks, encoder.row, key);
  if (page.isBroken) chunks.repaired++;
  page.isBroken = false;
  // A row without a score has NaN, which is never enough.
  if (encoder.score >= page.alertScore)
    chunks.alerts.push(Buffer.from(encoder.row.bytes.subarray(0, encoder.row.length)));
}
