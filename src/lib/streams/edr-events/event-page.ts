import { lastOf, type Fields, type Found } from '../../json/find-fields.ts';
import type { BrokenElement } from '../../json/read-array.ts';
import type { Chunk } from '../../pipeline/stream.ts';
import { millisecondsOf, wholeNumberOf } from '../../records/column-values.ts';
import { isPlausible } from '../../records/read-time.ts';
import { MAX_FIELD_BYTES, recordRows, type RecordRow, type SourceRecord } from '../../records/record-rows.ts';
import { compileTable, ofSubscription } from '../../records/record-table.ts';
import { createBookedChunks } from '../booked-chunks.ts';
import { keyOfDigest, ledgerKey } from '../ledger-key.ts';
import { placeOf, timeOf } from '../page-book.ts';
import { eventTable, SCORE_FIELD, type EventTableOptions } from './event-columns.ts';

/** What a page of events is decoded with. */
export interface EdrPageOptions extends EventTableOptions {
  /** Stands for the time of events that tell none. */
  readonly generatedAt: Date;
  /**
   * Half-open `[from, to)`, ISO 8601 UTC. Events of the second before and of the second behind it are received, but not emitted, because the
   * windows beside it read them too; before the first window of a run there is none. All others are emitted, whatever their time says.
   */
  readonly window: { readonly from: string; readonly to: string; readonly isFirst?: boolean };
  /** Dotted path of that time in the record, e.g. `eventProcessedTime`. */
  readonly timeField: string;
  /** Stands in each row, and tells its rows from those of other subscriptions; absent or empty for none. */
  readonly subscription?: string;
  /** Lowest score of rows whose text comes with their chunk besides, to make alerts of; none when left out. */
  readonly alertScore?: number | undefined;
  /** When a record of that time was still missing that is new now, both in epoch milliseconds; absent where nothing late is read. */
  readonly missedAt?: ((time: number) => number) | undefined;
  /** Whether a row was accepted before, by its 16-byte ledger key, one character a byte; it is not emitted again. */
  readonly isUploaded: (rowKey: string) => boolean;
  /** Whether a document was received before, by its 16-byte key: its content, and how often it came on one page. */
  readonly isFetched: (documentKey: string) => boolean;
  /** Told of each record that holds what may not stand in JSON, before it is repaired; throws to refuse the page. */
  readonly onBroken?: (record: BrokenElement) => void;
}

/** What is booked of records once their rows are accepted. Ledger keys are 16 bytes each, one character a byte. */
export interface Booking {
  /** Ledger keys of the rows. */
  readonly uploaded: string[];
  /** Identities of the documents newly received up to here. */
  readonly fetched: string[];
  /** JSON text of first rows of records whose score is high enough for an alert. */
  readonly alertRows: Buffer[];
  /** Records with rows here that were repaired, and those whose time lies outside. */
  repaired: number;
  outside: number;
  /** Documents newly received up to here that are of the second before the window, and of the one behind it. */
  before: number;
  behind: number;
  /** How long after its time one of its records was still missing at least, in seconds; absent where none was. */
  missingSeconds?: number;
}

/** Rows to upload in one call, and what is booked once they are accepted. */
export type EdrChunk = Chunk & Readonly<Booking>;

/** What is known of a page while it is decoded. */
export type EdrPage = ReturnType<typeof createEdrPage>;

/** A page at its beginning. */
export function createEdrPage(options: EdrPageOptions) {
  return {
    options,
    table: compileTable(ofSubscription(eventTable(options), options.subscription ?? ''), options.timeField),
    chunks: createBookedChunks(newBooking),
    window: timeOf(options.window),
    /** How often each document came within this page, by the hash of its content. */
    received: new Map<string, number>(),
    counts: {
      /** Records received, and those of them that no page before held. */
      records: 0,
      newRecords: 0,
      /** Records, known ones included, that are for this window although their time lies outside of it and of the seconds beside it. */
      outside: 0,
      /** Records kept as text with a `ParseError`. */
      unreadable: 0,
      /** Records that hold what may not stand in JSON text, known ones included. */
      repaired: 0,
    },
    /** Time of the last record that tells one. */
    lastTime: Number.NaN,
    /** Whether the record at hand was repaired; unset once that is counted with a row of it. */
    isBroken: false,
    /** Whether no window beside this one reads the record at hand, whether its time lies outside, and whether it is to be alerted on. */
    isOurs: true,
    isOutside: false,
    isAlert: false,
  };
}

function newBooking(): Booking {
  return { uploaded: [], fetched: [], alertRows: [], repaired: 0, outside: 0, before: 0, behind: 0 };
}

/** Makes the rows of a record; none for one that a neighbour of the window reads, or that came on this page before. */
export function takeRecord(page: EdrPage, record: SourceRecord): void {
  const { options, received, table } = page;
  const key = keyOfDigest(record.digest);
  beginRecord(page, record.fields, record.error !== undefined);
  const isOneRow = record.text.length <= MAX_FIELD_BYTES;
  if (page.isOurs && !received.has(key) && !(isOneRow && options.isUploaded(key))) {
    for (const row of recordRows(table, record, options.generatedAt)) putRow(page, row, ledgerKey(key, row.part));
  }
  endRecord(page, key);
}

/** Counts a record, by where it lies by its time. */
export function beginRecord(page: EdrPage, fields: Fields | undefined, isUnreadable: boolean): void {
  const { counts, options, table } = page;
  const find = (path: string): Found | undefined => fields && lastOf(fields, table.fields.slotOf(path));
  const time = millisecondsOf(find(options.timeField), options.zoneMinutes);
  if (isPlausible(time)) page.lastTime = time;
  const place = placeOf(page.window, time);
  page.isOurs = place !== 'neighbour';
  page.isOutside = place === 'outside';
  page.isAlert =
    options.alertScore !== undefined && (wholeNumberOf(find(SCORE_FIELD)?.value) ?? Number.NaN) >= options.alertScore;
  counts.records++;
  if (page.isOutside) counts.outside++;
  if (isUnreadable && page.isOurs) counts.unreadable++;
}

/** Emits a row of the record, unless it was accepted before. */
export function putRow(page: EdrPage, { part, text }: RecordRow, key: string): void {
  const { chunks, isBroken, options } = page;
  page.isBroken = false;
  if (options.isUploaded(key)) return;
  chunks.add(text);
  const { open } = chunks;
  open.uploaded.push(key);
  if (isBroken) open.repaired++;
  noteMissing(page);
  if (part > 1) return;
  if (page.isOutside) open.outside++;
  if (page.isAlert) open.alertRows.push(Buffer.concat(text.map((piece) => Buffer.from(piece as string, 'latin1'))));
}

/** How long the record at hand was missing at least, where it is one that came late. */
function noteMissing({ chunks: { open }, lastTime, options: { missedAt } }: EdrPage): void {
  if (missedAt === undefined || Number.isNaN(lastTime)) return;
  open.missingSeconds = Math.max(open.missingSeconds ?? 0, Math.round((missedAt(lastTime) - lastTime) / 1000));
}

/**
 * Books a document that is at its end as received, by its content and by how often it came on this page: the vendor's index may hold one more
 * than once. Called behind its rows, so that no chunk books a document whose rows come later.
 */
export function endRecord(page: EdrPage, hash: string): void {
  const times = (page.received.get(hash) ?? 0) + 1;
  page.received.set(hash, times);
  page.isBroken = false;
  const key = ledgerKey(hash, times);
  if (page.options.isFetched(key)) return;
  page.counts.newRecords++;
  const { open } = page.chunks;
  open.fetched.push(key);
  if (!page.isOurs) open[page.lastTime < page.window.from ? 'before' : 'behind']++;
}
