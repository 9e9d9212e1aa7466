import { describe, expect, test } from 'vitest';
import { NewerReleaseError, PageFaultError, RetryableError, WaitError } from '../../../src/lib/errors.ts';
import { feedNext, startBackfill } from '../../../src/lib/pipeline/backfill.ts';
import type { CheckpointStore } from '../../../src/lib/pipeline/ports.ts';
import { runPlanner } from '../../../src/lib/pipeline/run-planner.ts';
import { parseWorkItem } from '../../../src/lib/pipeline/work-item.ts';
import { chunkOf, keptStarts, pagedStream, setUp, testStream, type Bench } from '../../support/pipeline.ts';

// The ten invariants of the data path (docs/architecture.md), each by its name.

const FROM = '2026-05-01T10:00:00Z';
const TO = '2026-05-01T10:15:00Z';

function plan(bench: Bench): Promise<void> {
  const { store, queue, clock, log, stream } = bench.deps;
  const settings = { windowMinutes: 15, safetyLagSeconds: 120, start: new Date(FROM) };
  const starts = keptStarts();
  return runPlanner({ store, starts, queue, clock, log, stream: stream.name, plan: settings, staleSeconds: 900 });
}

/** A store that books the order of what is stored. */
function booked(store: CheckpointStore, order: string[]): CheckpointStore {
  return {
    ...store,
    saveWindow: async (record, ledger) => {
      await store.saveWindow(record, ledger);
      order.push(`checkpoint ${record.counts.pages} ${record.state}`);
    },
  };
}

describe('the invariants', () => {
  test('1. rows are accepted by the sink before the checkpoint records the page', async () => {
    const { stream } = pagedStream(2);
    const bench = await setUp(stream);
    const order: string[] = [];
    const { upload } = bench.sink;
    const sink = {
      upload: async (...given: Parameters<typeof upload>) => {
        await upload(...given);
        order.push('rows');
      },
    };
    await bench.process(await bench.open(FROM, TO), { sink, store: booked(bench.store, order) });
    expect(order).toEqual([
      'checkpoint 0 running',
      'rows',
      'checkpoint 1 running',
      'rows',
      'checkpoint 2 running',
      'checkpoint 2 closed',
    ]);
  });

  test('2. workers write only their own window; the planner alone moves the watermark', async () => {
    const { stream } = pagedStream(1);
    const bench = await setUp(stream);
    await plan(bench);
    const windows = await bench.store.listWindows(stream.name, 'live');
    const before = await bench.store.readWatermark(stream.name);
    await bench.process(windows[0]!);
    expect(await bench.store.readWatermark(stream.name)).toEqual(before);
    expect((await bench.store.listWindows(stream.name, 'live')).slice(1)).toEqual(windows.slice(1));
    await plan(bench);
    expect((await bench.store.readWatermark(stream.name))?.watermark).toBe(TO);
  });

  test('3. a window’s bounds are frozen for all its pages', async () => {
    const { stream, tasks, failAt } = pagedStream(3);
    failAt.push({ page: 1, error: new RetryableError('reset') }, { page: 2, error: new RetryableError('reset') });
    const bench = await setUp(stream);
    const window = await bench.open(FROM, TO);
    for (let attempt = 0; attempt < 3; attempt++) {
      await bench.process(window);
      bench.clock.forward(3_600_000);
    }
    expect(tasks).toHaveLength(3);
    expect(new Set(tasks.map(({ window: { from, to } }) => `${from} ${to}`))).toEqual(new Set([`${FROM} ${TO}`]));
    expect((await bench.read(window))?.state).toBe('closed');
  });

  test('4. an empty page with a cursor is not the end (the same cursor twice: see the streams)', async () => {
    const stream = testStream(async function* () {
      yield { cursor: { page: 1 }, pageDone: true };
      await Promise.resolve();
      yield { cursor: { page: 2 }, pageDone: true, chunk: chunkOf({ n: 1 }) };
      return { kind: 'complete' };
    });
    const bench = await setUp(stream);
    await bench.process(await bench.open(FROM, TO));
    expect(bench.sink.rows).toEqual([{ n: 1 }]);
  });

  test('5. a redelivered item of a window in work, or of one that is done, uploads nothing again', async () => {
    const { stream, reads } = pagedStream(3);
    const bench = await setUp(stream);
    const window = await bench.open(FROM, TO);
    await bench.process(window, { budgetMs: -1 });
    await Promise.all([bench.process(window), bench.process(window)]);
    await bench.process(window);
    expect(reads).toEqual([0, 1, 2]);
    expect(bench.sink.rows).toEqual([{ page: 0 }, { page: 1 }, { page: 2 }]);
  });

  test('5. a page that was uploaded and not checkpointed comes again, one that was checkpointed never', async () => {
    const { stream } = pagedStream(2);
    const bench = await setUp(stream);
    const window = await bench.open(FROM, TO);
    let saves = 0;
    const store: CheckpointStore = {
      ...bench.store,
      saveWindow: (record, ledger) =>
        ++saves >= 3 ? Promise.reject(new RetryableError('killed')) : bench.store.saveWindow(record, ledger),
    };
    await expect(bench.process(window, { store })).rejects.toThrow('killed');
    bench.clock.forward(61_000);
    await bench.process(window);
    expect(bench.sink.rows).toEqual([{ page: 0 }, { page: 1 }, { page: 1 }]);
  });

  test('6. delivery is at least once: what a killed worker left undone is done by the next one', async () => {
    const { stream, failAt } = pagedStream(3);
    failAt.push({ page: 1, error: new RetryableError('killed') });
    const bench = await setUp(stream);
    const window = await bench.open(FROM, TO);
    await bench.process(window);
    bench.queue.sent.length = 0;
    bench.clock.forward(901_000 + 5000);
    await plan(bench);
    expect(bench.queue.sent.map(({ item }) => item.window)).toContain(window.key);
    await bench.process(window);
    expect(bench.sink.rows).toEqual([{ page: 0 }, { page: 1 }, { page: 2 }]);
  });

  test('7. a failed window stays failed and visible; the watermark stops before it', async () => {
    const { stream, failAt } = pagedStream(1);
    const bench = await setUp(stream);
    await plan(bench);
    const [first, second] = await bench.store.listWindows(stream.name, 'live');
    for (let attempt = 0; attempt < 5; attempt++) {
      failAt.push({ page: 0, error: new RetryableError('5xx') });
      await bench.process(first!);
      bench.clock.forward(300_000);
    }
    await bench.process(second!);
    await plan(bench);
    expect(await bench.read(first!)).toMatchObject({ state: 'failed', lastError: '5xx' });
    expect((await bench.store.readWatermark(stream.name))?.watermark).toBe(FROM);
  });

  test('8. work items carry a version; a newer one is left to a newer release', () => {
    const item = { version: 1, stream: 's', run: 'live', window: 'w' };
    expect(parseWorkItem(item)).toEqual(item);
    expect(() => parseWorkItem({ ...item, version: 2 })).toThrow(NewerReleaseError);
    expect(parseWorkItem({ ...item, more: true })).toEqual(item);
  });

  test('9. nothing sleeps: a wait becomes the same work item with a delay and costs no attempt', async () => {
    const { stream, failAt } = pagedStream(1);
    const bench = await setUp(stream);
    const window = await bench.open(FROM, TO);
    for (let wait = 1; wait <= 20; wait++) {
      failAt.push({ page: 0, error: new WaitError('1965', 600_000) });
      const startedAt = Date.now();
      await bench.process(window);
      expect(Date.now() - startedAt).toBeLessThan(10_000);
      expect(await bench.read(window)).toMatchObject({ state: 'planned', attempts: 0, waits: wait });
      bench.clock.forward(600_000);
    }
    expect(new Set(bench.queue.sent.map(({ delaySeconds }) => delaySeconds))).toEqual(new Set([600]));
    await bench.process(window);
    expect(await bench.read(window)).toMatchObject({ state: 'closed', waits: 0 });
  });

  test('10. backfill windows never move the watermark', async () => {
    const { stream } = pagedStream(1);
    const bench = await setUp(stream);
    await plan(bench);
    const { store, queue, clock, log } = bench.deps;
    const deps = { store, queue, clock, log, staleSeconds: 900, parallel: 2, windowMinutes: () => 15 };
    const range = { stream: stream.name, from: new Date(FROM), to: new Date('2026-05-01T11:00:00Z') };
    const { backfill } = await startBackfill(range, deps);
    for (const record of await store.listWindows(stream.name, backfill.id)) {
      await bench.process(record, { onFinished: (ended) => feedNext(ended, deps) });
    }
    await plan(bench);
    expect((await store.readWatermark(stream.name))?.watermark).toBe(FROM);
    expect((await store.readBackfill(backfill.id))?.status).toBe('succeeded');
  });
});

describe('what a reader is told of failures', () => {
  test('counts those of the vendor’s pages alone', async () => {
    const { stream, tasks, failAt } = pagedStream(1);
    const bench = await setUp(stream);
    const window = await bench.open(FROM, TO);
    bench.sink.failNext = new RetryableError('the sink');
    await bench.process(window);
    bench.clock.forward(3_600_000);
    failAt.push({ page: 0, error: new PageFaultError('a page of the vendor’s') });
    await bench.process(window);
    bench.clock.forward(3_600_000);
    await bench.process(window);
    expect(tasks.map(({ attempts }) => attempts)).toEqual([0, 0, 1]);
  });
});
