import { FatalError, messageOf, PageFaultError } from '../errors.ts';
import type { ArrayHandlers } from '../json/read-array.ts';
import type { Clock } from '../pipeline/ports.ts';
import type { RouteName } from '../pipeline/routes.ts';
import type { Json, Outcome, Progress, WindowTask } from '../pipeline/stream.ts';
import { isoSeconds } from '../pipeline/window.ts';
import type { EdrApi } from '../qualys/edr/edr-api.ts';
import type { VmApi } from '../qualys/vm/vm-api.ts';
import { BrokenTextError, judgeBrokenText, type BrokenText } from './broken-text.ts';
import { followChain, startOver, type ChainCursor, type ChainPage } from './follow-chain.ts';
import { takeExcess } from './held-chunks.ts';
import { keyBytes } from './ledger-key.ts';
import { createPageBook, type BookedChunk, type PageBook, type PageCounts } from './page-book.ts';
import { readJudged } from './read-judged.ts';

/** Where reading a window stands; stored. */
export interface PageCursor extends ChainCursor {
  /** What is asked: the same for all pages of a chain, whatever becomes of the settings meanwhile. */
  readonly filter: string;
  /** Records a page; absent where the list comes whole. */
  readonly size?: number;
  /** Records a page at most, since longer ones failed on a route that answers; holds for a chain that starts over, too. */
  readonly most?: number;
  /** Failures in a row when the chain was broken off: smaller pages lead out of no circle. */
  readonly brokenOff?: number;
  /** What the next page was refused for. */
  readonly broken?: BrokenText;
}

/** What a page is read with. */
export interface PageOptions {
  /** Stands for the time of records that tell none. */
  readonly generatedAt: Date;
  /** Records asked for; Infinity where the list comes whole. */
  readonly size: number;
  /** What the stream had to know of the pages before. */
  readonly carry?: Json | undefined;
  /** Told of each record whose text is broken, before it is repaired; throws to refuse the page. */
  readonly onBroken: ArrayHandlers['broken'];
}

/** Reads the bytes of one page into its book. */
export interface PageDecoder {
  /** @throws RetryableError for what is no well-formed page, never a short one. */
  readonly write: (bytes: Uint8Array) => void;
  /**
   * Tells what follows, and how many characters were replaced or escaped.
   * @throws RetryableError when the page is cut off.
   */
  readonly end: () => Omit<ChainPage, 'records' | 'fresh'> & { readonly characters?: number };
}

/** An answer whose body is a page, and who reads it. */
export interface PageAnswer {
  readonly body: AsyncIterable<Uint8Array>;
  readonly cancel: () => void;
  readonly decode: (book: PageBook, options: PageOptions) => PageDecoder;
}

/** What a stream tells of a feed that is asked for by time, and whose pages each name the next one, or that comes whole. */
export interface PageChain {
  readonly api: EdrApi | VmApi;
  readonly clock: Clock;
  readonly route: RouteName;
  /** Path of its calls, for messages. */
  readonly path: string;
  /** Records a page; absent for a list that comes whole: nothing of it is halved, and a tenth of what came may be of another time. */
  readonly size?: number;
  /** What selects the records of a half-open span of time, in ISO seconds. The start is already widened, so not by `queryWithin`. */
  readonly filter: (span: { readonly from: string; readonly to: string }) => string;
  /** Asks for a page: the first one without `after`. Its call is to be made with `isJudged`. */
  readonly fetch: (query: { readonly filter: string; readonly size: number }, after?: string) => Promise<PageAnswer>;
  /** Asks for one record, to see whether the route answers; absent: by `fetch`. */
  readonly probe?: (filter: string) => Promise<void>;
  /** What its records are called in messages, and what an operator may check where they are of another time. */
  readonly records: string;
  readonly advice: string;
}

interface Reading {
  readonly task: WindowTask;
  readonly source: PageChain;
  /** Keys of the records received so far, those left to the windows beside included. */
  readonly known: Set<string>;
  /** Records of this window received so far. */
  fetched: number;
  /** Failures in a row of the window's pages. */
  failures: number;
}

type PageSizes = Pick<PageCursor, 'size' | 'most' | 'brokenOff'>;
type PageEnd = PageCounts & ChainPage & { readonly keys: readonly string[] };

/** Records that may lie outside, as a part of a full page. */
const MAX_OUTSIDE = 0.1;
/** Documents that a record may come in, at the most, while a chain repeats what is known. */
const MOST_COPIES = 4;
/** A time filter may leave out its bounds, and see whole seconds only. */
const EARLY_MS = 1000;
/** Failures in a row of a page, on a route that answers, after which smaller ones are asked for. */
const ATTEMPTS_BEFORE_HALVING = 2;
/** Time before a window of which one record is asked for, to see whether the route answers: another record's page. */
const PROBE_MS = 86_400_000;

/**
 * Reads a window page by page, each of which names the next one. Where the vendor counts nothing, a window is complete when its chain of
 * pages is proven to have ended. A chain that leads nowhere, or whose cursor is refused, starts over; what was uploaded is not uploaded again.
 */
export async function* readPageChain(task: WindowTask, source: PageChain): AsyncGenerator<Progress, Outcome> {
  const { api, fetch, route, probe = async (filter: string) => (await fetch({ filter, size: 1 })).cancel() } = source;
  const known = await task.ledger('uploaded');
  const reading: Reading = { task, source, known, fetched: task.counts.fetched, failures: task.attempts };
  const { from } = task.window;
  const other = source.filter({ from: isoSeconds(Date.parse(from) - PROBE_MS), to: from });
  let cursor = startOf(reading, task.cursor as unknown as PageCursor | undefined);
  const { brokenOff = 0, size } = cursor;
  if (reading.failures - brokenOff >= ATTEMPTS_BEFORE_HALVING && size !== undefined && size > 1) {
    cursor = smallerPages(cursor, size);
    yield { cursor: toJson(cursor) };
  }
  for (;;) {
    const end = yield* readJudged(api.judge, { route, probe: () => probe(other) }, () => readPage(reading, cursor));
    const { broken: _, brokenOff: __, ...chain } = cursor;
    const step = followChain(chain, end);
    if (step.kind === 'broken') throw yield* breakOff(reading, cursor, step.reason);
    // A page of nothing but known records is no progress: while a chain starts over its failures must go on being counted.
    const pageDone = end.fresh > 0 || end.records === 0;
    if (pageDone) reading.failures = 0;
    const asked = { filter: chain.filter, ...sizesOf(pageDone ? chain : cursor) };
    cursor = step.kind === 'page' ? { ...step.next, ...asked } : chain;
    yield { cursor: toJson(cursor), pageDone, ledger: ledgerOf(reading, end.keys) };
    if (step.kind === 'end') break;
  }
  if (reading.fetched === 0 && known.size > 0) task.log.warn('RecordsLeftToNeighbours', { fetched: known.size });
  return { kind: 'complete' };
}

/**
 * At the first page of a chain the settings count: they may have been repaired. Where nothing is stored although records are known, as after
 * an operator's retry, it is not known either how many documents they came in.
 */
function startOf({ known, source, task }: Reading, stored: PageCursor | undefined): PageCursor {
  if (stored?.after !== undefined || stored?.proof !== undefined) return stored;
  const from = isoSeconds(Date.parse(task.window.from) - EARLY_MS);
  const size = source.size === undefined ? undefined : Math.min(source.size, stored?.most ?? Infinity);
  return {
    ...startOver(stored ?? { page: 0, reach: MOST_COPIES * known.size }),
    ...(stored?.broken === undefined ? {} : { broken: stored.broken }),
    filter: source.filter({ from, to: task.window.to }),
    ...sizesOf({ ...stored, size }),
  };
}

/** Smaller pages from the same place on: one that fails on a route that answers may be more than the vendor, or this process, can bear. */
function smallerPages(cursor: PageCursor, size: number): PageCursor {
  const most = Math.floor(size / 2);
  const { proof = 0 } = cursor;
  return { ...cursor, size: most, most, ...(proof > most ? { proof: most } : {}) };
}

function sizesOf({ brokenOff, most, size }: Partial<Record<keyof PageSizes, number | undefined>>): PageSizes {
  return {
    ...(size === undefined ? {} : { size }),
    ...(most === undefined ? {} : { most }),
    ...(brokenOff === undefined ? {} : { brokenOff }),
  };
}

/** Lets the next try read the chain from its beginning. */
function* breakOff(
  { failures }: Pick<Reading, 'failures'>,
  cursor: PageCursor,
  reason: string,
): Generator<Progress, PageFaultError> {
  const asked = { filter: cursor.filter, ...sizesOf({ ...cursor, brokenOff: failures + 1 }) };
  yield { cursor: toJson({ ...asked, ...startOver(cursor) }) };
  return new PageFaultError(`${reason}; the pages are read from the first one again`, { scope: 'answer' });
}

async function* readPage(reading: Reading, cursor: PageCursor): AsyncGenerator<Progress, PageEnd> {
  const answer = yield* ask(reading, cursor);
  try {
    return yield* decode(reading, answer, cursor);
  } catch (error) {
    if (error instanceof BrokenTextError) yield { cursor: toJson({ ...cursor, broken: error.broken }) };
    throw error;
  } finally {
    answer.cancel();
  }
}

async function* ask({ failures, source }: Reading, cursor: PageCursor): AsyncGenerator<Progress, PageAnswer> {
  const { after, filter } = cursor;
  try {
    return await source.fetch({ filter, size: askedOf(cursor) }, after);
  } catch (error) {
    if (after === undefined || !(error instanceof FatalError)) throw error;
    throw yield* breakOff({ failures }, cursor, `Qualys refuses a page behind the first: ${messageOf(error)}`);
  }
}

async function* decode(reading: Reading, answer: PageAnswer, cursor: PageCursor): AsyncGenerator<Progress, PageEnd> {
  const { known, source, task } = reading;
  const book = createPageBook(task.window, (key) => known.has(key));
  const now = source.clock.now();
  const onBroken = judgeBrokenText({ api: source.api, route: source.path, now, before: cursor.broken });
  const options = { generatedAt: now, size: askedOf(cursor), carry: cursor.carry, onBroken };
  const decoder = answer.decode(book, options);
  const toProgress = (chunk: BookedChunk): Progress => {
    reading.fetched += chunk.uploaded;
    const { keys, outside, repaired, uploaded } = chunk;
    const ledger = ledgerOf(reading, keys);
    return { chunk, cursor: toJson(cursor), fetched: uploaded, repaired, outside, ledger };
  };
  const held: BookedChunk[] = [];
  for await (const bytes of answer.body) {
    decoder.write(bytes);
    checkOutside(reading, book.counts, cursor.size ?? Infinity);
    held.push(...book.chunks());
    yield* takeExcess(held).map(toProgress);
  }
  const { characters, ...next } = decoder.end();
  checkOutside(reading, book.counts, cursor.size ?? book.counts.records);
  const { chunks, keys } = book.end();
  yield* [...held, ...chunks].map(toProgress);
  const { outside, repaired, unreadable } = book.counts;
  if (unreadable > 0) task.log.warn('RecordUnreadable', { records: unreadable });
  if (outside > 0) task.log.warn('RecordsOutside', { records: outside });
  if (repaired > 0) task.log.warn('RecordsRepaired', { records: repaired, characters });
  return { ...book.counts, ...next, keys };
}

/** Records that the next page is asked for. */
function askedOf({ proof = 0, size = Infinity }: PageCursor): number {
  return proof > 0 ? proof : size;
}

/**
 * @param size records of a full page, or of all that came.
 * @throws FatalError where more than a tenth of them is of another time, before any of the page is given.
 */
function checkOutside({ source: { advice, records }, task }: Reading, { outside }: PageCounts, size: number): void {
  if (task.acceptsOutside === true || outside <= size * MAX_OUTSIDE) return;
  throw new FatalError(
    `Qualys ignores the time filter: ${outside} ${records} of a page of ${size} are of another time${advice}, or retry the window taking it as it is`,
  );
}

function ledgerOf({ known }: Reading, keys: readonly string[]): NonNullable<Progress['ledger']> {
  for (const key of keys) known.add(key);
  return keys.length === 0 ? {} : { uploaded: keyBytes(keys) };
}

function toJson(cursor: PageCursor): Json {
  return { ...cursor } as unknown as Json;
}
