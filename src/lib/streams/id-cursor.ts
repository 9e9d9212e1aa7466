import {
  ConfigError,
  ConnectorError,
  messageOf,
  OutageError,
  PageFaultError,
  RetryableError,
  WaitError,
} from '../errors.ts';
import type { Json, WindowTask } from '../pipeline/stream.ts';
import { toPageFault } from '../qualys/call/note-route.ts';
import { clipIds, countIds, eachId, sliceIds, type IdBounds, type IdRange } from '../qualys/vm/id-ranges.ts';
import type { PageJudge, PageRoute } from '../qualys/call/page-judge.ts';
import type { QualysAnswer } from '../qualys/call/qualys-answer.ts';
import type { ListShape } from '../qualys/vm/lists/record-list-state.ts';
import type { RecordTable } from '../records/record-table.ts';
import type { ListEnd } from './decode-list.ts';

/** A list of the vendor whose records have ids and come in their order. */
export interface IdPages {
  readonly shape: ListShape;
  readonly table: RecordTable;
  /** Records a page. */
  readonly pageSize: number;
  readonly now: () => Date;
  /** The ids that the list holds within the bounds. */
  readonly ids: (bounds: IdBounds) => Promise<IdRange[]>;
  /** The records within the bounds; where there are more than `limit`, the answer may name the next page instead. */
  readonly page: (bounds: IdBounds, limit: number) => Promise<QualysAnswer>;
  /** Tells pages that cannot be read from a route that is out. */
  readonly judge: PageJudge;
  /** The route of the pages, and how it is probed: with a record or a few of those bounds. */
  readonly route: (others: IdBounds) => PageRoute;
  /** The error in a document that came instead of a page. */
  readonly documentError: (text: string, answer: QualysAnswer) => Promise<ConnectorError>;
}

/** Where reading a list stands; a stream adds what it freezes for a window, which stays as it is. */
export interface IdCursor {
  /** Lowest id still to be read; absent at the beginning. */
  readonly idMin?: string;
  /** Records a page after failures; it doubles with each page until it is the usual one. */
  readonly size?: number;
  /** Records received so far, each counted once. */
  readonly received: number;
  /** Ids put off to the end, because they could not be read on their own. */
  readonly left?: readonly string[] | undefined;
  /** Set once the list has been read to its end: only `left` is still to be read. */
  readonly isRead?: boolean;
  /** When the list was first found to hold nothing. */
  readonly emptySince?: string;
}

/** A list while it is read. */
export interface IdReading {
  readonly task: WindowTask;
  readonly source: IdPages;
  cursor: IdCursor;
  /** Ids that the list names and that no page has been checked for; undefined when they cannot be had. */
  listed: readonly IdRange[] | undefined;
}

/** Failures in a row after which pages shrink: one record or one slow stretch must not hold up the others. */
const ATTEMPTS_BEFORE_SHRINKING = 2;
const SHRINK_BY = 8;
/** Failures in a row, the last ones with a single record, after which it is put off to the end. */
const ATTEMPTS_BEFORE_PUTTING_OFF = 6;
/** Ids before a page that may be asked for to see whether the route answers: lists that know no limit give all of them. */
const IDS_BESIDE = 50n;
/** More that cannot be read are not bad records but a bad day of the vendor's: the window fails, visibly. */
const MOST_LEFT = 50;
/** How long a list of ids is waited for that its route does not give. */
const LIST_PATIENCE_MS = 600_000;
/** More ids than any list has: a range that the vendor got wrong. */
const MOST_IDS = 20_000_000;

/** Asks for the ids still to be read; undefined when the vendor does not give them, which is no reason to stop. */
export async function listIds({ cursor: { idMin }, source, task }: IdReading): Promise<IdRange[] | undefined> {
  try {
    const listed = await source.ids(idMin === undefined ? {} : { idMin: BigInt(idMin) });
    if (countIds(listed) <= MOST_IDS) return listed;
    task.log.warn('IdListUnavailable', { error: `the list names ${countIds(listed)} ids` });
  } catch (error) {
    task.signal.throwIfAborted();
    if (error instanceof RetryableError && task.attempts < ATTEMPTS_BEFORE_SHRINKING) throw toPageFault(error);
    if (!(error instanceof ConnectorError) || error instanceof ConfigError || isToWaitFor(error)) throw error;
    task.log.warn('IdListUnavailable', { error: messageOf(error) });
  }
  return undefined;
}

/** A list that has been out for long is done without: its route may be out when that of the pages is not. */
export function isToWaitFor(error: unknown): boolean {
  if (error instanceof OutageError) return error.outMs < LIST_PATIENCE_MS;
  return error instanceof WaitError;
}

/** What the list holds in all, as far as its ids are known. */
export function expectedOf({ cursor: { left = [], received }, listed }: IdReading): { expected?: number } {
  return listed === undefined ? {} : { expected: received + left.length + countIds(listed) };
}

/** Records to ask for next. */
export function sizeOf({ cursor, source }: IdReading, attempts: number): number {
  const size = Math.min(cursor.size ?? source.pageSize, source.pageSize);
  if (attempts < ATTEMPTS_BEFORE_SHRINKING) return size;
  return Math.max(1, Math.floor(size / SHRINK_BY ** (attempts - 1)));
}

/** Bounds of the next page: as many ids as asked for, without an upper edge on the last one, so that what is new is read too. */
export function nextBounds({ cursor, listed }: IdReading, size: number): IdBounds {
  return {
    idMin: cursor.idMin === undefined ? undefined : BigInt(cursor.idMin),
    idMax: listed === undefined ? undefined : sliceIds(listed, size)[0]?.idMax,
  };
}

/** Records to ask for beside a page, listed behind it or within the ids before it, as chance has it: next to a bad one may be another. */
export function besides({ listed }: IdReading, { idMin, idMax }: IdBounds): IdBounds {
  const behind = idMax === undefined ? undefined : clipIds(listed ?? [], { idMin: idMax + 1n })[0]?.first;
  const above = behind === undefined ? undefined : { idMin: behind, idMax: behind };
  const below =
    idMin === undefined || idMin < 2n
      ? undefined
      : { idMin: idMin > IDS_BESIDE ? idMin - IDS_BESIDE : 1n, idMax: idMin - 1n };
  return (Math.random() < 0.5 ? (above ?? below) : (below ?? above)) ?? { idMin: 1n, idMax: 1n };
}

/**
 * Lowest id behind a page; undefined after the last one.
 * @throws PageFaultError when the vendor names a next page that does not lie behind this one: a loop; or behind a page that holds nothing:
 * what was cut off for its length cannot be empty.
 */
export function nextIdOf(bounds: IdBounds, { highestId, nextIdMin, unreadable }: ListEnd): bigint | undefined {
  const isCut = nextIdMin !== undefined && (bounds.idMax === undefined || nextIdMin <= bounds.idMax);
  if (!isCut) return bounds.idMax === undefined ? undefined : bounds.idMax + 1n;
  if (highestId === undefined && unreadable === 0) {
    throw new PageFaultError(`the page holds nothing, although Qualys cut it off before id_min ${nextIdMin}`, {
      scope: 'answer',
    });
  }
  if (nextIdMin <= (highestId ?? bounds.idMin ?? -1n)) {
    throw new PageFaultError(`Qualys names id_min ${nextIdMin} as the next page again: the pages do not move on`, {
      scope: 'answer',
    });
  }
  return nextIdMin;
}

/**
 * Checks that each id which the list names up to `idMax` was received. Those that were not may have gone meanwhile: the list is asked again.
 * @throws PageFaultError for ids that are still listed.
 */
export async function checkListed(
  reading: IdReading,
  received: readonly bigint[],
  idMax: bigint | undefined,
): Promise<void> {
  const { source } = reading;
  const missing = missingIds(reading, received, idMax);
  const [idMin] = missing;
  const last = missing.at(-1);
  if (idMin !== undefined && last !== undefined) {
    const stillListed = new Set(eachId(clipIds(await source.ids({ idMin, idMax: last }), { idMin, idMax: last })));
    const lost = missing.filter((id) => stillListed.has(id));
    if (lost.length > 0) {
      throw new PageFaultError(
        `the page lacks ${lost.length} ${source.shape.record} that Qualys lists for it, the first is ${lost[0] ?? ''}`,
        { scope: 'answer' },
      );
    }
  }
  dropListed(reading, idMax);
}

/** Ids that the list names up to `idMax` and that were not received. */
export function missingIds({ listed }: IdReading, received: readonly bigint[], idMax: bigint | undefined): bigint[] {
  const ids = new Set(received);
  return [...eachId(clipIds(listed ?? [], { idMax }))].filter((id) => !ids.has(id));
}

function dropListed(reading: IdReading, idMax: bigint | undefined): void {
  if (reading.listed === undefined) return;
  reading.listed = idMax === undefined ? [] : clipIds(reading.listed, { idMin: idMax + 1n });
}

/** Moves the cursor behind an id up to which all is received. */
export function bookUpTo(reading: IdReading, received: readonly bigint[], lastId: bigint): void {
  bookRecords(reading, received);
  dropListed(reading, lastId);
  reading.cursor = { ...reading.cursor, idMin: (lastId + 1n).toString() };
}

/** Counts records as received. */
export function bookRecords(reading: IdReading, ids: readonly bigint[]): void {
  reading.cursor = { ...reading.cursor, received: reading.cursor.received + ids.length };
}

/** Moves the cursor behind a page. */
export function moveOn(reading: IdReading, ids: readonly bigint[], next: bigint | undefined, size: number): void {
  bookRecords(reading, ids);
  const { size: _, ...rest } = reading.cursor;
  reading.cursor = {
    ...rest,
    ...(next === undefined ? { isRead: true } : { idMin: next.toString() }),
    ...(size < reading.source.pageSize ? { size } : {}),
  };
}

/** Whether the next record has failed so often on its own that it must not hold up the others. */
export function isToBePutOff({ cursor, listed }: IdReading, size: number, attempts: number): boolean {
  const isAlone = size === 1 && listed !== undefined && listed.length > 0;
  return isAlone && attempts >= ATTEMPTS_BEFORE_PUTTING_OFF && (cursor.left?.length ?? 0) < MOST_LEFT;
}

/** Puts the next record off to the end. */
export function putOff(reading: IdReading): void {
  const { cursor, listed = [], task } = reading;
  const id = listed[0]?.first ?? 0n;
  task.log.warn('RecordPutOff', { id: id.toString(), attempts: task.attempts, error: task.lastError ?? '' });
  reading.listed = clipIds(listed, { idMin: id + 1n });
  const left = [...(cursor.left ?? []), id.toString()];
  reading.cursor = { ...cursor, idMin: (id + 1n).toString(), size: 1, left };
}

/** The cursor as the checkpoint stores it. */
export function toJson(cursor: IdCursor): Json {
  return { ...cursor } as unknown as Json;
}
