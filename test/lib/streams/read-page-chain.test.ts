import { describe, expect, test } from 'vitest';
import type { Progress, WindowTask } from '../../../src/lib/pipeline/stream.ts';
import type { PageBook } from '../../../src/lib/streams/page-book.ts';
import { readPageChain, type PageChain } from '../../../src/lib/streams/read-page-chain.ts';
import { keptLog } from '../../support/pipeline.ts';

const WINDOW = { from: '2026-03-01T10:00:00Z', to: '2026-03-01T11:00:00Z', run: 'live' };
const INSIDE = Date.parse('2026-03-01T10:30:00Z');
const OUTSIDE = Date.parse('2026-03-01T12:00:00Z');

const ROW = { key: '', part: 1, text: [Buffer.from('{}')], piece: Buffer.from('{}') };

/** Reads a list that comes whole, whose records have these times, a byte each. */
async function readWhole(times: readonly number[], changes: Partial<WindowTask> = {}) {
  const task = {
    window: WINDOW,
    counts: { fetched: 0 },
    attempts: 0,
    ledger: () => Promise.resolve(new Set<string>()),
    log: keptLog().log,
    ...changes,
  } as unknown as WindowTask;
  const sizes: number[] = [];
  const source = {
    api: {
      judge: {
        enter: () => Promise.resolve(),
        answered: () => Promise.resolve(),
        faultOf: (_: unknown, __: unknown, error: unknown) => Promise.resolve(error),
      },
    },
    clock: { now: () => new Date(OUTSIDE) },
    route: 'vm/scans',
    path: '/fo/scan/',
    filter: ({ from, to }: { from: string; to: string }) => `${from}/${to}`,
    fetch: ({ size }: { size: number }) => {
      sizes.push(size);
      return Promise.resolve({
        body: times.map(() => Buffer.from('r')),
        cancel: () => undefined,
        decode: (book: PageBook) => {
          let at = 0;
          return {
            write: () => {
              const record = { digest: String(at).padStart(32, '0'), isUnreadable: false, isRepaired: false };
              book.take({ ...record, time: times[at++]! }, () => [ROW]);
            },
            end: () => ({ isLast: true }),
          };
        },
      });
    },
    records: 'scans',
    advice: '',
  } as unknown as PageChain;
  const steps: Progress[] = [];
  try {
    for await (const step of readPageChain(task, source)) steps.push(step);
  } catch (error) {
    return { error, sizes, steps };
  }
  return { error: undefined, sizes, steps };
}

describe('a list that comes whole', () => {
  test('is asked for as a whole however often it failed, and stores no size', async () => {
    const { error, sizes, steps } = await readWhole([INSIDE], { attempts: 9 });
    expect([error, sizes]).toEqual([undefined, [Infinity]]);
    expect(steps.map(({ fetched }) => fetched)).toEqual([1, undefined]);
    expect(steps.map(({ cursor }) => Object.keys(cursor as object)).flat()).not.toContain('size');
  });

  test.each([
    [1, 10, true],
    [2, 19, false],
    [2, 20, true],
  ])('with %i of %i records of another time is given: %j', async (outside, all, isGiven) => {
    // Those of another time come first: what follows them tells how many they are among.
    const times = Array.from({ length: all }, (_, at) => (at < outside ? OUTSIDE : INSIDE));
    const { error, steps } = await readWhole(times);
    expect(steps.some(({ chunk }) => chunk !== undefined)).toBe(isGiven);
    if (isGiven) expect(error).toBeUndefined();
    else {
      const message = `${outside} scans of a page of ${all} are of another time`;
      expect(error).toMatchObject({ name: 'FatalError', message: expect.stringContaining(message) as string });
    }
  });
});
