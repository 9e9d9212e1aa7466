import { messageOf, PageFaultError, WaitError } from '../errors.ts';
import type { Progress, WindowTask } from '../pipeline/stream.ts';
import { readJudged } from './read-judged.ts';
import { readList } from './read-list.ts';
import { createIdPageDecoder } from './decode-id-page.ts';
import type { ListChunk, ListEnd } from './decode-list.ts';
import type { IdBounds } from '../qualys/vm/id-ranges.ts';
import {
  besides,
  bookRecords,
  bookUpTo,
  checkListed,
  expectedOf,
  isToBePutOff,
  listIds,
  missingIds,
  moveOn,
  nextBounds,
  nextIdOf,
  putOff,
  sizeOf,
  toJson,
  type IdCursor,
  type IdPages,
  type IdReading,
} from './id-cursor.ts';

/** Time between two reads of a list that holds nothing. */
const EMPTY_MS = 600_000;

/**
 * Reads a list that goes by ids to its end: asks for the ids first, then for pages of as many of them, and checks that these bring every id.
 * A record that breaks its page is found by smaller pages and put off to the end, so that all others are read. A list that holds nothing is
 * read twice.
 * @returns the cursor at the end; its `left` holds the ids that still cannot be read.
 */
export async function* readIdPages<Cursor extends IdCursor>(
  task: WindowTask,
  source: IdPages,
  start: Cursor,
): AsyncGenerator<Progress, Cursor> {
  const reading: IdReading = { task, source, cursor: start, listed: undefined };
  if (start.isRead !== true) {
    reading.listed = await listIds(reading);
    yield { cursor: toJson(start), ...expectedOf(reading) };
    yield* readRest(reading);
  }
  yield* readLeft(reading);
  const { received, left = [] } = reading.cursor;
  yield { cursor: toJson(reading.cursor), expected: received + left.length };
  yield* doubtEmpty(reading);
  return reading.cursor as Cursor;
}

/** Reads page after page to the end of the list. */
async function* readRest(reading: IdReading): AsyncGenerator<Progress, void> {
  let { attempts } = reading.task;
  while (reading.cursor.isRead !== true) {
    const size = sizeOf(reading, attempts);
    if (isToBePutOff(reading, size, attempts)) {
      putOff(reading);
      yield { cursor: toJson(reading.cursor), pageDone: true };
    } else {
      const bounds = nextBounds(reading, size);
      const end = yield* readPage(reading, bounds, size);
      const next = nextIdOf(bounds, end);
      await checkListed(reading, end.ids, next === undefined ? undefined : next - 1n);
      moveOn(reading, end.ids, next, 2 * size);
      yield { cursor: toJson(reading.cursor), fetched: end.ids.length, pageDone: true };
    }
    attempts = 0;
  }
}

/** Tries once more what was put off; what fails again stays `left`. */
async function* readLeft(reading: IdReading): AsyncGenerator<Progress, void> {
  for (const id of reading.cursor.left ?? []) {
    const bounds = { idMin: BigInt(id), idMax: BigInt(id) };
    reading.listed = [{ first: bounds.idMin, last: bounds.idMax }];
    try {
      const end = yield* readPage(reading, bounds, 1);
      await checkListed(reading, end.ids, bounds.idMax);
      bookRecords(reading, end.ids);
      reading.cursor = { ...reading.cursor, left: reading.cursor.left?.filter((other) => other !== id) };
      yield { cursor: toJson(reading.cursor), fetched: end.ids.length, pageDone: true };
    } catch (error) {
      reading.task.signal.throwIfAborted();
      if (!(error instanceof PageFaultError)) throw error;
      reading.task.log.warn('RecordLeft', { id, error: messageOf(error) });
    }
  }
}

/** Reads one page: what it brought behind the cursor's new place is still to be checked and booked. */
function readPage(reading: IdReading, bounds: IdBounds, size: number): AsyncGenerator<Progress, ListEnd> {
  const { judge, route } = reading.source;
  return readJudged(judge, route(besides(reading, bounds)), () => decodePage(reading, bounds, size));
}

async function* decodePage(reading: IdReading, bounds: IdBounds, size: number): AsyncGenerator<Progress, ListEnd> {
  const { source, task } = reading;
  const answer = await source.page(bounds, size);
  /** Ids received that are not booked yet: one before them is missing, or they do not ascend. */
  const held: bigint[] = [];
  const step = (chunk: ListChunk): Progress => book(reading, chunk, held);
  const { chunk, end } = yield* readList(answer, {
    ...{ task, root: source.shape.root, step, documentError: source.documentError },
    decoder: createIdPageDecoder({ ...source, ...bounds, generatedAt: source.now() }),
  });
  if (chunk !== undefined) yield step(chunk);
  if (end.unreadable > 0) task.log.warn('RecordUnreadable', { records: end.unreadable });
  return { ...end, ids: [...held, ...end.ids] };
}

/**
 * Moves the cursor behind a chunk, unless an id that the list names is missing before: what is behind the cursor is never looked at again.
 * Without the list a lower id may still come later on the page, so nothing is booked before its end.
 */
function book(reading: IdReading, chunk: ListChunk, held: bigint[]): Progress {
  const isSure =
    reading.listed !== undefined &&
    held.length === 0 &&
    chunk.lastId !== undefined &&
    missingIds(reading, chunk.ids, chunk.lastId).length === 0;
  if (!isSure) held.push(...chunk.ids);
  else bookUpTo(reading, chunk.ids, chunk.lastId);
  return { chunk, cursor: toJson(reading.cursor), fetched: isSure ? chunk.ids.length : 0 };
}

/**
 * Doubts a list that holds nothing: an answer without records is also what a vendor in trouble gives, and for a snapshot it would say that
 * all hosts are gone. It is believed once it was empty twice, ten minutes apart.
 * @throws WaitError until then.
 */
function* doubtEmpty({ cursor, source, task }: IdReading): Generator<Progress, void> {
  const now = source.now();
  const { emptySince = now.toISOString(), idMin: _, isRead: __, size: ___, ...frozen } = cursor;
  const waitMs = Date.parse(emptySince) + EMPTY_MS - now.getTime();
  if (cursor.received + (cursor.left?.length ?? 0) > 0 || waitMs <= 0) return;
  yield { cursor: toJson({ ...frozen, emptySince }) };
  task.log.warn('ListEmpty', { record: source.shape.record, waitMs });
  throw new WaitError(`Qualys lists no ${source.shape.record}; it is asked once more`, waitMs);
}
