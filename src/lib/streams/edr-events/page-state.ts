import { createCanonicalWriter, type CanonicalWriter } from '../../json/canonical-json.ts';
import { KIND, kindOf, nameOf, type JsonTape } from '../../json/json-tape.ts';
import type { EdrPageOptions } from './decode-page.ts';
import { MAX_CHUNK_BYTES } from '../../pipeline/chunk-writer.ts';
import { addRow, createEventChunks, type EventChunks } from './event-chunks.ts';
import { hashBytes } from './event-key.ts';
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
  /** Identities received within this page, each with the hash of the record that came first; and hashes of further versions. */
  readonly received: Map<string, string>;
  readonly versions: Set<string>;
  readonly span: TextSpan;
  readonly counts: { records: number; newRecords: number; repeated: number; outside: number; unreadable: number };
  lastTime: number;
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
    versions: new Set(),
    span: { start: 0, end: 0 },
    counts: { records: 0, newRecords: 0, repeated: 0, outside: 0, unreadable: 0 },
    lastTime: Number.NaN,
  };
}

/** Identity of a record: the hash of its id; undefined when it has none. */
export function identityOf(page: EdrPage, tape: JsonTape): string | undefined {
  for (const slot of page.encoder.plan.id) {
    const value = tape.slots[slot] ?? -1;
    if (!findText(tape, value, page.span)) continue;
    const { start, end } = page.span;
    if (kindOf(tape, value) !== KIND.escapedString) return hashBytes(tape.source.subarray(start, end));
    return hashBytes(Buffer.from(JSON.stringify(nameOf(tape.source, start - 1, end + 1)).slice(1, -1)));
  }
  return undefined;
}

/**
 * Whether the record's time says that it belongs to another window, which reads it too. A placeholder such as 1970 or
 * year 9999 belongs to no window, so such a record is kept.
 */
export function isOutside(page: EdrPage, tape: JsonTape): boolean {
  if (!findText(tape, tape.slots[page.encoder.plan.windowTime] ?? -1, page.span)) return false;
  const time = readTime(tape.source, page.span.start, page.span.end);
  if (!isPlausible(time)) return false;
  page.lastTime = time;
  return time < page.from || time >= page.to;
}

/** How a record stands to those before it on the page: of a new event, the same as one before, or one with other content. */
export type Novelty = 'new' | 'same' | 'changed';

/** Compares a record with those before it on the page, by its identity and the hash of its content. */
export function noveltyOf(page: EdrPage, identity: string, hash: string): Novelty {
  const first = page.received.get(identity);
  if (first === undefined) return 'new';
  if (first === hash || page.versions.has(hash)) return 'same';
  page.versions.add(hash);
  return 'changed';
}

/** Books a record as received. Called behind its rows, so that no chunk books a record whose rows come later. */
export function countReceived(page: EdrPage, identity: string, hash: string, novelty: Novelty): void {
  if (novelty === 'new') page.received.set(identity, hash);
  if (novelty !== 'new' || page.options.isFetched(identity)) {
    page.counts.repeated++;
  } else {
    page.counts.newRecords++;
    page.chunks.fetched.push(identity);
  }
}

/** Emits the encoder's row. */
export function emitRow(page: EdrPage, key: string): void {
  const { chunks, encoder } = page;
  addRow(chunks, encoder.row, key);
  // A row without a score has NaN, which is never enough.
  if (encoder.score >= page.alertScore)
    chunks.alerts.push(Buffer.from(encoder.row.bytes.subarray(0, encoder.row.length)));
}
