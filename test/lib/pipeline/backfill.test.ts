import { describe, expect, test } from 'vitest';
import { createTableCheckpointStore } from '../../../src/lib/azure/table-checkpoint-store.ts';
import { ClaimLostError, RetryableError } from '../../../src/lib/errors.ts';
import {
  cancelBackfill,
  feedNext,
  isCancelled,
  listBackfills,
  resumeBackfill,
  startBackfill,
  tendBackfills,
  viewBackfill,
  type BackfillDependencies,
} from '../../../src/lib/pipeline/backfill.ts';
import type { CheckpointStore, WindowRecord } from '../../../src/lib/pipeline/ports.ts';
import { fixedClock, keptLog, keptQueue } from '../../support/pipeline.ts';
import { testStorage, uniqueName } from '../../support/storage.ts';

const DAY = { from: new Date('2026-04-01T00:00:00Z'), to: new Date('2026-04-01T06:00:00Z') };

async function setUp(changes: Partial<BackfillDependencies> = {}) {
  const stream = uniqueName();
  const store = createTableCheckpointStore(await testStorage());
  const [queue, clock, log] = [keptQueue(), fixedClock(), keptLog()];
  const deps: BackfillDependencies = {
    store,
    queue,
    clock,
    log: log.log,
    staleSeconds: 900,
    parallel: 2,
    windowMinutes: () => 60,
    ...changes,
  };
  const end = async (record: WindowRecord, state: WindowRecord['state'], more: Partial<WindowRecord> = {}) => {
    Object.assign(record, { state, ...more });
    await store.saveWindow(record);
  };
  return {
    stream,
    store,
    queue,
    clock,
    deps,
    end,
    ended: () => log.events().filter((event) => event === 'BackfillEnded').length,
    start: (range = DAY, more: Partial<BackfillDependencies> = {}) =>
      startBackfill({ stream, ...range }, { ...deps, ...more }),
    windows: (id: string) => store.listWindows(stream, id),
    /** Works on everything in the queue as a worker does that closes each window at once. */
    workOff: async (rows = 10) => {
      let worked = 0;
      for (let sent = queue.sent.shift(); sent !== undefined; sent = queue.sent.shift()) {
        const record = await store.readWindow(sent.item.stream, sent.item.run, sent.item.window);
        if (record === undefined) throw new Error('a work item without a window');
        await end(record, 'closed', { counts: { ...record.counts, rows } });
        await feedNext(record, deps);
        worked++;
      }
      return worked;
    },
  };
}

describe('a backfill', () => {
  test('reads the range in windows of the stream’s length and succeeds', async () => {
    const bench = await setUp();
    const { backfill, isNew } = await bench.start();
    expect(isNew).toBe(true);
    expect(backfill).toMatchObject({
      status: 'running',
      from: '2026-04-01T00:00:00Z',
      to: '2026-04-01T06:00:00Z',
    });
    expect(await bench.workOff()).toBe(6);
    expect(await viewBackfill(backfill.id, bench.deps)).toMatchObject({
      status: 'succeeded',
      windows: { total: 6, closed: 6, failed: 0 },
      rows: 60,
      percent: 100,
      etaSeconds: null,
    });
  });

  test('keeps no more windows in work than allowed', async () => {
    const bench = await setUp();
    const { backfill } = await bench.start();
    expect(bench.queue.sent).toHaveLength(2);
    await tendBackfills(bench.stream, bench.deps);
    await viewBackfill(backfill.id, bench.deps);
    expect(bench.queue.sent).toHaveLength(2);
    const inWork = (await bench.windows(backfill.id)).filter(({ queuedAt }) => queuedAt !== undefined);
    expect(inWork.map(({ from }) => from)).toEqual(['2026-04-01T00:00:00Z', '2026-04-01T01:00:00Z']);
  });

  test('windows never move the watermark', async () => {
    const bench = await setUp();
    await bench.store.saveWatermark({
      stream: bench.stream,
      watermark: '2026-05-01T00:00:00Z',
      start: '2026-05-01T00:00:00Z',
      lastTick: '2026-05-01T00:00:00Z',
    });
    await bench.start();
    await bench.workOff();
    await tendBackfills(bench.stream, bench.deps);
    expect((await bench.store.readWatermark(bench.stream))?.watermark).toBe('2026-05-01T00:00:00Z');
    expect(await bench.store.listWindows(bench.stream, 'live')).toEqual([]);
  });

  test('tells how far it is and when it will be done', async () => {
    const bench = await setUp();
    const { backfill } = await bench.start();
    expect(await viewBackfill(backfill.id, bench.deps)).toMatchObject({ percent: 0, etaSeconds: null });
    bench.clock.forward(60_000);
    const [first, second] = await bench.windows(backfill.id);
    await bench.end(first!, 'closed', { progressAt: bench.clock.now().toISOString() });
    await bench.end(second!, 'incomplete');
    expect(await viewBackfill(backfill.id, bench.deps)).toMatchObject({
      status: 'running',
      percent: 33.3,
      etaSeconds: 120,
      windows: { total: 6, closed: 2, failed: 1 },
      updatedAt: bench.clock.now().toISOString(),
    });
  });

  test('is unknown by an id that was never given', async () => {
    const bench = await setUp();
    expect(await viewBackfill('0123456789ab-1', bench.deps)).toBeUndefined();
    expect(await cancelBackfill('0123456789ab-1', bench.deps)).toBeUndefined();
  });

  test('is listed, newest first', async () => {
    const bench = await setUp();
    const { backfill: older } = await bench.start();
    bench.clock.forward(1000);
    const { backfill: newer } = await bench.start({ ...DAY, to: new Date('2026-04-01T03:00:00Z') });
    const listed = (await listBackfills(bench.deps)).filter(({ stream }) => stream === bench.stream);
    expect(listed.map(({ id }) => id)).toEqual([newer.id, older.id]);
  });
});

describe('windows of a backfill', () => {
  test('are the first of their run once, at its beginning', async () => {
    const bench = await setUp();
    const { backfill } = await bench.start();
    const isFirst = (await bench.windows(backfill.id)).map((record) => record.isFirst === true);
    expect(isFirst).toEqual([true, false, false, false, false, false]);
  });

  test('go on with the next one that waits, not with one that is in work', async () => {
    const bench = await setUp();
    const { backfill } = await bench.start();
    const [first, second, third] = await bench.windows(backfill.id);
    bench.queue.sent.length = 0;
    Reflect.deleteProperty(second!, 'queuedAt');
    await bench.end(second!, 'running');
    await bench.end(first!, 'closed');
    await feedNext(first!, bench.deps);
    expect(bench.queue.sent.map(({ item }) => item.window)).toEqual([third!.key]);
  });

  test('that somebody else has taken up meanwhile are not sent twice', async () => {
    const bench = await setUp();
    const { backfill } = await bench.start();
    const [first, , third] = await bench.windows(backfill.id);
    bench.queue.sent.length = 0;
    await bench.end(first!, 'closed');
    const store: CheckpointStore = {
      ...bench.store,
      saveWindow: async (record) => {
        await bench.end((await bench.store.readWindow(bench.stream, backfill.id, third!.key))!, 'running');
        await bench.store.saveWindow(record);
      },
    };
    await feedNext(first!, { ...bench.deps, store });
    expect(bench.queue.sent).toEqual([]);
  });
});

describe('storage that fails', () => {
  const broken = (store: CheckpointStore, status?: string): CheckpointStore => ({
    ...store,
    saveBackfill: async (record) => {
      if (status === undefined || record.status === status) throw new RetryableError('storage failed');
      await store.saveBackfill(record);
    },
  });

  test.for(['planning', 'running'] as const)('as a backfill is to be %s is told to who starts it', async (status) => {
    const bench = await setUp();
    await expect(bench.start(DAY, { store: broken(bench.store, status) })).rejects.toThrow('storage failed');
  });

  test('as a backfill ends is told, and its end is booked later, once', async () => {
    const bench = await setUp();
    const { backfill } = await bench.start();
    await bench.workOff();
    const stored = (await bench.store.readBackfill(backfill.id))!;
    await bench.store.saveBackfill({ ...stored, status: 'running' });
    const deps = { ...bench.deps, store: broken(bench.store) };
    await expect(viewBackfill(backfill.id, deps)).rejects.toThrow('storage failed');
    const lost = { ...bench.store, saveBackfill: () => Promise.reject(new ClaimLostError('another was faster')) };
    await viewBackfill(backfill.id, { ...bench.deps, store: lost });
    expect(await viewBackfill(backfill.id, bench.deps)).toMatchObject({ status: 'succeeded' });
    expect(bench.ended()).toBe(2);
    await viewBackfill(backfill.id, deps);
  });

  test('as one is cancelled is told at once', async () => {
    const bench = await setUp();
    const { backfill } = await bench.start();
    let tries = 0;
    const store = {
      ...bench.store,
      saveBackfill: () => (tries++, Promise.reject(new RetryableError('storage failed'))),
    };
    await expect(cancelBackfill(backfill.id, { ...bench.deps, store })).rejects.toThrow('storage failed');
    expect(tries).toBe(1);
    const lost = { ...bench.store, saveBackfill: () => (tries++, Promise.reject(new ClaimLostError('busy'))) };
    await expect(cancelBackfill(backfill.id, { ...bench.deps, store: lost })).rejects.toThrow('busy');
    expect(tries).toBe(6);
  });
});

test('of many backfills the newest are listed, and those that run', async () => {
  const bench = await setUp();
  const ids: string[] = [];
  for (const hour of [1, 2, 3]) {
    bench.clock.forward(1000);
    const range = { from: DAY.from, to: new Date(DAY.from.getTime() + hour * 3_600_000) };
    const { backfill } = await bench.start(range);
    ids.push(backfill.id);
    if (hour !== 1) await bench.workOff();
  }
  const own = { ...bench.deps, store: { ...bench.store, listBackfills: () => ownOf(bench.store, bench.stream) } };
  await bench.store.saveBackfill({ ...(await bench.store.readBackfill(ids[0]!))!, status: 'running' });
  expect((await listBackfills(own, 1)).map(({ id }) => id)).toEqual([ids[2], ids[0]]);
});

async function ownOf(store: CheckpointStore, own: string) {
  return (await store.listBackfills()).filter(({ stream }) => stream === own);
}

test('a backfill that has failed is taken up again where a window of it is tried again; no other one is', async () => {
  const bench = await setUp();
  const { backfill } = await bench.start();
  for (const status of ['failed', 'cancelled', 'succeeded'] as const) {
    await bench.store.saveBackfill({ ...(await bench.store.readBackfill(backfill.id))!, status });
    await resumeBackfill(backfill.id, bench.deps);
    const expected = status === 'failed' ? 'running' : status;
    expect((await bench.store.readBackfill(backfill.id))?.status).toBe(expected);
  }
  await resumeBackfill('unknown', bench.deps);
  expect(await isCancelled('unknown', bench.store)).toBe(false);
});

describe('the same request', () => {
  test('while it runs gives the same id and opens nothing', async () => {
    const bench = await setUp();
    const first = await bench.start();
    const again = await bench.start();
    expect(again).toMatchObject({ isNew: false, backfill: { id: first.backfill.id } });
    expect(bench.queue.sent).toHaveLength(2);
  });

  test('several times at once starts one backfill', async () => {
    const bench = await setUp();
    const all = await Promise.all(Array.from({ length: 8 }, () => bench.start()));
    expect(new Set(all.map(({ backfill }) => backfill.id)).size).toBe(1);
    expect(all.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(bench.queue.sent).toHaveLength(2);
  });

  test('that another instance has begun with since it looked gives that one, as it is now', async () => {
    const bench = await setUp();
    const { backfill } = await bench.start();
    const store: CheckpointStore = { ...bench.store, listBackfills: () => Promise.resolve([]) };
    const again = await bench.start(DAY, { store });
    expect(again).toMatchObject({ isNew: false, backfill: { id: backfill.id, status: 'running' } });
  });

  test('for a range that only begins or ends with it is another one', async () => {
    const bench = await setUp();
    const { from, to } = DAY;
    const noon = new Date('2026-04-01T03:00:00Z');
    for (const range of [DAY, { from, to: noon }, { from: noon, to }]) {
      const { backfill, isNew } = await bench.start(range);
      expect([isNew, backfill.id.split('-')[1]]).toEqual([true, '1']);
    }
  });

  test('after its end starts a new one', async () => {
    const bench = await setUp();
    const first = await bench.start();
    await bench.workOff();
    const second = await bench.start();
    expect(second.isNew).toBe(true);
    expect([first, second].map(({ backfill }) => backfill.id.split('-')[1])).toEqual(['1', '2']);
    expect(await bench.workOff()).toBe(6);
  });
});

describe('a cancelled backfill', () => {
  test('starts no further window and may be asked for anew', async () => {
    const bench = await setUp();
    const { backfill } = await bench.start();
    expect(await cancelBackfill(backfill.id, bench.deps)).toMatchObject({ status: 'cancelled' });
    expect(await isCancelled(backfill.id, bench.store)).toBe(true);
    expect(await isCancelled('live', bench.store)).toBe(false);
    bench.queue.sent.length = 0;
    const [first] = await bench.windows(backfill.id);
    await bench.end(first!, 'closed');
    await feedNext(first!, bench.deps);
    await tendBackfills(bench.stream, bench.deps);
    expect(bench.queue.sent).toEqual([]);
    expect((await bench.start()).isNew).toBe(true);
  });

  test('stays as it ended when it is cancelled too late', async () => {
    const bench = await setUp();
    const { backfill } = await bench.start();
    await bench.workOff();
    expect(await cancelBackfill(backfill.id, bench.deps)).toMatchObject({ status: 'succeeded' });
  });

  test('is cancelled even while its windows are still being opened, and the start does not fail', async () => {
    const bench = await setUp();
    const store: CheckpointStore = {
      ...bench.store,
      insertWindows: async (records) => {
        await bench.store.insertWindows(records);
        const [planning] = (await bench.store.listBackfills()).filter(({ stream }) => stream === bench.stream);
        expect(await cancelBackfill(planning!.id, bench.deps)).toMatchObject({ status: 'cancelled' });
      },
    };
    const { backfill } = await bench.start(DAY, { store });
    expect(backfill.status).toBe('cancelled');
    expect((await bench.store.readBackfill(backfill.id))?.status).toBe('cancelled');
    expect(bench.queue.sent).toEqual([]);
  });

  test('is cancelled although a planner changes it at the same time', async () => {
    const bench = await setUp();
    const { backfill } = await bench.start();
    let isFirst = true;
    const store: CheckpointStore = {
      ...bench.store,
      saveBackfill: async (record) => {
        if (isFirst) {
          isFirst = false;
          const other = await bench.store.readBackfill(backfill.id);
          await bench.store.saveBackfill(other!);
        }
        await bench.store.saveBackfill(record);
      },
    };
    expect(await cancelBackfill(backfill.id, { ...bench.deps, store })).toMatchObject({ status: 'cancelled' });
    expect((await bench.store.readBackfill(backfill.id))?.status).toBe('cancelled');
  });
});

describe('a window of a backfill that fails', () => {
  test('is tried again when it is due', async () => {
    const bench = await setUp();
    const { backfill } = await bench.start();
    const [first] = await bench.windows(backfill.id);
    bench.queue.sent.length = 0;
    Reflect.deleteProperty(first!, 'queuedAt');
    await bench.end(first!, 'failed', { attempts: 5, notBefore: '2026-05-01T12:30:00Z' });
    await tendBackfills(bench.stream, bench.deps);
    expect(bench.queue.sent.map(({ item }) => item.window)).not.toContain(first!.key);
    expect(await viewBackfill(backfill.id, bench.deps)).toMatchObject({ status: 'running', windows: { failed: 1 } });
    const [, second] = await bench.windows(backfill.id);
    await bench.end(second!, 'closed');
    bench.clock.forward(1_800_000);
    await tendBackfills(bench.stream, bench.deps);
    expect(bench.queue.sent.map(({ item }) => item.window)).toContain(first!.key);
  });

  test('for good fails the backfill once the others are done', async () => {
    const bench = await setUp();
    const { backfill } = await bench.start();
    const [first] = await bench.windows(backfill.id);
    bench.queue.sent.shift();
    Reflect.deleteProperty(first!, 'queuedAt');
    await bench.end(first!, 'failed', { attempts: 10 });
    expect(await viewBackfill(backfill.id, bench.deps)).toMatchObject({ status: 'running' });
    await bench.workOff();
    expect(await viewBackfill(backfill.id, bench.deps)).toMatchObject({
      status: 'failed',
      windows: { total: 6, closed: 5, failed: 1 },
      percent: 83.3,
    });
    expect((await bench.start()).isNew).toBe(true);
  });
});

test('what stays incomplete fails a backfill, until somebody acknowledges it', async () => {
  const bench = await setUp();
  const { backfill } = await bench.start();
  const [first] = await bench.windows(backfill.id);
  bench.queue.sent.shift();
  await bench.end(first!, 'incomplete');
  await bench.workOff();
  const failed = async () => (await viewBackfill(backfill.id, bench.deps))?.windows.failed;
  expect(await failed()).toBe(1);
  await bench.end(first!, 'incomplete', { acknowledged: true });
  expect(await failed()).toBe(0);
});

describe('a backfill whose process was killed', () => {
  test('while it was planned is planned to its end by the next tick', async () => {
    const bench = await setUp();
    const store: CheckpointStore = {
      ...bench.store,
      insertWindows: async (records) => {
        await bench.store.insertWindows(records.slice(0, 2));
        throw new RetryableError('killed');
      },
    };
    await expect(bench.start(DAY, { store })).rejects.toThrow('killed');
    const [backfill] = (await bench.store.listBackfills()).filter(({ stream }) => stream === bench.stream);
    expect(backfill?.status).toBe('planning');
    expect(await viewBackfill(backfill!.id, bench.deps)).toMatchObject({ status: 'planning', percent: 0 });
    await tendBackfills(bench.stream, bench.deps);
    expect(await bench.workOff()).toBe(6);
    expect(await viewBackfill(backfill!.id, bench.deps)).toMatchObject({ status: 'succeeded' });
  });

  test('after a window was booked and before it was sent has it sent by a later tick', async () => {
    const bench = await setUp();
    const queue = { send: () => Promise.reject(new RetryableError('killed')) };
    await expect(bench.start(DAY, { queue })).rejects.toThrow('killed');
    bench.clock.forward(901_000);
    await tendBackfills(bench.stream, bench.deps);
    expect(await bench.workOff()).toBe(6);
  });

  test('is brought forward by the tick and by whoever started it at once without failing either', async () => {
    const bench = await setUp();
    const store: CheckpointStore = {
      ...bench.store,
      insertWindows: async (records) => {
        await bench.store.insertWindows(records);
        await tendBackfills(bench.stream, bench.deps);
      },
    };
    const { backfill } = await bench.start(DAY, { store });
    expect(backfill.status).toBe('running');
    expect(await bench.workOff()).toBe(6);
  });
});

describe('a backfill whose windows wait', () => {
  test('tells why and until when, as long as nothing of it is due', async () => {
    const { deps, end, start, windows } = await setUp();
    const { backfill } = await start();
    const waits = async () => (await viewBackfill(backfill.id, deps))?.waits;
    expect(await waits()).toBeNull();
    const [first, second] = (await windows(backfill.id)).filter(({ queuedAt }) => queuedAt !== undefined);
    const [soon, late] = ['2026-05-01T12:10:00.000Z', '2026-05-01T12:20:00.000Z'];
    await end(first!, 'planned', { notBefore: late, lastError: 'HTTP 500' });
    expect(await waits()).toBeNull();
    await end(second!, 'planned', { notBefore: soon, lastError: 'HTTP 503' });
    expect(await waits()).toEqual({ until: soon, reason: 'HTTP 503' });
    const claim = { owner: 'worker', until: late };
    await end(first!, 'running', { claim });
    expect(await waits()).toBeNull();
  });
});
