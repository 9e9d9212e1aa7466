import type { Settings } from '../../config.ts';
import { FatalError, RetryableError } from '../../errors.ts';
import type { Json, Outcome, Progress, WindowSlice, WindowTask } from '../../pipeline/stream.ts';
import { halve, isoSeconds, toInterval, type Interval } from '../../pipeline/window.ts';
import type { CallOptions } from '../../qualys/call-qualys.ts';
import type { EdrQuery } from '../../qualys/edr-api.ts';
import type { QualysAnswer } from '../../qualys/qualys-answer.ts';
import { typeSlices, windowFilter, windowSort } from '../../qualys/qql.ts';
import { callOptionsOf } from '../call-options.ts';
import type { StreamServices } from '../stream-definition.ts';
import { createEdrPageDecoder, type EdrChunk, type EdrPageEnd } from './decode-page.ts';
import { toAlert } from './event-alert.ts';
import { MAX_DEPTH, pageSizeWithinReach, SPLIT_ABOVE } from './page-depth.ts';

/** Where reading a window stands. */
interface EdrCursor {
  readonly mode: 'pages' | 'searchAfter';
  /** 0 for the first read, 1 for the read that makes up for what the first one missed. */
  readonly read: number;
  /** Next page, from 0. */
  readonly page: number;
  /** Events a page. */
  readonly size: number;
  /** Vendor's cursor of the next page, with `searchAfter`. */
  readonly after?: string;
  /** Whether a record came twice in this read. */
  readonly isRepeated?: boolean;
  /** What is asked: the same for all pages, whatever becomes of the settings meanwhile. */
  readonly query: WindowQuery;
  /** Set once the last page of this read is stored: what is left is to count again. */
  readonly isRead?: boolean;
}

/** What a window asks of the vendor. */
type WindowQuery = Required<Pick<EdrQuery, 'filter' | 'sort' | 'state'>>;

/** A step of which the cursor is still to be told. */
type Step = Omit<Progress, 'cursor'>;

/** What stays the same for all pages of a window. */
interface Reading {
  readonly task: WindowTask;
  readonly services: StreamServices;
  readonly query: WindowQuery;
  readonly options: CallOptions;
  /** Keys of the records received and of the rows uploaded so far. */
  readonly fetched: Set<string>;
  readonly uploaded: Set<string>;
}

/** Reads of a window in one go; a window that is still short then is read again later. */
const READS = 2;
/** Times that a window is halved at once: its pieces must fit one transaction. What is still too large is cut again. */
const MAX_HALVINGS = 6;
/** Pages of one window; more is a vendor that never ends. */
const MAX_PAGES = 20_000;

/**
 * Reads a window of events: count → split or pages. When the vendor's count and what came differ, or a record came twice, the window is
 * counted again and, unless that explains it, the pages are read once more: sorting by time alone is not stable within one instant, and
 * events may come or go while pages are read.
 */
export async function* readEdrWindow(task: WindowTask, services: StreamServices): AsyncGenerator<Progress, Outcome> {
  const reading = await prepare(task, services);
  // A count from before a pause between pages says little about what was there at their end.
  const isInterrupted = task.cursor !== undefined && reading.fetched.size > 0;
  let expected = task.counts.expected ?? 0;
  let cursor: EdrCursor;
  if (task.cursor === undefined) {
    expected = await services.edr.count(reading.query, reading.options);
    // A window that has uploaded rows keeps their keys only as long as it stays whole.
    const split = reading.uploaded.size > 0 ? undefined : splitOf(task, services.settings, expected);
    if (split !== undefined) return split;
    cursor = firstCursor(reading, expected, task.shortReads > 0 ? 1 : 0);
    yield { cursor: toJson(cursor), expected };
    if (expected === 0) return { kind: 'complete' };
  } else cursor = task.cursor as unknown as EdrCursor;
  for (;;) {
    cursor = yield* readPages(reading, cursor, expected);
    if (isInterrupted || !isExact(reading, cursor, expected)) {
      expected = await services.edr.count(reading.query, reading.options);
    }
    const outcome = outcomeOf(reading, cursor, expected);
    if (outcome !== undefined) {
      yield { cursor: toJson(cursor), expected };
      return outcome;
    }
    task.log.warn('WindowReadAgain', { expected, fetched: reading.fetched.size, repeated: cursor.isRepeated === true });
    cursor = firstCursor(reading, expected, cursor.read + 1);
    yield { cursor: toJson(cursor), expected };
  }
}

/** How the window ends after a read; undefined when it is to be read once more. The union of the reads counts. */
function outcomeOf(reading: Reading, cursor: EdrCursor, expected: number): Outcome | undefined {
  const fetched = reading.fetched.size;
  const isLastRead = cursor.read + 1 >= READS;
  if (fetched < expected) return isLastRead ? { kind: 'short' } : undefined;
  return isExact(reading, cursor, expected) || isLastRead ? { kind: 'complete' } : undefined;
}

/** Whether all that was counted came, each once. */
function isExact({ fetched }: Reading, cursor: EdrCursor, expected: number): boolean {
  return fetched.size === expected && cursor.isRepeated !== true;
}

async function prepare(task: WindowTask, services: StreamServices): Promise<Reading> {
  const { settings } = services;
  const cursor = task.cursor as unknown as EdrCursor | undefined;
  return {
    task,
    services,
    query: cursor?.query ?? queryOf(task, settings),
    options: callOptionsOf(task),
    fetched: await task.ledger('fetched'),
    uploaded: await task.ledger('uploaded'),
  };
}

function queryOf(task: WindowTask, settings: Settings): WindowQuery {
  const { from, to, slice } = task.window;
  const filter = windowFilter(settings, { from, to, ...(slice === undefined ? {} : { type: typeOfSlice(slice) }) });
  return { filter, sort: windowSort(settings), state: settings.EDR_STATE };
}

const TYPE_SLICE = 'type.';

function typeOfSlice(slice: string): string {
  return slice.slice(TYPE_SLICE.length);
}

function firstCursor({ services, query }: Reading, expected: number, read: number): EdrCursor {
  const { settings } = services;
  const isTooDeep = expected > MAX_DEPTH;
  const mode = settings.EDR_PAGING === 'searchAfter' || isTooDeep ? 'searchAfter' : 'pages';
  const size = mode === 'pages' ? pageSizeWithinReach(expected, settings.EDR_PAGE_SIZE) : settings.EDR_PAGE_SIZE;
  return { mode, read, page: 0, size, query };
}

/** Cuts a window that holds too much: by time down to a second, then by event type. */
function splitOf(task: WindowTask, settings: Settings, expected: number): Outcome | undefined {
  if (expected <= SPLIT_ABOVE) return undefined;
  const { from, to, slice } = task.window;
  const halvings = Math.min(MAX_HALVINGS, Math.ceil(Math.log2(expected / SPLIT_ABOVE)));
  const pieces = cut(toInterval({ from, to }), halvings);
  const reason = `${expected} events`;
  if (pieces.length > 1) {
    const slices = pieces.map((piece) => ({
      from: isoSeconds(piece.from),
      to: isoSeconds(piece.to),
      ...(slice === undefined ? {} : { slice }),
    }));
    return { kind: 'split', slices, reason };
  }
  const types = typeSlices(settings);
  if (expected <= MAX_DEPTH || slice !== undefined || types.length < 2 || settings.EDR_PAGING === 'searchAfter')
    return undefined;
  const slices: WindowSlice[] = types.map((type) => ({ from, to, slice: `${TYPE_SLICE}${type}` }));
  return { kind: 'split', slices, reason: `${reason} in one second` };
}

/** Halves an interval so many times over, as far as whole seconds allow. */
function cut(interval: Interval, times: number): Interval[] {
  const halves = times > 0 ? halve(interval) : undefined;
  return halves === undefined ? [interval] : halves.flatMap((half) => cut(half, times - 1));
}

/** Reads pages from the cursor to the last one. */
async function* readPages(reading: Reading, start: EdrCursor, expected: number): AsyncGenerator<Progress, EdrCursor> {
  let cursor = start;
  // Records of a page that was partly booked before come again: that is no repetition by the vendor.
  let isResumed =
    reading.task.cursor !== undefined && start.read === (reading.task.cursor as unknown as EdrCursor).read;
  while (cursor.isRead !== true) {
    if (cursor.page >= MAX_PAGES) throw new FatalError(`the window does not end after ${MAX_PAGES} pages`);
    const { answer, nextCursor } = await fetchPage(reading, cursor);
    const { end, last } = yield* decode(reading, answer, cursor);
    const isRepeated = cursor.isRepeated === true || (cursor.read === 0 && !isResumed && end.repeated > 0);
    const counts = { expected, received: reading.fetched.size };
    const next = nextPage(cursor, end, nextCursor, counts) ?? { ...cursor, isRead: true };
    cursor = isRepeated ? { ...next, isRepeated } : next;
    isResumed = false;
    yield { ...last, cursor: toJson(cursor), pageDone: true };
  }
  return cursor;
}

async function fetchPage(
  { services, query, options }: Reading,
  cursor: EdrCursor,
): Promise<{ answer: QualysAnswer; nextCursor?: string }> {
  if (cursor.mode === 'searchAfter') {
    return services.edr.searchAfter({ ...query, pageSize: cursor.size }, cursor.after, options);
  }
  const answer = await services.edr.events({ ...query, pageNumber: cursor.page, pageSize: cursor.size }, options);
  return { answer };
}

/** Gives all of a page but its last step, which is stored with the cursor of the next page. */
async function* decode(
  reading: Reading,
  answer: QualysAnswer,
  cursor: EdrCursor,
): AsyncGenerator<Progress, { readonly end: EdrPageEnd; readonly last: Step }> {
  const { services, task } = reading;
  const decoder = createEdrPageDecoder({
    generatedAt: services.clock.now(),
    window: task.window,
    timeField: services.settings.EDR_TIME_FIELD,
    severityTable: services.settings.EDR_SEVERITY_TABLE,
    alertScore: alertScoreFor(task, services.settings),
    isUploaded: (key) => reading.uploaded.has(key),
    isFetched: (key) => reading.fetched.has(key),
  });
  try {
    for await (const bytes of answer.body) {
      for (const chunk of decoder.write(bytes)) yield { ...toStep(reading, chunk), cursor: toJson(cursor) };
    }
    const { chunks, end } = decoder.end();
    const steps = chunks.map((chunk) => toStep(reading, chunk));
    // Records behind the last row gave none themselves, being of another window; they were received all the same.
    const rest = received(reading, end.fetched);
    const last = end.fetched.length > 0 ? rest : (steps.pop() ?? rest);
    for (const step of steps) yield { ...step, cursor: toJson(cursor) };
    if (end.unreadable > 0) task.log.warn('RecordUnreadable', { records: end.unreadable });
    return { end, last };
  } finally {
    answer.cancel();
  }
}

function toStep(reading: Reading, chunk: EdrChunk): Step {
  const { fetched, ledger } = received(reading, chunk.fetched);
  addKeys(reading.uploaded, chunk.uploaded);
  const { json, rows, uploaded, alertRows } = chunk;
  const alerts = alertRows.map(toAlert).filter((alert) => alert !== undefined);
  return { chunk: { json, rows, alerts }, fetched, ledger: { ...ledger, uploaded } };
}

/** What a backfill reads happened long ago: nobody is to be called for it. */
function alertScoreFor({ window }: WindowTask, settings: Settings): number | undefined {
  return settings.ALERT_WEBHOOK_URL !== undefined && window.run === 'live' ? settings.ALERT_MIN_SCORE : undefined;
}

/** Books records as received. */
function received({ fetched }: Reading, keys: Uint8Array): Step & { fetched: number } {
  const before = fetched.size;
  addKeys(fetched, keys);
  return { fetched: fetched.size - before, ledger: { fetched: keys } };
}

const KEY_BYTES = 16;

function addKeys(keys: Set<string>, bytes: Uint8Array): void {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  for (let at = 0; at + KEY_BYTES <= text.length; at += KEY_BYTES) keys.add(text.slice(at, at + KEY_BYTES));
}

/** The cursor of the next page; undefined after the last one. */
function nextPage(
  cursor: EdrCursor,
  page: EdrPageEnd,
  after: string | undefined,
  counts: { readonly expected: number; readonly received: number },
): EdrCursor | undefined {
  const isShort = page.records < cursor.size;
  const hasAll = counts.received >= counts.expected;
  if (cursor.mode === 'searchAfter') return nextAfter(cursor, page, after, isShort && hasAll);
  if (page.records === 0 || (isShort && hasAll)) return undefined;
  // A short first page with more to come: the vendor caps the page size. Later pages must ask for that size to keep their offsets.
  const size = isShort && cursor.page === 0 ? page.records : cursor.size;
  const next = { ...cursor, page: cursor.page + 1, size };
  return (next.page + 1) * size > MAX_DEPTH ? undefined : next;
}

/** An empty page with a new cursor is not the end; the same cursor twice is an error, not a loop. */
function nextAfter(
  cursor: EdrCursor,
  page: EdrPageEnd,
  after: string | undefined,
  isEnd: boolean,
): EdrCursor | undefined {
  if (after === undefined || isEnd) return undefined;
  if (after !== cursor.after) return { ...cursor, page: cursor.page + 1, after };
  if (page.records === 0) return undefined;
  throw new RetryableError('searchAfter gave the same cursor twice', { scope: 'answer' });
}

function toJson(cursor: EdrCursor): Json {
  return { ...cursor };
}
