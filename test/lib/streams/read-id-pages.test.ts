import { describe, expect, test } from 'vitest';
import { FatalError, PageFaultError } from '../../../src/lib/errors.ts';
import type { Progress, WindowTask } from '../../../src/lib/pipeline/stream.ts';
import type { IdBounds } from '../../../src/lib/qualys/vm/id-ranges.ts';
import type { IdCursor, IdPages } from '../../../src/lib/streams/id-cursor.ts';
import { readIdPages } from '../../../src/lib/streams/read-id-pages.ts';
import { keptLog } from '../../support/pipeline.ts';

const NOW = '2026-05-01T12:00:00.000Z';

/** Reads on from a cursor; each page fails with this error. */
async function readOn(start: IdCursor, error: Error = new PageFaultError('broken', { scope: 'answer' })) {
  const { log, events } = keptLog();
  const asked: (IdBounds | 'list')[] = [];
  const task = { attempts: 0, log, signal: new AbortController().signal } as unknown as WindowTask;
  const source = {
    shape: { record: 'hosts' },
    pageSize: 100,
    now: () => new Date(NOW),
    ids: () => Promise.resolve((asked.push('list'), [])),
    page: (bounds: IdBounds) => (asked.push(bounds), Promise.reject(error)),
    judge: {
      enter: () => Promise.resolve(),
      faultOf: (_: unknown, __: unknown, fault: Error) => Promise.resolve(fault),
    },
    route: () => 'vm/hosts',
  } as unknown as IdPages;
  const steps: Progress[] = [];
  const read = readIdPages(task, source, start);
  for (;;) {
    const { done, value } = await read.next().catch((thrown: unknown) => ({ done: true as const, value: thrown }));
    if (done === true) return { end: value as IdCursor | Error, steps, asked, events };
    steps.push(value);
  }
}

describe('a list that was read to its end', () => {
  test('is not asked for again: only what was put off is, one by one', async () => {
    const { asked, end, events, steps } = await readOn({ received: 3, left: ['7', '9'], isRead: true });
    expect(asked).toEqual([
      { idMin: 7n, idMax: 7n },
      { idMin: 9n, idMax: 9n },
    ]);
    expect(end).toMatchObject({ received: 3, left: ['7', '9'] });
    expect(steps).toEqual([{ cursor: end, expected: 5 }]);
    expect(events()).toEqual(['RecordLeft', 'RecordLeft']);
  });

  test('stops at a fault that is not the page’s', async () => {
    const { end } = await readOn({ received: 3, left: ['7'], isRead: true }, new FatalError('refused'));
    expect(end).toEqual(new FatalError('refused'));
  });
});

describe('a list that holds nothing', () => {
  test('is asked for once more ten minutes later, from its beginning', async () => {
    const { end, events, steps } = await readOn({ received: 0, idMin: '5', size: 2, isRead: true });
    expect(end).toMatchObject({ name: 'WaitError', retryAfterMs: 600_000 });
    expect(steps.at(-1)).toEqual({ cursor: { received: 0, emptySince: NOW } });
    expect(events()).toEqual(['ListEmpty']);
  });

  test('is waited for as long as is left of that, and believed then', async () => {
    const since = (ms: number) => ({
      received: 0,
      isRead: true,
      emptySince: new Date(Date.parse(NOW) - ms).toISOString(),
    });
    expect((await readOn(since(599_999))).end).toMatchObject({ name: 'WaitError', retryAfterMs: 1 });
    expect((await readOn(since(600_000))).end).toEqual(since(600_000));
  });

  test('is none of which a record came or is put off', async () => {
    expect((await readOn({ received: 1, isRead: true })).end).toEqual({ received: 1, isRead: true });
    for (const received of [0, 1]) {
      expect((await readOn({ received, left: ['7'], isRead: true })).end).toMatchObject({ left: ['7'] });
    }
  });
});
