import { describe, expect, test } from 'vitest';
import { createAlertStart } from '../../../src/lib/alerts/alert-start.ts';
import { pushAlert } from '../../../src/lib/alerts/push-alert.ts';
import { RetryableError } from '../../../src/lib/errors.ts';
import { setUpAlerts } from '../../support/alerts.ts';

const [LAST_TICK, NOW, DAY_MS] = ['2026-05-01T11:55:00.000Z', '2026-05-01T12:00:00.000Z', 86_400_000];

/** An empty table, and instances that ask it. */
async function setUp(lastTick?: string) {
  const bench = await setUpAlerts();
  const { store, clock } = bench;
  const instance = () => createAlertStart({ store, clock, lastTick: () => Promise.resolve(lastTick) });
  return { ...bench, instance, startOf: async (start = instance()) => (await start()).toISOString() };
}

describe('the start of alerts', () => {
  test('is now, before the first tick of the planner', async () => {
    const { startOf } = await setUp();
    expect(await startOf()).toBe(NOW);
  });

  test('is the tick before, at which no webhook was set yet', async () => {
    const { startOf } = await setUp(LAST_TICK);
    expect(await startOf()).toBe(LAST_TICK);
  });

  test('stays what it was first, over restarts and instances', async () => {
    const { startOf, instance, clock } = await setUp();
    const early = instance();
    expect(await startOf(early)).toBe(NOW);
    clock.forward(DAY_MS);
    expect(await startOf()).toBe(NOW);
    expect(await startOf(early)).toBe(NOW);
  });

  test('is one for instances that ask at the same time', async () => {
    const { store, clock, startOf } = await setUp();
    let seconds = 0;
    const starts = await Promise.all(
      Array.from({ length: 5 }, () => {
        const now = new Date(clock.now().getTime() + 1000 * seconds++);
        return startOf(
          createAlertStart({ store, clock: { now: () => now }, lastTick: () => Promise.resolve(undefined) }),
        );
      }),
    );
    expect(new Set(starts).size).toBe(1);
    expect(await startOf()).toBe(starts[0]);
  });

  test('leaves nothing out where an earlier release has posted alerts', async () => {
    const { deps, item, startOf } = await setUp(LAST_TICK);
    await pushAlert(item, deps);
    expect(await startOf()).toBe('1970-01-01T00:00:00.000Z');
  });

  test('is asked for again when the storage fails', async () => {
    const { store, clock, startOf } = await setUp();
    let fails = true;
    const readStart = () => (fails ? Promise.reject(new RetryableError('storage failed')) : store.readStart());
    const start = createAlertStart({
      store: { ...store, readStart },
      clock,
      lastTick: () => Promise.resolve(undefined),
    });
    await expect(start()).rejects.toThrow(RetryableError);
    fails = false;
    expect(await startOf(start)).toBe(NOW);
  });
});
