import { canonicalJson } from '../../json/canonical-json.ts';
import { findFields, lastOf, type Fields } from '../../json/find-fields.ts';
import { isMembers, type ParsedJson } from '../../json/parse-json.ts';
import { millisecondsOf, textOf, wholeNumberOf } from '../../records/column-values.ts';
import { isPlausible } from '../../records/read-time.ts';
import { digestOf, MAX_FIELD_BYTES, recordRows, type RecordRow, type SourceRecord } from '../../records/record-rows.ts';
import { compileTable, ofSubscription, type CompiledTable } from '../../records/record-table.ts';
import { placeOf, timeOf, type WindowTime } from '../page-book.ts';
import { addRow, createEventChunks, type EventChunks } from './event-chunks.ts';
import { eventTable, ID_FIELDS, SCORE_FIELD } from './event-columns.ts';
import { keyOfDigest, ledgerKey } from './event-key.ts';
import type { EdrPageOptions } from './page-options.ts';

/** What is known of a page while it is decoded. */
export interface EdrPage {
  readonly options: EdrPageOptions;
  readonly table: CompiledTable;
  readonly chunks: EventChunks;
  readonly window: WindowTime;
  /** How often each document came within this page, by the hash of its content. */
  readonly received: Map<string, number>;
  readonly counts: {
    records: number;
    newRecords: number;
    outside: number;
    unreadable: number;
    repaired: number;
  };
  lastTime: number;
  /** Whether the record at hand was repaired, and whether its time lies outside; unset once that is counted with a row of it. */
  isBroken: boolean;
  isOutside: boolean;
}

/** A page at its beginning. */
export function createEdrPage(options: EdrPageOptions): EdrPage {
  return {
    options,
    table: compileTable(ofSubscription(eventTable(options), options.subscription ?? ''), options.timeField),
    chunks: createEventChunks(),
    window: timeOf(options.window),
    received: new Map(),
    counts: { records: 0, newRecords: 0, outside: 0, unreadable: 0, repaired: 0 },
    lastTime: Number.NaN,
    isBroken: false,
    isOutside: false,
  };
}

/** Makes the rows of a record; none for one that a neighbour of the window reads, or that came on this page before. */
export function takeRecord(page: EdrPage, json: ParsedJson, text: Buffer): void {
  const { table } = page;
  const fields = findFields(table.fields, json.value);
  const { isRepeating, text: canonical } = canonicalJson(json);
  const error = isMembers(json.value) ? idErrorOf(page, fields) : `the record is ${kindOf(json.value)}, not an object`;
  const isOurs = beginRecord(page, fields, error !== undefined);
  endRecord(page, { fields, isRepeating, text, digest: digestOf(table, canonical), error }, isOurs);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : 'a number';
  return `a ${typeof value}`;
}

/** Makes the rows of a record that is kept as text. */
export function takeText(page: EdrPage, text: Buffer, reason: string): void {
  const isOurs = beginRecord(page, undefined, true);
  endRecord(page, { text, digest: digestOf(page.table, text), error: `the record is ${reason}` }, isOurs);
}

/** Counts a record, by where it lies by its time; whether no window beside this one reads it. */
export function beginRecord(page: EdrPage, fields: Fields | undefined, isUnreadable: boolean): boolean {
  const { counts, options, table, window } = page;
  const found = fields === undefined ? undefined : lastOf(fields, table.fields.slotOf(options.timeField));
  const time = millisecondsOf(found, options.zoneMinutes);
  if (isPlausible(time)) page.lastTime = time;
  const place = placeOf(window, time);
  counts.records++;
  page.isOutside = place === 'outside';
  if (page.isOutside) counts.outside++;
  if (isUnreadable && place !== 'neighbour') counts.unreadable++;
  return place !== 'neighbour';
}

function endRecord(page: EdrPage, record: SourceRecord, isOurs: boolean): void {
  const key = keyOfDigest(record.digest);
  if (isOurs && !page.received.has(key)) putRows(page, record, key);
  page.isBroken = false;
  page.isOutside = false;
  countReceived(page, key, isOurs);
}

function putRows(page: EdrPage, record: SourceRecord, key: string): void {
  const { options, table } = page;
  if (record.text.length <= MAX_FIELD_BYTES && options.isUploaded(key)) return;
  const isAlert = isScored(page, record.fields);
  for (const row of recordRows(table, record, options.generatedAt)) {
    putRow(page, row, ledgerKey(key, row.part), isAlert);
  }
}

/** Whether the score of a record is high enough for an alert. */
export function isScored({ options: { alertScore }, table }: EdrPage, fields: Fields | undefined): boolean {
  if (alertScore === undefined || fields === undefined) return false;
  const score = wholeNumberOf(lastOf(fields, table.fields.slotOf(SCORE_FIELD))?.value);
  return score !== undefined && score >= alertScore;
}

/** Emits a row, unless it was accepted before. */
export function putRow(page: EdrPage, row: RecordRow, key: string, isAlert: boolean): void {
  const { chunks, options } = page;
  const { isBroken, isOutside } = page;
  page.isBroken = false;
  page.isOutside = false;
  if (options.isUploaded(key)) return;
  addRow(chunks, row.text, key);
  const { open } = chunks;
  if (isBroken) open.repaired++;
  if (isOutside) open.outside++;
  noteMissing(page);
  if (isAlert) open.alertRows.push(Buffer.concat(row.text.map((piece) => Buffer.from(piece as string, 'latin1'))));
}

/** How long the record at hand was missing at least, where it is one that came late. */
function noteMissing({ chunks: { open }, lastTime, options: { missedAt } }: EdrPage): void {
  if (missedAt === undefined || Number.isNaN(lastTime)) return;
  open.missingSeconds = Math.max(open.missingSeconds ?? 0, Math.round((missedAt(lastTime) - lastTime) / 1000));
}

/** Without an id a record is kept, but cannot be read. */
function idErrorOf({ table }: EdrPage, fields: Fields): string | undefined {
  const ids = ID_FIELDS.map((path) => textOf(lastOf(fields, table.fields.slotOf(path))?.value));
  return ids.some((id) => id !== undefined) ? undefined : 'the record has neither id nor eventId';
}

/**
 * Books a document that is at its end as received, by its content and by how often it came on this page: the vendor's index may hold one more
 * than once. Called behind its rows, so that no chunk books a document whose rows come later.
 * @param isOurs whether no window beside this one reads it.
 */
export function countReceived(page: EdrPage, hash: string, isOurs: boolean): void {
  const times = (page.received.get(hash) ?? 0) + 1;
  page.received.set(hash, times);
  const key = ledgerKey(hash, times);
  if (page.options.isFetched(key)) return;
  page.counts.newRecords++;
  const { open } = page.chunks;
  open.fetched.push(key);
  if (!isOurs) open[page.lastTime < page.window.from ? 'before' : 'behind']++;
}
