import { RestError, type TableClient } from '@azure/data-tables';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { LimiterTiming } from '../../../src/lib/azure/limiter-options.ts';
import type { LimitState } from '../../../src/lib/azure/limit-state.ts';
import { PermitPool } from '../../../src/lib/azure/permit-pool.ts';

// What permits do as time goes by, and what that costs: over a row in memory, as the clients of Azure need timers of their own. All else is
// tested over real tables in table-limiter.test.ts.

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: new Date('2026-05-01T12:00:00Z') });
});

afterEach(() => {
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** The row that instances share, under an ETag. */
function setUp(concurrency = 1) {
  let stored: { readonly state: string; readonly etag: string } | undefined;
  const calls = { reads: 0, writes: 0 };
  const put = (state: string): Promise<{ readonly etag: string }> => {
    const etag = String(++calls.writes);
    stored = { state, etag };
    return Promise.resolve({ etag });
  };
  const refuse = (statusCode: number) => Promise.reject(new RestError('refused', { statusCode }));
  const table = {
    getEntity: () => (calls.reads++, stored === undefined ? refuse(404) : Promise.resolve(stored)),
    createEntity: ({ state }: { state: string }) => (stored === undefined ? put(state) : refuse(409)),
    updateEntity: ({ state }: { state: string }, _: string, { etag }: { etag: string }) =>
      stored?.etag === etag ? put(state) : refuse(412),
  } as unknown as TableClient;
  const row = (): LimitState => JSON.parse(stored?.state ?? '{}') as LimitState;
  return {
    calls,
    row,
    change: (changes: Partial<LimitState>) => void put(JSON.stringify({ ...row(), ...changes })),
    open: (timing: Partial<LimiterTiming> = {}) =>
      new PermitPool('edr', () => Promise.resolve(table), { concurrency, reservePercent: 20, timing }),
  };
}

/** For what has to give up; in real time. */
const SHORT = { patienceMs: 500 };

describe('a permit', () => {
  test('that nobody needs is given back after half a second, and then nothing more is done', async () => {
    const shared = setUp();
    (await shared.open().acquire('live')).release();
    await pass(499);
    expect(shared.row().leases).toHaveLength(1);
    await pass(1);
    expect(shared.row().leases).toEqual([]);
    await pass(1000);
    expect(vi.getTimerCount()).toBe(0);
    expect(shared.calls.writes).toBe(2);
  });

  test('in use is renewed once a third of its lease has passed, by one write each time', async () => {
    const shared = setUp();
    await shared.open().acquire('live');
    for (let ms = 0; ms < 60_000; ms += 500) {
      await pass(500);
      expect(shared.row().leases[0]!.until).toBeGreaterThan(Date.now() + 19_000);
    }
    expect(shared.calls.writes).toBe(1 + 5);
  });

  test('that another instance has taken for lost is not used again', async () => {
    const shared = setUp();
    const pool = shared.open(SHORT);
    const permit = await pool.acquire('live');
    shared.change({ leases: [] });
    await pass(31_000);
    await shared.open().acquire('live');
    permit.release();
    await expect(pool.acquire('live')).rejects.toThrow('no permit is free');
  });

  test('beyond what the vendor allows by now is given back as it comes free, although somebody waits here', async () => {
    const shared = setUp(2);
    const pool = shared.open();
    const [first] = [await pool.acquire('live'), await pool.acquire('live')];
    pool.observe({ concurrencyLimit: 2 });
    const waits = pool.acquire('live').catch((error: unknown) => error);
    shared.change({ concurrencyLimit: 1 });
    await pool.view();
    first.release();
    await pass(0);
    expect(shared.row().leases.length).toBeLessThan(2);
    await waits;
  });
});

describe('an instance that waits', () => {
  /** One that holds the only permit, and another one that waits for it; the first one knows of that. */
  async function startWaiting(priority: 'live' | 'backfill' = 'live', timing: Partial<LimiterTiming> = {}) {
    const shared = setUp();
    const holder = shared.open();
    const permit = await holder.acquire('live');
    const waiting = shared.open(timing).acquire(priority);
    waiting.catch(() => undefined);
    await vi.waitUntil(() => shared.row().waiterUntil > 0, { timeout: 100_000, interval: 5 });
    await holder.view();
    return { shared, holder, permit, waiting };
  }

  test('gets the permit of another one as soon as nobody there needs it, and waits no longer', async () => {
    const { shared, permit, waiting } = await startWaiting();
    permit.release();
    await waiting;
    expect(shared.row()).toMatchObject({ waiter: '', waiterUntil: 0, leases: [expect.anything()] });
  });

  test('waits for those there until the other one has had its turn', async () => {
    for (const [heldMs, isGivenBack] of [
      [4000, false],
      [6000, true],
    ] as const) {
      const { shared, holder, permit } = await startWaiting();
      const next = holder.acquire('live');
      next.catch(() => undefined);
      await pass(heldMs);
      shared.change({ waiterUntil: Date.now() + 2500, liveWaitsUntil: Date.now() + 2500 });
      await holder.view();
      const [{ id } = { id: '' }] = shared.row().leases;
      const isHeld = (): boolean => shared.row().leases.some((lease) => lease.id === id);
      permit.release();
      if (isGivenBack) await vi.waitUntil(() => !isHeld(), { timeout: 100_000 });
      else await next;
      expect(isHeld()).toBe(!isGivenBack);
    }
  });

  test('says so once, and with what priority', async () => {
    for (const priority of ['live', 'backfill'] as const) {
      const { shared, waiting } = await startWaiting(priority, SHORT);
      const { writes } = shared.calls;
      expect(shared.row().liveWaitsUntil > 0).toBe(priority === 'live');
      await expect(waiting).rejects.toThrow('no permit is free');
      expect(shared.calls.writes).toBe(writes);
    }
  });

  test('for a permit of its own says nothing, and asks the storage for none', async () => {
    const shared = setUp();
    const pool = shared.open(SHORT);
    await pool.acquire('live');
    const before = { ...shared.calls };
    await expect(pool.acquire('live')).rejects.toThrow('no permit is free');
    expect(shared.calls).toEqual(before);
    expect(shared.row().waiter).toBe('');
  });

  test('leaves the word of another one that waits as it is when it gets a permit', async () => {
    const { shared, permit, waiting } = await startWaiting();
    shared.change({ waiter: 'a third one', waiterUntil: Date.now() + 2500 });
    permit.release();
    await waiting;
    expect(shared.row().waiter).toBe('a third one');
  });
});
