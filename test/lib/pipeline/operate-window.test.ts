import { describe, expect, test } from 'vitest';
import { ClaimLostError, FatalError, RetryableError } from '../../../src/lib/errors.ts';
import { failWindow, retryWindow, retryWindows, waiveWindow } from '../../../src/lib/pipeline/operate-window.ts';
import type { WindowRecord, WorkItem, WorkQueue } from '../../../src/lib/pipeline/ports.ts';
import { edrEvents } from '../../../src/lib/streams/edr-events/index.ts';
import { startFeed } from '../../support/feeds.ts';
import { chunkOf, pagedStream, setUp, testStream } from '../../support/pipeline.ts';

async function open(changes: Partial<WindowRecord>) {
  const { stream } = pagedStream(1);
  const bench = await setUp(stream);
  const record = await bench.open('2026-05-01T10:00:00Z', '2026-05-01T10:15:00Z', changes);
  const item: WorkItem = { version: 1, stream: stream.name, run: 'live', window: record.key };
  return { bench, item, read: () => bench.read(record), process: () => bench.process(record) };
}

const IN_WORK = { state: 'running', claim: { owner: 'worker', until: '2026-05-01T12:01:00Z' } } as const;

describe('retrying', () => {
  test.for(['failed', 'incomplete', 'planned'] as const)('a %s window puts it in the queue at once', async (state) => {
    const { bench, item, read, process } = await open({ state, attempts: 12, notBefore: '2026-05-02T00:00:00Z' });
    expect(await retryWindow(item, bench.deps)).toMatchObject({ state: 'planned', attempts: 0 });
    expect(bench.queue.sent).toEqual([{ item, delaySeconds: 0 }]);
    await process();
    expect((await read())?.state).toBe('closed');
  });

  test.for([{ state: 'closed' }, { state: 'waived' }, IN_WORK] as const)('%j changes nothing', async (changes) => {
    const { bench, item, read } = await open(changes);
    const before = await read();
    expect(await retryWindow(item, bench.deps)).toBeUndefined();
    expect(await read()).toEqual(before);
    expect(bench.queue.sent).toEqual([]);
  });
});

test('retrying all takes what failed, fell short or waits, and nothing else', async () => {
  const { stream } = pagedStream(1);
  const bench = await setUp(stream);
  const later = '2026-05-02T00:00:00Z';
  const [failed, incomplete, waiting, ...others] = await Promise.all(
    [
      { state: 'failed' as const },
      { state: 'incomplete' as const },
      { notBefore: later, lastError: 'HTTP 503' },
      { state: 'incomplete' as const, acknowledged: true },
      { notBefore: '2026-05-01T00:00:00Z' },
      { state: 'closed' as const, notBefore: later },
      { ...IN_WORK, notBefore: later },
    ].map((changes, hour) => bench.open(`2026-05-01T0${hour}:00:00Z`, `2026-05-01T0${hour}:15:00Z`, changes)),
  );
  const before = await Promise.all(others.map((record) => bench.read(record)));
  expect(await retryWindows({ stream: stream.name, run: 'live' }, bench.deps)).toEqual({ retried: 3 });
  expect(bench.queue.sent.map(({ item }) => item.window).sort()).toEqual(
    [failed, incomplete, waiting].map((record) => record?.key).sort(),
  );
  expect(await Promise.all(others.map((record) => bench.read(record)))).toEqual(before);
});

test('retrying all tells what has become of the others where the queue refuses one', async () => {
  const { stream } = pagedStream(1);
  const bench = await setUp(stream);
  const records = await Promise.all(
    [0, 1, 2].map((hour) =>
      bench.open(`2026-05-01T0${hour}:00:00Z`, `2026-05-01T0${hour}:15:00Z`, { state: 'failed' }),
    ),
  );
  const error = new RetryableError('storage failed sending a work item (503 ServerBusy)', { scope: 'storage' });
  const queue: WorkQueue = {
    ...bench.queue,
    send: (item, delay) => (item.window === records[0]?.key ? Promise.reject(error) : bench.queue.send(item, delay)),
  };
  const about = { stream: stream.name, run: 'live' };
  expect(await retryWindows(about, { ...bench.deps, queue })).toEqual({ retried: 2, error });
  const states = (await Promise.all(records.map((record) => bench.read(record)))).map((record) => record?.state);
  expect(states).toEqual(['planned', 'planned', 'planned']);
  expect(await retryWindows(about, bench.deps)).toEqual({ retried: 0 });
});

/** What tells of reads that have ended short, a day ago. */
const SHORT = {
  shortReads: 7,
  shortSince: '2026-04-30T10:00:00.000Z',
  acknowledged: true,
  closedAt: '2026-05-01T11:00:00.000Z',
  lastError: 'Qualys counts 50 records, 45 were received',
} as const;

describe('an operator’s retry starts over', () => {
  test.for(['failed', 'incomplete'] as const)(
    'with a %s window, which forgets where and how it stood',
    async (state) => {
      const { stream, reads, tasks } = pagedStream(3);
      const bench = await setUp(stream);
      const counts = { pages: 2, calls: 9, rows: 2, fetched: 2, expected: 50, parts: 4, deadLetters: 1 };
      const stopped = { stoppedBy: ['0123456789abcdef'], acceptsDeadLetters: true };
      const changes = { state, cursor: { page: 2 }, counts, waits: 3, readFailures: 2, ...SHORT, ...stopped };
      const record = await bench.open('2026-05-01T10:00:00Z', '2026-05-01T10:15:00Z', changes);
      const item: WorkItem = { version: 1, stream: stream.name, run: 'live', window: record.key };
      const retried = await retryWindow(item, bench.deps);
      for (const name of [
        'cursor',
        'shortSince',
        'acknowledged',
        'closedAt',
        'readFailures',
        ...Object.keys(stopped),
      ]) {
        expect(retried).not.toHaveProperty(name);
      }
      expect(retried).toMatchObject({ shortReads: 0, waits: 0, counts: { pages: 2, calls: 9, rows: 2, fetched: 0 } });
      await bench.process(record);
      expect(tasks[0]?.cursor).toBeUndefined();
      expect(reads).toEqual([0, 1, 2]);
      expect(await bench.read(record)).toMatchObject({ state: 'closed', counts: { fetched: 3 } });
    },
  );

  test('with an incomplete window, which is not closed again at its first short read', async () => {
    const stream = testStream(async function* () {
      yield { cursor: 1, expected: 50, pageDone: true };
      await Promise.resolve();
      return { kind: 'short' };
    });
    const bench = await setUp(stream);
    const record = await bench.open('2026-05-01T10:00:00Z', '2026-05-01T10:15:00Z', { state: 'incomplete', ...SHORT });
    await retryWindow({ version: 1, stream: stream.name, run: 'live', window: record.key }, bench.deps);
    await bench.process(record);
    const stored = await bench.read(record);
    expect(stored).toMatchObject({ state: 'planned', shortReads: 1, shortSince: bench.clock.now().toISOString() });
    expect(stored).not.toHaveProperty('acknowledged');
  });

  test('but not with a window that waits: it goes on where it stood', async () => {
    const { stream, reads } = pagedStream(3);
    const bench = await setUp(stream);
    const record = await bench.open('2026-05-01T10:00:00Z', '2026-05-01T10:15:00Z', { cursor: { page: 2 } });
    await retryWindow({ version: 1, stream: stream.name, run: 'live', window: record.key }, bench.deps);
    await bench.process(record);
    expect(reads).toEqual([2]);
  });

  test.for(['failed', 'incomplete'] as const)(
    'with a %s window that has a ledger, and keeps counted what does not come again',
    async (state) => {
      const { stream } = pagedStream(1);
      const bench = await setUp(stream);
      const counts = { pages: 2, calls: 9, rows: 7, fetched: 9, expected: 50, deadLetters: 2, outside: 1 };
      const record = await bench.open('2026-05-01T10:00:00Z', '2026-05-01T10:15:00Z', { state, counts });
      const stored = await bench.read(record);
      await bench.store.saveWindow(stored!, { uploaded: Buffer.from('first-record----') });
      const item: WorkItem = { version: 1, stream: stream.name, run: 'live', window: record.key };
      const { expected: _, ...kept } = counts;
      expect((await retryWindow(item, bench.deps))?.counts).toEqual(kept);
    },
  );

  test('with an incomplete window, and uploads nothing twice that its ledger knows', async () => {
    const stream = testStream(async function* (task) {
      const uploaded = await task.ledger('uploaded');
      const key = 'first-record----';
      if (!uploaded.has(key)) {
        yield { chunk: chunkOf({ key }), cursor: 1, pageDone: true, ledger: { uploaded: Buffer.from(key) } };
      }
      return { kind: 'short' };
    });
    const bench = await setUp(stream);
    const record = await bench.open('2026-05-01T10:00:00Z', '2026-05-01T10:15:00Z');
    await bench.process(record, { incompleteAfterHours: 0 });
    expect((await bench.read(record))?.state).toBe('incomplete');
    await retryWindow({ version: 1, stream: stream.name, run: 'live', window: record.key }, bench.deps);
    await bench.process(record);
    expect(bench.sink.rows).toEqual([{ key: 'first-record----' }]);
  });

  test('by the settings as they are now, and uploads nothing twice that its ledger knows', async () => {
    const keys = ['first-record----', 'second-record---'];
    const asked = { query: 'old' };
    const stream = testStream(async function* (task) {
      const cursor = (task.cursor ?? { page: 0, query: asked.query }) as { page: number; query: string };
      const uploaded = await task.ledger('uploaded');
      for (let page = cursor.page; page < keys.length; page++) {
        if (page > 0 && cursor.query === 'old') throw new FatalError('400 unknown token');
        const next = { page: page + 1, query: cursor.query };
        const key = keys[page]!;
        if (uploaded.has(key)) yield { cursor: next, pageDone: true };
        else
          yield {
            chunk: chunkOf({ page }),
            cursor: next,
            pageDone: true,
            fetched: 1,
            ledger: { uploaded: Buffer.from(key) },
          };
      }
      return { kind: 'complete' };
    });
    const bench = await setUp(stream);
    const record = await bench.open('2026-05-01T10:00:00Z', '2026-05-01T10:15:00Z');
    await bench.process(record);
    expect(await bench.read(record)).toMatchObject({ state: 'failed', counts: { fetched: 1 } });
    asked.query = 'new';
    await retryWindow({ version: 1, stream: stream.name, run: 'live', window: record.key }, bench.deps);
    await bench.process(record);
    expect(await bench.read(record)).toMatchObject({ state: 'closed', counts: { fetched: 2, rows: 2 } });
    expect(bench.sink.rows).toEqual([{ page: 0 }, { page: 1 }]);
  });

  test('of events whose filter Qualys refuses in the middle, once the setting is repaired', async () => {
    const feed = await startFeed(edrEvents, {}, { EDR_PAGE_SIZE: '100', EDR_FILTER: "NOT (type:'none')" });
    const [from, to] = ['2026-05-01T10:00:00Z', '2026-05-01T10:15:00Z'];
    feed.simulator.changeData({ bursts: [{ processedTime: '2026-05-01T10:01:00Z', count: 250, spreadMs: 600_000 }] });
    feed.simulator.setFaults({
      kind: 'status',
      status: 400,
      route: 'pageNumber=1.*none|none.*pageNumber=1',
      count: 'always',
    });
    const [failed] = await feed.ingest(from, to, 3);
    expect(failed).toMatchObject({ state: 'failed', counts: { rows: 100 } });
    feed.change({ EDR_FILTER: "NOT (type:'other')" });
    const item: WorkItem = { version: 1, stream: failed!.stream, run: 'live', window: failed!.key };
    await retryWindow(item, feed.bench.deps);
    await feed.workOff(5);
    expect((await feed.windows())[0]).toMatchObject({ state: 'closed', counts: { fetched: 250, rows: 250 } });
    expect(new Set(feed.column('EventId'))).toEqual(new Set(feed.simulator.eventIds({ from, to })));
    expect(feed.column('EventId')).toHaveLength(250);
  });
});

describe('waiving', () => {
  test('a failed window gives it up', async () => {
    const { bench, item, read, process } = await open({ state: 'failed', lastError: '1905' });
    expect(await waiveWindow(item, bench.deps)).toMatchObject({ state: 'waived' });
    await process();
    expect(await read()).toMatchObject({ state: 'waived', lastError: '1905' });
  });

  test('a window that was given up gives it up once more: what follows the act may have failed', async () => {
    const { bench, item, read } = await open({ state: 'waived', closedAt: '2026-05-01T11:00:00.000Z' });
    expect(await waiveWindow(item, bench.deps)).toMatchObject({
      state: 'waived',
      closedAt: '2026-05-01T11:00:00.000Z',
    });
    expect((await read())?.state).toBe('waived');
  });

  test('an incomplete window takes note of it', async () => {
    const { bench, item, read } = await open({ state: 'incomplete' });
    await waiveWindow(item, bench.deps);
    expect(await read()).toMatchObject({ state: 'incomplete', acknowledged: true });
  });

  test.for([{ state: 'closed' }, IN_WORK] as const)('%j changes nothing', async (changes) => {
    const { bench, item, read } = await open(changes);
    const before = await read();
    expect(await waiveWindow(item, bench.deps)).toBeUndefined();
    expect(await read()).toEqual(before);
  });
});

describe('failing by the poison queue', () => {
  test('makes the window visible and due at once, and keeps the first reason', async () => {
    const { bench, item, read } = await open({ state: 'running', lastError: 'out of memory' });
    expect(await failWindow(item, 'poisoned', bench.deps)).toBe(true);
    expect(await read()).toMatchObject({ state: 'failed', attempts: 1, lastError: 'out of memory' });
  });

  test.for([{ state: 'closed' }, IN_WORK] as const)('%j changes nothing', async (changes) => {
    const { bench, item } = await open(changes);
    expect(await failWindow(item, 'poisoned', bench.deps)).toBe(false);
    expect(await failWindow({ ...item, window: 'gone' }, 'poisoned', bench.deps)).toBe(false);
  });
});

test.for([
  ['retrying', (item: WorkItem, deps: Parameters<typeof retryWindow>[1]) => retryWindow(item, deps)],
  ['waiving', waiveWindow],
  ['failing', (item: WorkItem, deps: Parameters<typeof failWindow>[2]) => failWindow(item, 'poisoned', deps)],
] as const)(
  '%s tells storage that fails from somebody who was faster, and sends nothing for either',
  async ([, act]) => {
    const { bench, item } = await open({ notBefore: '2026-05-02T00:00:00Z' });
    const saving = (error: Error) => ({
      ...bench.deps,
      store: { ...bench.store, saveWindow: () => Promise.reject(error) },
    });
    await expect(act(item, saving(new RetryableError('storage failed')))).rejects.toThrow('storage failed');
    expect(await act(item, saving(new ClaimLostError('another was faster')))).toBeFalsy();
    expect(bench.queue.sent).toEqual([]);
    expect(await act({ ...item, window: 'gone' }, bench.deps)).toBeFalsy();
  },
);
