import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  ConfigError,
  FatalError,
  OutageError,
  PageFaultError,
  RetryableError,
  WaitError,
} from '../../../src/lib/errors.ts';
import type { IdRange } from '../../../src/lib/qualys/vm/id-ranges.ts';
import * as idCursor from '../../../src/lib/streams/id-cursor.ts';
import type { IdBounds } from '../../../src/lib/qualys/vm/id-ranges.ts';
import type { IdCursor, IdReading } from '../../../src/lib/streams/id-cursor.ts';
import { keptLog } from '../../support/pipeline.ts';

/** A list that is being read, 100 records a page. */
function reading(
  cursor: Partial<IdCursor> = {},
  listed?: IdRange[],
  {
    ids = () => Promise.resolve([] as IdRange[]),
    attempts = 0,
  }: { ids?: (bounds: IdBounds) => Promise<IdRange[]>; attempts?: number } = {},
): IdReading {
  const { log } = keptLog();
  const task = { attempts, log, signal: new AbortController().signal };
  const source = { ids, pageSize: 100, shape: { record: 'hosts' } };
  return { cursor: { received: 0, ...cursor }, listed, source, task } as unknown as IdReading;
}

const one = (first: bigint, last = first): IdRange[] => [{ first, last }];
const end = (changes: object) => ({ unreadable: 0, ...changes }) as Parameters<typeof idCursor.nextIdOf>[1];

afterEach(() => void vi.restoreAllMocks());

describe('the list of ids', () => {
  test('is asked for from where reading stands', async () => {
    const asked: IdBounds[] = [];
    const ids = (bounds: IdBounds): Promise<IdRange[]> => Promise.resolve((asked.push(bounds), one(7n)));
    expect(await idCursor.listIds(reading({}, undefined, { ids }))).toEqual(one(7n));
    await idCursor.listIds(reading({ idMin: '5' }, undefined, { ids }));
    expect(asked).toEqual([{}, { idMin: 5n }]);
  });

  test('is done without where it names more ids than any list has', async () => {
    const listing = (count: bigint) => reading({}, undefined, { ids: () => Promise.resolve(one(1n, count)) });
    expect(await idCursor.listIds(listing(20_000_000n))).toBeDefined();
    expect(await idCursor.listIds(listing(20_000_001n))).toBeUndefined();
  });

  const failing = (error: Error, attempts = 0) =>
    idCursor.listIds(reading({}, undefined, { ids: () => Promise.reject(error), attempts }));

  test('that fails is asked for once more, then done without', async () => {
    const error = new RetryableError('HTTP 500', { scope: 'answer' });
    await expect(failing(error, 1)).rejects.toBeInstanceOf(PageFaultError);
    expect(await failing(error, 2)).toBeUndefined();
    expect(await failing(new FatalError('HTTP 404'))).toBeUndefined();
  });

  test('is waited for while its route is out for less than ten minutes, or the vendor asks to wait', async () => {
    await expect(failing(new OutageError('out', 1, { outMs: 599_999 }), 9)).rejects.toThrow('out');
    expect(await failing(new OutageError('out', 1, { outMs: 600_000 }), 9)).toBeUndefined();
    await expect(failing(new WaitError('1965', 1), 9)).rejects.toThrow('1965');
  });

  test('is not done without for faults of settings or of our own', async () => {
    await expect(failing(new ConfigError('no such user', { repair: 'account' }), 9)).rejects.toThrow('no such user');
    await expect(failing(new TypeError('ours'), 9)).rejects.toThrow('ours');
  });

  test('of a worker that was stopped is nobody’s', async () => {
    const stopped = reading({}, undefined, { ids: () => Promise.reject(new FatalError('x')) });
    Object.assign(stopped.task, { signal: AbortSignal.abort(new Error('claim lost')) });
    await expect(idCursor.listIds(stopped)).rejects.toThrow('claim lost');
  });
});

test('what is expected is what was received, what was put off and what is listed, where that is known', () => {
  expect(idCursor.expectedOf(reading({ received: 3, left: ['1', '2'] }, one(10n, 14n)))).toEqual({ expected: 10 });
  expect(idCursor.expectedOf(reading({ received: 3 }, []))).toEqual({ expected: 3 });
  expect(idCursor.expectedOf(reading({ received: 3 }))).toEqual({});
});

describe('a page', () => {
  test('is as large as set, an eighth after each failure from the second on, and one record at least', () => {
    const size = (attempts: number, cursor = {}): number => idCursor.sizeOf(reading(cursor), attempts);
    expect([0, 1, 2, 3, 4].map((attempts) => size(attempts))).toEqual([100, 100, 12, 1, 1]);
    expect([size(0, { size: 40 }), size(0, { size: 400 }), size(2, { size: 40 })]).toEqual([40, 100, 5]);
  });

  test('reaches up to the ids that are listed for it, open behind the last and where nothing is listed', () => {
    const next = (cursor: Partial<IdCursor>, listed?: IdRange[]): IdBounds =>
      idCursor.nextBounds(reading(cursor, listed), 2);
    expect(next({}, one(5n, 8n))).toEqual({ idMax: 6n });
    expect(next({ idMin: '7' }, one(7n, 8n))).toEqual({ idMin: 7n });
    expect(next({ idMin: '7' })).toEqual({ idMin: 7n });
    expect(next({})).toEqual({});
  });

  test('has a record beside it that tells whether its route answers: behind it or before it', () => {
    const beside = (bounds: IdBounds, chance: number, listed?: IdRange[]): IdBounds => {
      vi.spyOn(Math, 'random').mockReturnValue(chance);
      return idCursor.besides(reading({}, listed), bounds);
    };
    const listed = [...one(60n, 70n), ...one(90n, 95n)];
    const bounds = { idMin: 60n, idMax: 70n };
    expect(beside(bounds, 0.49, listed)).toEqual({ idMin: 90n, idMax: 90n });
    expect(beside(bounds, 0.5, listed)).toEqual({ idMin: 10n, idMax: 59n });
    expect(beside({ idMin: 60n, idMax: 64n }, 0, listed)).toEqual({ idMin: 65n, idMax: 65n });
    expect(beside({ idMin: 51n, idMax: 99n }, 0, listed)).toEqual({ idMin: 1n, idMax: 50n });
    expect(beside({ idMin: 50n }, 0, listed)).toEqual({ idMin: 1n, idMax: 49n });
    expect(beside({ idMin: 2n }, 0)).toEqual({ idMin: 1n, idMax: 1n });
    expect(beside({ idMin: 1n, idMax: 70n }, 0.9, listed)).toEqual({ idMin: 90n, idMax: 90n });
    expect(beside({ idMin: 1n }, 0.9)).toEqual({ idMin: 1n, idMax: 1n });
    expect(beside({}, 0.1)).toEqual({ idMin: 1n, idMax: 1n });
    expect(beside({ idMax: 5n }, 0.1)).toEqual({ idMin: 1n, idMax: 1n });
  });
});

describe('the next page', () => {
  test('begins behind the bounds of a whole one, or where the vendor has cut it', () => {
    expect(idCursor.nextIdOf({ idMax: 9n }, end({ highestId: 9n }))).toBe(10n);
    expect(idCursor.nextIdOf({}, end({ highestId: 9n }))).toBeUndefined();
    expect(idCursor.nextIdOf({}, end({ highestId: 9n, nextIdMin: 10n }))).toBe(10n);
    expect(idCursor.nextIdOf({ idMax: 10n }, end({ highestId: 9n, nextIdMin: 10n }))).toBe(10n);
    // What the vendor names behind the bounds was not asked for.
    expect(idCursor.nextIdOf({ idMax: 9n }, end({ highestId: 9n, nextIdMin: 30n }))).toBe(10n);
  });

  test('that does not lie behind this one is a fault, and so is one behind nothing', () => {
    const next = (bounds: IdBounds, of: object) => () => idCursor.nextIdOf(bounds, end(of));
    expect(next({}, { highestId: 9n, nextIdMin: 9n })).toThrow(/pages do not move on/);
    expect(next({ idMin: 5n }, { nextIdMin: 5n, unreadable: 1 })).toThrow(/pages do not move on/);
    expect(next({ idMin: 5n }, { nextIdMin: 6n })).toThrow(/holds nothing/);
    expect(next({ idMin: 5n }, { nextIdMin: 6n })).toThrow(expect.objectContaining({ scope: 'answer' }));
    expect(next({}, { highestId: 9n, nextIdMin: 9n })).toThrow(expect.objectContaining({ scope: 'answer' }));
    expect(idCursor.nextIdOf({ idMin: 5n }, end({ nextIdMin: 6n, unreadable: 1 }))).toBe(6n);
    expect(idCursor.nextIdOf({}, end({ nextIdMin: 0n, unreadable: 1 }))).toBe(0n);
  });
});

describe('ids that a page lacks', () => {
  test('are a fault while the list still names them, and gone where it does not', async () => {
    const asked: IdBounds[] = [];
    const listing = (still: IdRange[]) => (bounds: IdBounds) => Promise.resolve((asked.push(bounds), still));
    const lacking = reading({}, one(1n, 9n), { ids: listing(one(3n)) });
    const check = idCursor.checkListed(lacking, [1n, 2n], 4n);
    await expect(check).rejects.toThrow('the page lacks 1 hosts that Qualys lists for it, the first is 3');
    await expect(check).rejects.toMatchObject({ name: 'PageFaultError', scope: 'answer' });
    expect(asked).toEqual([{ idMin: 3n, idMax: 4n }]);
    const gone = reading({}, one(1n, 9n), { ids: listing(one(1n, 2n)) });
    await idCursor.checkListed(gone, [1n, 2n], 4n);
    expect(gone.listed).toEqual(one(5n, 9n));
  });

  test('are not asked for where none is, and none is left behind the last page', async () => {
    const ids = () => Promise.reject(new Error('asked'));
    const whole = reading({}, one(1n, 2n), { ids });
    await idCursor.checkListed(whole, [1n, 2n], undefined);
    expect(whole.listed).toEqual([]);
    const unknown = reading({}, undefined, { ids });
    await idCursor.checkListed(unknown, [], 5n);
    expect(unknown.listed).toBeUndefined();
    expect(idCursor.missingIds(unknown, [], 5n)).toEqual([]);
  });
});

describe('the cursor', () => {
  test('moves behind what was received, and counts it', () => {
    const of = reading({ received: 2, idMin: '1', emptySince: 'x' }, one(1n, 9n));
    idCursor.bookUpTo(of, [1n, 2n], 4n);
    expect(of.cursor).toEqual({ received: 4, idMin: '5', emptySince: 'x' });
    expect(of.listed).toEqual(one(5n, 9n));
  });

  test('moves on to the next page, or ends; a size that failures have made smaller is kept', () => {
    const moved = (next: bigint | undefined, size: number): IdCursor => {
      const of = reading({ received: 1, idMin: '1', size: 5 });
      idCursor.moveOn(of, [1n], next, size);
      return of.cursor;
    };
    expect(moved(8n, 100)).toEqual({ received: 2, idMin: '8' });
    expect(moved(8n, 99)).toEqual({ received: 2, idMin: '8', size: 99 });
    expect(moved(undefined, 100)).toEqual({ received: 2, idMin: '1', isRead: true });
  });

  test('puts the next record off and goes on behind it, one by one', () => {
    const of = reading({ left: ['2'] }, one(3n, 9n));
    idCursor.putOff(of);
    expect(of.cursor).toEqual({ received: 0, idMin: '4', size: 1, left: ['2', '3'] });
    expect(of.listed).toEqual(one(4n, 9n));
    expect(idCursor.toJson(of.cursor)).toEqual(of.cursor);
  });
});

test('records that cannot be read are put off one by one, but not without end: then it is the vendor, and the window fails', () => {
  const after = (left: number, size = 1, attempts = 6, listed: IdRange[] | undefined = one(1000n)): boolean =>
    idCursor.isToBePutOff(
      reading({ left: Array.from({ length: left }, (_, at) => String(at + 1)) }, listed),
      size,
      attempts,
    );
  expect(after(0, 1, 5)).toBe(false);
  expect([after(0), after(49), after(50)]).toEqual([true, true, false]);
  expect([after(0, 2), after(0, 1, 6, [])]).toEqual([false, false]);
  expect(idCursor.isToBePutOff(reading({}, one(1n)), 1, 6)).toBe(true);
  expect(idCursor.isToBePutOff(reading({}), 1, 6)).toBe(false);
});
