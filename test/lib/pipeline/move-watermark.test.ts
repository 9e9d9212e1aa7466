import { describe, expect, test } from 'vitest';
import { ClaimLostError, RetryableError } from '../../../src/lib/errors.ts';
import { moveWatermark, storeTick, wakeQuietly } from '../../../src/lib/pipeline/move-watermark.ts';
import type { CheckpointStore, WakeUps } from '../../../src/lib/pipeline/ports.ts';
import { keptLog } from '../../support/pipeline.ts';
import { setUpPlanner } from '../../support/planner.ts';

const START = new Date('2026-05-01T11:00:00Z');
const HORIZON = '2026-05-01T11:58:00Z';

/** A planner that has opened four windows, and how it is woken. */
async function setUp() {
  const asked: string[] = [];
  const wakeUps: WakeUps = {
    ask: (stream) => Promise.resolve(void asked.push(`ask ${stream}`)),
    take: (stream) => Promise.resolve(void asked.push(`take ${stream}`)),
  };
  const planner = await setUpPlanner({ start: START });
  await planner.tick();
  planner.taken();
  return {
    ...planner,
    asked,
    wake: (store: CheckpointStore = planner.store) => moveWatermark({ ...planner.deps, wakeUps, store }),
    close: async (...places: number[]) => {
      const windows = await planner.windows();
      for (const place of places) await planner.put(windows[place], { state: 'closed' });
    },
  };
}

describe('a planner that is woken', () => {
  test('moves the watermark to the horizon of the last tick when all windows have ended', async () => {
    const planner = await setUp();
    await planner.close(0, 1, 2, 3);
    planner.clock.forward(10_000);
    await planner.wake();
    expect(await planner.watermark()).toBe(HORIZON);
    expect(planner.log.events()).toContain('WatermarkMoved');
  });

  test('opens nothing, queues nothing and is no tick, however late it comes', async () => {
    const planner = await setUp();
    const windows = await planner.windows();
    await planner.close(0);
    const before = await planner.store.readWatermark(planner.stream);
    planner.clock.forward(86_400_000);
    await planner.wake();
    expect(await planner.windows()).toHaveLength(windows.length);
    expect(planner.taken()).toEqual([]);
    expect((await planner.store.readWatermark(planner.stream))?.lastTick).toBe(before?.lastTick);
    expect(await planner.watermark()).toBe('2026-05-01T11:15:00Z');
  });

  test('stops before a window that has not ended, or has failed', async () => {
    const planner = await setUp();
    await planner.close(0, 2, 3);
    await planner.wake();
    expect(await planner.watermark()).toBe('2026-05-01T11:15:00Z');
    await planner.put((await planner.windows())[1], { state: 'failed' });
    await planner.wake();
    await planner.wake();
    expect(await planner.watermark()).toBe('2026-05-01T11:15:00Z');
    expect(planner.log.events().filter((event) => event === 'WatermarkMoved')).toHaveLength(1);
  });

  test('does nothing before the first tick', async () => {
    const planner = await setUp();
    await planner.forget();
    await planner.close(0, 1, 2, 3);
    await planner.wake();
    expect(await planner.watermark()).toBeUndefined();
  });

  test('takes the wake-up before it looks, so that an ending while it looks wakes it again', async () => {
    const planner = await setUp();
    const steps: string[] = [];
    await planner.wake({
      ...planner.store,
      listWindows: (...asked) => {
        steps.push(...planner.asked, 'look');
        return planner.store.listWindows(...asked);
      },
    });
    expect(steps).toEqual([`take ${planner.stream}`, 'look']);
  });

  test('by two wake-ups at once moves the watermark as by one', async () => {
    const planner = await setUp();
    await planner.close(0, 1, 2, 3);
    await Promise.all([planner.wake(), planner.wake(), planner.wake()]);
    expect(await planner.watermark()).toBe(HORIZON);
  });

  test('looks again where a tick has stored what it saw before', async () => {
    const planner = await setUp();
    await planner.close(0);
    let isFirst = true;
    await planner.wake({
      ...planner.store,
      saveWatermark: async (mark) => {
        if (isFirst) {
          await planner.tick();
          await planner.close(1);
        }
        isFirst = false;
        await planner.store.saveWatermark(mark);
      },
    });
    expect(await planner.watermark()).toBe('2026-05-01T11:30:00Z');
  });
});

describe('a tick that cannot store what it changes', () => {
  const mark = { stream: 's', watermark: HORIZON, start: HORIZON, lastTick: HORIZON };

  test.for([
    ['five times where wake-ups are faster', new ClaimLostError('another was faster'), mark, 5],
    ['once where another tick was', new ClaimLostError('another was faster'), { ...mark, lastTick: 'later' }, 1],
    ['once where storage fails', new RetryableError('storage failed'), mark, 1],
  ] as const)('tries %s', async ([, error, stored, most]) => {
    let tries = 0;
    const store = {
      saveWatermark: () => (tries++, Promise.reject(error)),
      readWatermark: () => Promise.resolve(stored),
    } as unknown as CheckpointStore;
    await expect(storeTick(store, mark, () => undefined)).rejects.toBe(error);
    expect(tries).toBe(most);
  });
});

describe('a planner that is woken and cannot store what it found', () => {
  test.for([
    ['five times where others are faster', new ClaimLostError('another was faster'), 5],
    ['once where storage fails', new RetryableError('storage failed'), 1],
  ] as const)('tries %s', async ([, error, most]) => {
    const planner = await setUp();
    await planner.close(0);
    let tries = 0;
    const saveWatermark = () => (tries++, Promise.reject(error));
    await expect(planner.wake({ ...planner.store, saveWatermark })).rejects.toBe(error);
    expect(tries).toBe(most);
  });

  test('nobody wakes: it is logged, and the window has ended all the same', async () => {
    const { log, events } = keptLog();
    await wakeQuietly(
      { ask: () => Promise.reject(new RetryableError('no queue')), take: () => Promise.resolve() },
      's',
      log,
    );
    expect(events()).toEqual(['WakeUpLost']);
  });
});

describe('a tick that a wake-up comes between', () => {
  test.each(['openWindows', 'listWindows'] as const)('after %s opens, queues and ends all the same', async (after) => {
    const planner = await setUp();
    await planner.close(0, 1);
    planner.clock.forward(300_000);
    const store = {
      ...planner.store,
      [after]: async (...values: never[]) => {
        const answer: unknown = await (planner.store[after] as (...given: never[]) => Promise<unknown>)(...values);
        await planner.close(2, 3);
        await planner.wake();
        return answer;
      },
    };
    await planner.tick({ store });
    expect(planner.taken()).toEqual(['20260501T115800Z-20260501T120300Z']);
    const mark = await planner.store.readWatermark(planner.stream);
    expect(mark).toMatchObject({ watermark: HORIZON, lastTick: planner.clock.now().toISOString() });
    expect(mark).not.toHaveProperty('opening');
    expect(planner.log.events()).not.toContain('PlannerSkipped');
  });

  test('and another tick: only the wake-up is let pass', async () => {
    const planner = await setUp();
    planner.clock.forward(300_000);
    const store: CheckpointStore = {
      ...planner.store,
      openWindows: async (...values) => {
        planner.clock.forward(1000);
        await planner.store.openWindows(...values);
        await planner.tick();
        await planner.wake();
      },
    };
    await planner.tick({ store });
    expect(planner.log.events()).toContain('PlannerSkipped');
    expect(await planner.windows()).toHaveLength(6);
  });
});
