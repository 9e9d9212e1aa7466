import { ConfigError, ConnectorError, messageOf, PageFaultError } from '../../errors.ts';
import { isLook } from '../../pipeline/look-back.ts';
import type { Outcome, Progress, WindowTask } from '../../pipeline/stream.ts';
import { isAccountCode } from '../../qualys/refusals/classify-answer.ts';
import { clipIds, countIds, type IdRange } from '../../qualys/vm/id-ranges.ts';
import { detectionFilters } from '../../qualys/vm/vm-parameters.ts';
import { callOptionsOf } from '../call-options.ts';
import { isToWaitFor } from '../id-cursor.ts';
import type { StreamServices } from '../stream-definition.ts';
import { askAgain, doubtEmpty } from './ask-again.ts';
import type { VmPageEnd } from './vm-page.ts';
import { isPlausible, lowestOf, missingIds, openBook, passHosts, withBook } from './host-book.ts';
import { openMemory } from './memory/host-memory.ts';
import { lookBack, witnessOf } from './look-back.ts';
import { readPage, routeOf } from './read-page.ts';
import { fanOut, halve } from './slice-hosts.ts';
import { isBeyond, rangeLeft, rangeOf, selectionOf, toJson, type Reading, type VmCursor } from './vm-cursor.ts';

/** Failures in a row after which a slice is halved: one host or one slow stretch must not hold up the others. */
const ATTEMPTS_BEFORE_HALVING = 2;

/**
 * Reads a window of host detections: pages in the order of host ids, each naming the next by `id_min`. The ids are listed first: a window
 * with more than one page is cut into slices of host ids that are read side by side, and what is listed and does not come is asked for
 * again. What keeps failing is halved, down to a single host.
 */
export async function* readVmWindow(task: WindowTask, services: StreamServices): AsyncGenerator<Progress, Outcome> {
  if (isLook(task.window)) return yield* lookBack(task, services);
  const outcome = yield* readHostsOf(task, services);
  if (outcome.kind !== 'complete') return outcome;
  const last = outcome.last ?? { cursor: task.cursor ?? null };
  return { kind: 'complete', last: { ...last, ...(await witnessOf(task, last)) } };
}

async function* readHostsOf(task: WindowTask, services: StreamServices): AsyncGenerator<Progress, Outcome> {
  let cursor = (task.cursor ?? { filters: detectionFilters(services.settings) }) as unknown as VmCursor;
  const range = rangeOf(task.window.slice);
  const reading: Reading = {
    task,
    services,
    range,
    options: callOptionsOf(task),
    book: openBook(cursor, task.counts.fetched),
    memory: await openMemory(task, services, cursor),
  };
  // While the pages cannot be had, nothing else is asked for.
  await services.vm.judge.enter(routeOf(reading, cursor));
  const ids = await idsLeft(reading, cursor);
  const cut = cutOf(reading, ids, cursor);
  if (cut !== undefined) return cut;
  if (ids !== undefined && isPlausible(ids)) {
    reading.book.listed = cursor.isRead === true ? [] : ids;
    if (task.counts.listed === undefined) {
      cursor = withBook(cursor, reading.book) ?? cursor;
      yield { cursor: toJson(cursor), listed: task.counts.fetched + countIds(ids) };
    }
  }
  while (cursor.isRead !== true) {
    const { end, position, told } = yield* readPage(reading, cursor);
    const next = nextCursor(reading, cursor, position, end);
    const stored = withBook(next, reading.book);
    const last = { ...told, cursor: toJson(stored ?? cursor), pageDone: true };
    if (next.isRead === true && reading.book.missing.size === 0) return { kind: 'complete', last };
    yield last;
    // More is missing than a cursor holds: it is asked for before anything is stored behind this page.
    if (stored === undefined) yield yield* askAgain(reading, cursor);
    cursor = next;
  }
  const missing = missingIds(reading.book);
  if (missing.length === 0) return { kind: 'complete' };
  const last = yield* askAgain(reading, cursor);
  yield* doubtEmpty(reading, cursor, missing);
  return { kind: 'complete', last };
}

/**
 * The ids that are still to be read, as the cursor holds them or as the vendor lists them; undefined when it does not give them, which is no
 * reason to stop.
 * @throws ConfigError for a refused login: a second one in a row would bring the account nearer to being locked.
 */
async function idsLeft(reading: Reading, cursor: VmCursor): Promise<readonly IdRange[] | undefined> {
  const { book, options, services, task } = reading;
  if (cursor.isRead === true) return missingIds(book);
  if (book.listed !== undefined) return book.listed;
  const range = rangeLeft(reading, cursor);
  try {
    const ids = await services.vm.hostIds(selectionOf(task, range), options);
    // What the vendor lists beyond the range would be cut into slices that overlap others, or that are the window itself.
    return clipIds(ids, range);
  } catch (error) {
    task.signal.throwIfAborted();
    if (isToWaitFor(error) || !(error instanceof ConnectorError) || isRefusedLogin(error)) throw error;
    task.log.warn('HostIdsUnavailable', { error: messageOf(error) });
    return undefined;
  }
}

/** Whether the account itself is refused; a bare 403 may say no more than that it has no right to this list. */
function isRefusedLogin(error: ConnectorError): boolean {
  if (!(error instanceof ConfigError)) return false;
  const { status, code = '' } = error.fault;
  return status !== 403 || isAccountCode(code);
}

/** Cuts a window that is new and large, or that keeps failing. */
function cutOf(reading: Reading, ids: readonly IdRange[] | undefined, cursor: VmCursor): Outcome | undefined {
  const { attempts, cursor: stored, window } = reading.task;
  if (ids === undefined) return undefined;
  if (attempts >= ATTEMPTS_BEFORE_HALVING) return halve(reading, ids, cursor);
  return window.slice === undefined && stored === undefined ? fanOut(reading, ids, cursor) : undefined;
}

/** The cursor behind a page: that of the next one, or of the end. */
function nextCursor(reading: Reading, cursor: VmCursor, position: VmCursor, { nextIdMin }: VmPageEnd): VmCursor {
  const { book } = reading;
  const { resume: _, ...kept } = position;
  const left = rangeLeft(reading, cursor);
  if (nextIdMin === undefined || isBeyond(nextIdMin, left)) {
    passHosts(book);
    return { ...kept, isRead: true };
  }
  if (nextIdMin <= (left.idMin ?? lowestOf(book) ?? -1n)) {
    throw new PageFaultError(`Qualys names id_min ${nextIdMin} as the next page again: the pages do not move on`, {
      scope: 'answer',
    });
  }
  passHosts(book, nextIdMin - 1n);
  return { ...kept, idMin: nextIdMin.toString() };
}
