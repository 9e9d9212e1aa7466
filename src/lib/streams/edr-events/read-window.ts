import type { Outcome, Progress, WindowTask } from '../../pipeline/stream.ts';
import { FatalError } from '../../errors.ts';
import type { CallOptions } from '../../qualys/call/call-qualys.ts';
import { isLate, isLook } from '../../pipeline/look-back.ts';
import { isoSeconds } from '../../pipeline/window.ts';
import { EVENT_CHAIN, EVENT_PAGES } from '../../qualys/edr/edr-api.ts';
import { windowFilter } from '../../qualys/edr/qql.ts';
import { callOptionsOf } from '../call-options.ts';
import { readJudged } from '../read-judged.ts';
import type { StreamServices } from '../stream-definition.ts';
import { hearCount, judgeRead } from './count-memory.ts';
import type { EdrPageEnd } from './decode-page.ts';
import { firstCursor, queryOf, toJson, type EdrCursor, type WindowQuery } from './edr-cursor.ts';
import { lookBack, missedBy, witnessOf } from './look-back.ts';
import { askAgain, goOn, nextPage } from './next-page.ts';
import { SPLIT_ABOVE } from './page-depth.ts';
import { pageKnowledge, type PageKnowledge } from './page-knowledge.ts';
import { readPage, type PageReading, type ReadPage } from './read-page.ts';
import { splitWindow } from './split-window.ts';
import { openWindowKeys, type WindowKeys } from './window-keys.ts';

/** What stays the same for all pages of a window. */
interface Reading {
  readonly task: WindowTask;
  readonly services: StreamServices;
  readonly options: CallOptions;
  readonly keys: WindowKeys;
  readonly known: PageKnowledge;
  readonly missedAt: PageReading['missedAt'];
  readonly count: (query: WindowQuery) => Promise<number>;
}

/** A page, and the vendor's cursor of the next one. */
interface AskedPage extends ReadPage {
  readonly after: string | undefined;
}

/** Reads of a window in one go; a window that is still short then is read again later. */
const READS = 2;
/** Failures in a row of a page, on a route that answers, after which smaller ones are asked for. */
const ATTEMPTS_BEFORE_HALVING = 2;
/** Time before a window of which one event is asked for, to see whether the route answers. */
const PROBE_MS = 86_400_000;
/** Pages of one read; more is a vendor that never ends. */
const MAX_PAGES = 20_000;

/**
 * Reads a window of events: pages to a proven end, then the comparison with the vendor's count. Where a count decides how to cut, it comes
 * first. When count and documents differ, or a document came on two pages, the window is counted again and, unless that explains it, the
 * pages are read once more: sorting by time alone is not stable within one instant, and events may come or go while pages are read.
 */
export async function* readEdrWindow(task: WindowTask, services: StreamServices): AsyncGenerator<Progress, Outcome> {
  if (isLook(task.window)) return yield* lookBack(task, services);
  const reading = await prepare(task, services);
  let cursor = await open(reading);
  // A count from before a pause between pages says little about what was there at their end.
  let isCounted = cursor.page === 0 && cursor.end === undefined;
  let readsLeft = task.shortReads > 0 ? 1 : READS;
  if (task.attempts >= ATTEMPTS_BEFORE_HALVING && cursor.end === undefined) {
    cursor = smallerPages(cursor);
    yield { cursor: toJson(cursor) };
  }
  for (;;) {
    const cut = yield* cutFirst(reading, cursor);
    if (isOutcome(cut)) return cut;
    cursor = yield* readPages(reading, cut);
    if (cursor.end === undefined) continue;
    if (cut.end === undefined) readsLeft--;
    const documents = reading.keys.documents();
    const isRepeated = cursor.isRepeated === true;
    if (cursor.counted === undefined && documents === 0 && cursor.end !== 'stuck') return complete(reading, cursor);
    const isToCount = !isCounted || isRepeated || !isAgreed(cursor, documents);
    if (cursor.end !== 'reach' && isToCount) cursor = await count(reading, cursor);
    isCounted = true;
    const { verdict, memory } = judge(reading, cursor, { isRepeated, isLast: readsLeft <= 0 });
    cursor = { ...cursor, counted: memory };
    const expected = memory.greatest;
    const again = askAgain(cursor, documents - expected);
    if (again !== undefined) {
      cursor = again;
      readsLeft++;
      yield { cursor: toJson(cursor), expected };
      continue;
    }
    if (verdict === 'complete') return complete(reading, cursor);
    if (verdict === 'short') {
      const later = memory.lower === undefined ? readAgain(reading, cursor) : cursor;
      yield { cursor: toJson(later), expected, ...witnessOf(task, cursor, documents) };
      return { kind: 'short', cursor: toJson(later) };
    }
    if (verdict === 'beyond-reach') {
      // What was uploaded is known to this window alone: pieces would send it again.
      cursor = {
        ...readAgain(reading, cursor),
        mode: 'searchAfter',
        size: cursor.mostEvents ?? services.settings.EDR_PAGE_SIZE,
      };
    } else if (verdict === 'go-on') {
      cursor = goOn(cursor);
    } else {
      task.log.warn('WindowReadAgain', { expected, fetched: documents, repeated: isRepeated });
      cursor = readAgain(reading, cursor);
    }
    yield { cursor: toJson(cursor), expected };
  }
}

async function prepare(task: WindowTask, services: StreamServices): Promise<Reading> {
  const options = callOptionsOf(task);
  const keys = await openWindowKeys(task, cursorOf(task)?.read);
  const known = pageKnowledge(services.edr);
  const missedAt = isLate(task.window) ? missedBy(await task.past()) : undefined;
  return { task, services, options, keys, known, missedAt, count: (query) => services.edr.count(query, options) };
}

function cursorOf(task: WindowTask): EdrCursor | undefined {
  return task.cursor as unknown as EdrCursor | undefined;
}

function isOutcome(opening: EdrCursor | Outcome): opening is Outcome {
  return 'kind' in opening;
}

/** Where to begin or to go on. */
async function open(reading: Reading): Promise<EdrCursor> {
  const { keys, services, task } = reading;
  const { settings } = services;
  const stored = cursorOf(task);
  if (stored !== undefined && stored.isFull !== true) return stored;
  const fresh = firstCursor({ query: queryOf(task.window, settings), read: keys.read() }, settings);
  if (stored === undefined && !countsFirst(reading)) return fresh;
  return firstCursor(await count(reading, stored ?? fresh), settings);
}

/** Cuts a window that holds too much, before its first page; never behind it: its pieces would not know what it has uploaded. */
async function* cutFirst(reading: Reading, cursor: EdrCursor): AsyncGenerator<Progress, Outcome | EdrCursor> {
  const { services, keys } = reading;
  const isBegun = cursor.page > 0 || cursor.read > 0 || keys.allDocuments() > 0;
  if (isBegun || cursor.end !== undefined || (cursor.counted?.greatest ?? 0) <= SPLIT_ABOVE) return cursor;
  const split = yield* splitWindow({ ...reading, settings: services.settings }, cursor);
  const { pieces: _, ...whole } = cursor;
  return split ?? whole;
}

/** Whether a count is worth its call before the first page, because it decides how to cut. */
function countsFirst({ task, known }: Reading): boolean {
  const { run, slice } = task.window;
  return run !== 'live' || slice !== undefined || known.isBusy;
}

async function count(reading: Reading, cursor: EdrCursor): Promise<EdrCursor> {
  return { ...cursor, counted: hearCount(cursor.counted, await reading.count(cursor.query)) };
}

/** Whether what was counted came, so that nobody need ask again. */
function isAgreed({ counted }: EdrCursor, documents: number): boolean {
  return counted?.latest === documents && counted.greatest === documents;
}

function judge(
  { keys, services }: Reading,
  { end = 'stuck', counted }: EdrCursor,
  read: { readonly isRepeated: boolean; readonly isLast: boolean },
): ReturnType<typeof judgeRead> {
  const memory = counted ?? hearCount(undefined, 0);
  return judgeRead({ end, documents: keys.documents(), ...read }, memory, services.clock.now());
}

function complete({ keys, task }: Reading, cursor: EdrCursor): Outcome {
  const { counted } = cursor;
  const documents = keys.documents();
  if (documents > 0 && keys.rows() === 0) task.log.warn('RecordsLeftToNeighbours', { fetched: documents });
  const expected = counted === undefined ? {} : { expected: Math.min(counted.greatest, documents) };
  return { kind: 'complete', last: { cursor: toJson(cursor), ...expected, ...witnessOf(task, cursor, documents) } };
}

function readAgain({ keys, services }: Reading, cursor: EdrCursor): EdrCursor {
  const next = firstCursor({ ...cursor, read: cursor.read + 1 }, services.settings);
  keys.startRead(next.read);
  return next;
}

/** Reads pages from the cursor to the end of the read; or to a first page that is better not read so, because much lies behind it. */
async function* readPages(reading: Reading, start: EdrCursor): AsyncGenerator<Progress, EdrCursor> {
  const { task, keys, known } = reading;
  let cursor = start;
  let isResumed = task.cursor !== undefined && start === cursorOf(task);
  while (cursor.end === undefined) {
    if (cursor.page >= MAX_PAGES) throw new FatalError(`the window does not end after ${MAX_PAGES} pages`);
    let asked = cursor;
    const first = { isFull: false };
    const admits = async ({ records }: EdrPageEnd): Promise<boolean> => {
      if (records < cursor.size || cursor.counted !== undefined) return true;
      learn(reading, cursor, records);
      first.isFull = cursor.page === 0;
      asked = await count(reading, cursor);
      first.isFull = false;
      return isWellRead(reading, asked);
    };
    let page: AskedPage | undefined;
    try {
      page = yield* askForPage({ ...reading, admits }, cursor);
    } catch (error) {
      // A page that is not counted is not booked: the next try begins with the count, so that an outage of that costs no pages.
      if (first.isFull) yield { cursor: toJson({ ...cursor, isFull: true }) };
      throw error;
    }
    if (page === undefined) return firstCursor(asked, reading.services.settings);
    const { end, last, beside, isBlank, after } = page;
    // A page that was partly booked before, or is asked for again, holds what is known: that is no repetition by the vendor.
    const isKnown = isResumed || cursor.isDoubted === true;
    const newRecords = isKnown ? end.records : end.newRecords;
    const facts = {
      records: end.records,
      newRecords,
      isBlank,
      longest: known.longest,
      ...(after === undefined ? {} : { after }),
    };
    let next = nextPage({ ...asked, beside }, facts);
    learn(reading, cursor, end.records);
    if (!isKnown && end.newRecords < end.records) next = { ...next, isRepeated: true };
    if (next.read !== cursor.read) {
      task.log.warn('WindowReadAgain', { fetched: keys.documents(), shortPage: next.size });
      keys.startRead(next.read);
    }
    isResumed = false;
    cursor = next;
    yield { ...last, ...expectedOf(cursor), cursor: toJson(cursor), pageDone: true };
  }
  return cursor;
}

/** Whether a window that was counted behind its first page goes on as it began. */
function isWellRead({ services }: Reading, cursor: EdrCursor): boolean {
  const { mode, size } = firstCursor(cursor, services.settings);
  return (cursor.counted?.greatest ?? 0) <= SPLIT_ABOVE && mode === cursor.mode && size >= cursor.size;
}

function expectedOf({ counted }: EdrCursor): { readonly expected?: number } {
  return counted === undefined ? {} : { expected: counted.greatest };
}

function learn({ known, task }: Reading, { page, size }: EdrCursor, records: number): void {
  known.longest = Math.max(known.longest, records);
  const { run, slice } = task.window;
  if (run === 'live' && slice === undefined && page === 0) known.isBusy = records >= size;
}

/** Asks for a page; one that fails is at fault itself only when its route answers for another time. */
function askForPage(
  reading: Reading & Pick<PageReading, 'admits'>,
  cursor: EdrCursor,
): AsyncGenerator<Progress, AskedPage | undefined> {
  const { services, options, task } = reading;
  const pages = cursor.mode === 'pages' ? EVENT_PAGES : EVENT_CHAIN;
  const { from: to } = task.window;
  const before = windowFilter(services.settings, { from: isoSeconds(Date.parse(to) - PROBE_MS), to });
  const probe = (): Promise<void> => services.edr.probe(pages, before, options);
  return readJudged(services.edr.judge, { route: pages.route, probe }, async function* () {
    const { answer, nextCursor } = await fetchPage(reading, cursor);
    const page = yield* readPage(reading, answer, cursor);
    return page === undefined ? undefined : { ...page, after: nextCursor };
  });
}

/** Smaller pages from the same place on, for one that fails on a route that answers: it may be more than the vendor can bear. */
function smallerPages(cursor: EdrCursor): EdrCursor {
  const { mode, page, size } = cursor;
  if (size === 1) return cursor;
  // The place of a page by number is a multiple of its size.
  let parts = 2;
  if (mode === 'pages' && page > 0) while (parts < size && size % parts !== 0) parts++;
  const most = Math.floor(size / parts);
  return { ...cursor, page: mode === 'pages' ? page * parts : page, size: most, mostEvents: most };
}

async function fetchPage({ services, options: given }: Reading, { mode, query, page, size, after }: EdrCursor) {
  const options = { ...given, isJudged: true };
  if (mode === 'searchAfter') return services.edr.searchAfter({ ...query, pageSize: size }, after, options);
  const answer = await services.edr.events({ ...query, pageNumber: page, pageSize: size }, options);
  return { answer, nextCursor: undefined };
}
