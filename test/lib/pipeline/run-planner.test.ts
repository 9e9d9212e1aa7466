import { describe, expect, test } from 'vitest';
import { ClaimLostError, RetryableError } from '../../../src/lib/errors.ts';
import type { CheckpointStore } from '../../../src/lib/pipeline/ports.ts';
import { retryWindow } from '../../../src/lib/pipeline/operate-window.ts';
import { newWindow } from '../../../src/lib/pipeline/new-window.ts';
import { setUpPlanner } from '../../support/planner.ts';

const HOUR_MS = 3_600_000;

describe('the first tick', () => {
  test('starts 24 hours before itself and sends each window to the queue once', async () => {
    const planner = await setUpPlanner({ windowMinutes: 60 });
    await planner.tick();
    const windows = await planner.windows();
    expect(await planner.watermark()).toBe('2026-04-30T12:00:00Z');
    expect(windows[0]).toMatchObject({ from: '2026-04-30T12:00:00Z', to: '2026-04-30T13:00:00Z', state: 'planned' });
    expect(windows.at(-1)?.to).toBe('2026-05-01T11:58:00Z');
    expect(planner.taken()).toEqual(windows.map(({ key }) => key));
  });

  test('with a step ends on it, and reaches back far enough for a window', async () => {
    const planner = await setUpPlanner({ windowMinutes: Infinity, gridMinutes: 1440, safetyLagSeconds: 0 });
    await planner.tick();
    expect(await planner.windows()).toMatchObject([{ from: '2026-04-30T00:00:00Z', to: '2026-05-01T00:00:00Z' }]);
    const weekly = await setUpPlanner({ windowMinutes: Infinity, gridMinutes: 10_080, safetyLagSeconds: 0 });
    await weekly.tick();
    const [window, ...more] = await weekly.windows();
    expect(more).toEqual([]);
    expect(Date.parse(window!.to) - Date.parse(window!.from)).toBe(7 * 24 * HOUR_MS);
    expect(Date.parse(window!.to)).toBeLessThanOrEqual(weekly.clock.now().getTime());
  });

  test('marks the window with which the stream begins, and no other one', async () => {
    const sliceOf = (_: object, isFirst: boolean): string | undefined => (isFirst ? 'everything' : undefined);
    const planner = await setUpPlanner({
      windowMinutes: Infinity,
      gridMinutes: 360,
      safetyLagSeconds: 36_000,
      sliceOf,
    });
    await planner.tick();
    const [first] = await planner.windows();
    expect(first).toMatchObject({ slice: 'everything', to: '2026-05-01T00:00:00Z' });
    expect(first?.key).toContain('~everything');
    expect(first?.isFirst).toBe(true);
    await planner.put(first, { state: 'closed' });
    planner.clock.forward(6 * HOUR_MS);
    await planner.tick();
    const [, second] = await planner.windows();
    expect(second).toMatchObject({ from: '2026-05-01T00:00:00Z', to: '2026-05-01T06:00:00Z' });
    expect(second?.slice).toBeUndefined();
    expect(second?.isFirst).toBeUndefined();
  });

  test('starts at START where it is set, on a whole second', async () => {
    const planner = await setUpPlanner({ start: new Date('2026-05-01T11:00:00.700Z') });
    await planner.tick();
    expect((await planner.windows()).map(({ from }) => from)).toEqual([
      '2026-05-01T11:00:00Z',
      '2026-05-01T11:15:00Z',
      '2026-05-01T11:30:00Z',
      '2026-05-01T11:45:00Z',
    ]);
  });

  test('stores its start, so that a later START changes nothing', async () => {
    const planner = await setUpPlanner({ start: new Date('2026-05-01T11:30:00Z') });
    await planner.tick();
    await planner.tick({ plan: { windowMinutes: 15, safetyLagSeconds: 120, start: new Date('2026-04-01T00:00:00Z') } });
    expect(await planner.store.readWatermark(planner.stream)).toMatchObject({ start: '2026-05-01T11:30:00Z' });
    expect((await planner.windows())[0]?.from).toBe('2026-05-01T11:30:00Z');
  });

  test('plans nothing while START lies in the future', async () => {
    const planner = await setUpPlanner({ start: new Date('2026-06-01T00:00:00Z') });
    await planner.tick();
    expect(await planner.windows()).toEqual([]);
    expect(await planner.watermark()).toBe('2026-06-01T00:00:00Z');
  });
});

test('a tick tells how far the watermark is behind, and how many windows are open and have failed', async () => {
  const planner = await setUpPlanner({ start: new Date('2026-05-01T11:00:00Z') });
  await planner.tick();
  const [first, second] = await planner.windows();
  await planner.put(first, { state: 'closed' });
  await planner.put(second, { state: 'failed' });
  planner.log.lines.length = 0;
  await planner.tick();
  expect(planner.log.lines.map((line) => JSON.parse(line) as unknown)).toContainEqual(
    expect.objectContaining({
      event: 'WindowsPlanned',
      watermark: '2026-05-01T11:15:00Z',
      lagSeconds: 2700,
      openWindows: 3,
      failedWindows: 1,
    }),
  );
});

describe('a later tick', () => {
  test('opens only what is new', async () => {
    const planner = await setUpPlanner({ start: new Date('2026-05-01T11:30:00Z') });
    await planner.tick();
    planner.taken();
    planner.clock.forward(300_000);
    await planner.tick();
    expect(planner.taken()).toEqual(['20260501T115800Z-20260501T120300Z']);
    await planner.tick();
    expect(planner.taken()).toEqual([]);
  });

  test('the watermark waits for the earlier window', async () => {
    const planner = await setUpPlanner({ start: new Date('2026-05-01T11:00:00Z') });
    await planner.tick();
    const [first, second, third] = await planner.windows();
    await planner.put(second, { state: 'closed' });
    await planner.put(third, { state: 'closed' });
    await planner.tick();
    expect(await planner.watermark()).toBe('2026-05-01T11:00:00Z');
    await planner.put(first, { state: 'closed' });
    await planner.tick();
    expect(await planner.watermark()).toBe('2026-05-01T11:45:00Z');
  });

  test('a failed window stays failed and visible; the watermark stops before it until it is retried or waived', async () => {
    const planner = await setUpPlanner({ start: new Date('2026-05-01T11:00:00Z') });
    await planner.tick();
    for (const record of await planner.windows()) await planner.put(record, { state: 'closed' });
    const [, second] = await planner.windows();
    await planner.put(second, { state: 'failed', lastError: '1905', notBefore: '2026-05-01T13:00:00Z' });
    await planner.tick();
    expect(await planner.watermark()).toBe('2026-05-01T11:15:00Z');
    const [failed] = await planner.store.listWindows(planner.stream, 'live', '2026-05-01T11:15:00Z');
    expect(failed).toMatchObject({ state: 'failed', lastError: '1905' });
    await planner.put(failed, { state: 'waived' });
    await planner.tick();
    expect(await planner.watermark()).toBe('2026-05-01T11:58:00Z');
  });

  test('brings a failed window back when it is due, not before', async () => {
    const planner = await setUpPlanner({ start: new Date('2026-05-01T11:45:00Z') });
    await planner.tick();
    const [record] = await planner.windows();
    await planner.put(record, { state: 'failed', notBefore: '2026-05-01T12:10:00Z' });
    Reflect.deleteProperty(record!, 'queuedAt');
    await planner.put(record, {});
    planner.taken();
    planner.clock.forward(540_000);
    await planner.tick();
    expect(planner.taken()).not.toContain(record!.key);
    planner.clock.forward(60_000);
    await planner.tick();
    expect(planner.taken()).toContain(record!.key);
    await planner.tick();
    expect(planner.taken()).not.toContain(record!.key);
  });

  test('puts a window without progress in the queue again, and then waits as long once more', async () => {
    const planner = await setUpPlanner({ start: new Date('2026-05-01T11:45:00Z') });
    await planner.tick();
    const [record] = await planner.windows();
    planner.taken();
    planner.clock.forward(900_000);
    await planner.tick();
    expect(planner.taken()).not.toContain(record!.key);
    planner.clock.forward(1000);
    await planner.tick();
    expect(planner.taken()).toContain(record!.key);
    planner.clock.forward(900_000);
    await planner.tick();
    expect(planner.taken()).not.toContain(record!.key);
  });

  test('leaves a window in its worker’s hands while the claim lives', async () => {
    const planner = await setUpPlanner({ start: new Date('2026-05-01T11:45:00Z') });
    await planner.tick();
    const [record] = await planner.windows();
    await planner.put(record, { state: 'running', claim: { owner: 'worker', until: '2026-05-01T14:00:00Z' } });
    planner.taken();
    planner.clock.forward(HOUR_MS);
    await planner.tick();
    expect(planner.taken()).not.toContain(record!.key);
  });

  test('leaves a window that waits until its time has come', async () => {
    const planner = await setUpPlanner({ start: new Date('2026-05-01T11:45:00Z') });
    await planner.tick();
    const [record] = await planner.windows();
    await planner.put(record, { notBefore: '2026-05-01T14:00:00Z' });
    planner.taken();
    planner.clock.forward(HOUR_MS);
    await planner.tick();
    expect(planner.taken()).not.toContain(record!.key);
    planner.clock.forward(HOUR_MS + 901_000);
    await planner.tick();
    expect(planner.taken()).toContain(record!.key);
  });
});

describe('an incomplete window that an operator opens again behind the watermark', () => {
  test('is brought back by the planner when it fails once more', async () => {
    const planner = await setUpPlanner({ start: new Date('2026-05-01T11:45:00Z') });
    await planner.tick();
    const [record] = await planner.windows();
    await planner.put(record, { state: 'incomplete', closedAt: '2026-05-01T12:00:00Z' });
    await planner.tick();
    expect(await planner.watermark()).toBe('2026-05-01T11:58:00Z');
    const item = { version: 1, stream: planner.stream, run: 'live', window: record!.key } as const;
    const reopened = await retryWindow(item, planner.deps);
    Reflect.deleteProperty(reopened!, 'queuedAt');
    await planner.put(reopened, { state: 'failed', notBefore: '2026-05-01T12:10:00Z' });
    planner.taken();
    for (let minutes = 0; minutes <= 70; minutes += 5) {
      planner.clock.forward(300_000);
      await planner.tick();
    }
    expect(planner.taken()).toContain(record!.key);
    expect((await planner.watermark())! >= '2026-05-01T11:58:00Z').toBe(true);
  });
});

describe('a planner that was killed', () => {
  test('after its windows were stored and before they were sent has them sent by the next tick', async () => {
    const planner = await setUpPlanner({ start: new Date('2026-05-01T11:00:00Z') });
    const queue = { send: () => Promise.reject(new RetryableError('killed')) };
    await expect(planner.tick({ queue })).rejects.toThrow('killed');
    expect(planner.taken()).toEqual([]);
    planner.clock.forward(1000);
    await planner.tick();
    const windows = await planner.windows();
    expect(planner.taken().sort()).toEqual(windows.map(({ key }) => key));
    expect(windows).toHaveLength(5);
  });

  test('half-way through storing its windows has the rest planned by the next tick', async () => {
    const planner = await setUpPlanner({ start: new Date('2026-05-01T11:00:00Z') });
    const store: CheckpointStore = {
      ...planner.store,
      openWindows: async (records, planTag) => {
        await planner.store.openWindows(records.slice(0, 2), planTag);
        throw new RetryableError('killed');
      },
    };
    await expect(planner.tick({ store })).rejects.toThrow('killed');
    await planner.tick();
    const windows = await planner.windows();
    expect(windows.map(({ from }) => from.slice(11, 16))).toEqual(['11:00', '11:15', '11:30', '11:45']);
    expect(planner.taken().sort()).toEqual(windows.map(({ key }) => key));
  });

  test('is over once a tick went through: its windows are not sent a third time', async () => {
    const planner = await setUpPlanner({ start: new Date('2026-05-01T11:45:00Z') });
    const queue = { send: () => Promise.reject(new RetryableError('killed')) };
    await expect(planner.tick({ queue })).rejects.toThrow('killed');
    await planner.tick();
    planner.taken();
    await planner.tick();
    expect(planner.taken()).toEqual([]);
  });
});

describe('planners that run at once', () => {
  test('open each window once and leave one watermark', async () => {
    const planner = await setUpPlanner({ start: new Date('2026-05-01T06:00:00Z') });
    await Promise.all(Array.from({ length: 6 }, () => planner.tick()));
    await planner.tick();
    const windows = await planner.windows();
    expect(new Set(windows.map(({ from }) => from)).size).toBe(windows.length);
    expect(windows).toHaveLength(24);
    expect(new Set(planner.taken())).toEqual(new Set(windows.map(({ key }) => key)));
    expect(await planner.watermark()).toBe('2026-05-01T06:00:00Z');
  });

  test.each(['before it opened any window', 'when others are open'])(
    'a planner held up %s opens no time again that another one has opened meanwhile',
    async (since) => {
      const planner = await setUpPlanner({ start: new Date('2026-05-01T11:30:00Z') });
      if (since === 'when others are open') await planner.tick();
      planner.clock.forward(60_000);
      const heldUp: CheckpointStore = {
        ...planner.store,
        openWindows: async (records, planTag) => {
          planner.clock.forward(60_000);
          await planner.tick();
          await planner.store.openWindows(records, planTag);
        },
      };
      await planner.tick({ store: heldUp });
      expect(planner.log.events()).toContain('PlannerSkipped');
      const windows = await planner.windows();
      expect(windows.slice(1).map(({ from }) => from)).toEqual(windows.slice(0, -1).map(({ to }) => to));
      expect(windows.at(-1)?.to).toBe('2026-05-01T12:00:00Z');
    },
  );

  test('and the list that leaves out a window which is split meanwhile: its time is not opened again', async () => {
    const planner = await setUpPlanner({ start: new Date('2026-05-01T11:00:00Z') });
    await planner.tick();
    const before = await planner.windows();
    let lists = 0;
    const store: CheckpointStore = {
      ...planner.store,
      listWindows: async (stream, run) => {
        const all = await planner.store.listWindows(stream, run);
        return lists++ === 0 ? all.toSpliced(1, 1) : all;
      },
    };
    await planner.tick({ store, plan: { windowMinutes: 5, safetyLagSeconds: 120 } });
    expect((await planner.windows()).map(({ key }) => key)).toEqual(before.map(({ key }) => key));
  });

  test('never move the watermark back', async () => {
    const planner = await setUpPlanner({ start: new Date('2026-05-01T11:00:00Z') });
    await planner.tick();
    const slow = await planner.store.readWatermark(planner.stream);
    for (const record of await planner.windows()) await planner.put(record, { state: 'closed' });
    await planner.tick();
    expect(await planner.watermark()).toBe('2026-05-01T11:58:00Z');
    await expect(planner.store.saveWatermark(slow!)).rejects.toBeInstanceOf(ClaimLostError);
    expect(await planner.watermark()).toBe('2026-05-01T11:58:00Z');
  });
});

describe('a planner that can ask for the time that all instances share', () => {
  const at = (iso: string) => ({ sharedTime: () => Promise.resolve(new Date(iso)) });
  const ahead = (planner: Awaited<ReturnType<typeof setUpPlanner>>) =>
    planner.log.lines.map((line) => JSON.parse(line) as object).find((line) => 'seconds' in line);

  test('plans by it where its own clock is ahead, and says so', async () => {
    const planner = await setUpPlanner({ start: new Date('2026-05-01T10:30:00Z') });
    await planner.tick(at('2026-05-01T11:00:00Z'));
    expect((await planner.windows()).at(-1)?.to).toBe('2026-05-01T10:58:00Z');
    expect(ahead(planner)).toMatchObject({ event: 'ClockAhead', stream: planner.stream, seconds: 3600 });
  });

  test('plans by its own clock where that is behind', async () => {
    const planner = await setUpPlanner({ start: new Date('2026-05-01T11:30:00Z') });
    await planner.tick(at('2026-05-01T13:00:00Z'));
    expect((await planner.windows()).at(-1)?.to).toBe('2026-05-01T11:58:00Z');
    expect(ahead(planner)).toBeUndefined();
  });

  test('never plans ahead of it, not even by the seconds that are worth no warning', async () => {
    const planner = await setUpPlanner({ start: new Date('2026-05-01T11:30:00Z') });
    await planner.tick(at('2026-05-01T11:59:50Z'));
    expect((await planner.windows()).at(-1)?.to).toBe('2026-05-01T11:57:50Z');
    expect(ahead(planner)).toBeUndefined();
  });

  test('plans by its own clock where nobody tells another', async () => {
    const planner = await setUpPlanner({ start: new Date('2026-05-01T11:30:00Z') });
    await planner.tick({ sharedTime: () => Promise.resolve(undefined) });
    expect((await planner.windows()).at(-1)?.to).toBe('2026-05-01T11:58:00Z');
  });

  test('plans nothing while it cannot be read', async () => {
    const planner = await setUpPlanner({ start: new Date('2026-05-01T11:30:00Z') });
    const failing = { sharedTime: () => Promise.reject(new RetryableError('storage failed')) };
    await expect(planner.tick(failing)).rejects.toThrow('storage failed');
    expect(await planner.windows()).toEqual([]);
  });
});

describe('pruning', () => {
  test('deletes finished windows after eight days, as ticks come every five minutes', async () => {
    const planner = await setUpPlanner({ start: new Date('2026-05-01T11:00:00Z') });
    await planner.tick();
    for (const record of await planner.windows()) await planner.put(record, { state: 'closed' });
    await planner.tick();
    planner.clock.forward(7 * 24 * HOUR_MS + 22 * HOUR_MS);
    const changes = { plan: { windowMinutes: 1440, safetyLagSeconds: 120 } };
    await planner.tick(changes);
    for (const record of await planner.windows()) await planner.put(record, { state: 'closed' });
    // No two ticks are ever an hour apart.
    for (let minutes = 0; minutes <= 5 * 60; minutes += 50) {
      await planner.tick(changes);
      planner.clock.forward(50 * 60_000);
    }
    const left = await planner.windows();
    expect(left.filter(({ from }) => from < '2026-05-01T11:58:00Z')).toEqual([]);
    expect(left.filter(({ state }) => state === 'closed')).toHaveLength(8);
  });

  test('keeps unacknowledged incomplete windows', async () => {
    const planner = await setUpPlanner();
    const now = planner.clock.now();
    const window = (from: string, to: string, changes: object) => ({
      ...newWindow({ stream: planner.stream, run: 'live', from, to }, now),
      ...changes,
    });
    await planner.store.insertWindows([
      window('2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z', { state: 'closed' }),
      window('2026-01-01T01:00:00Z', '2026-01-01T02:00:00Z', { state: 'incomplete' }),
      window('2026-01-01T02:00:00Z', '2026-01-01T03:00:00Z', { state: 'incomplete', acknowledged: true }),
      window('2026-01-01T03:00:00Z', '2026-01-01T04:00:00Z', { state: 'waived' }),
      window('2026-01-01T04:00:00Z', '2026-01-01T05:00:00Z', { state: 'failed' }),
      window('2026-01-01T05:00:00Z', '2026-01-01T06:00:00Z', { state: 'closed' }),
    ]);
    await planner.store.pruneWindows(planner.stream, 'live', '2026-01-01T05:30:00Z', '2026-01-01T05:30:00Z');
    expect((await planner.windows()).map(({ from, state }) => `${from.slice(11, 13)} ${state}`)).toEqual([
      '01 incomplete',
      '04 failed',
      '05 closed',
    ]);
  });
});

describe('backfills', () => {
  test('are brought forward at each tick', async () => {
    const planner = await setUpPlanner({ start: new Date('2026-05-01T11:45:00Z') });
    let tended = 0;
    const tendBackfills = () => {
      tended++;
      return Promise.resolve();
    };
    await planner.tick({ tendBackfills });
    await planner.tick({ tendBackfills });
    expect(tended).toBe(2);
  });

  test('that cannot be brought forward do not hold up the live windows', async () => {
    const planner = await setUpPlanner({ start: new Date('2026-05-01T11:45:00Z') });
    const tendBackfills = () => Promise.reject(new RetryableError('the table of backfills'));
    await planner.tick({ tendBackfills }).catch(() => undefined);
    expect(planner.taken()).toHaveLength(1);
    expect(planner.log.lines.join()).toContain('the table of backfills');
  });
});

describe('a stream that looks back', () => {
  const start = new Date('2026-05-01T11:00:00Z');

  test.for([true, false])(
    '%s: has a row opened for it at the first tick of an hour, one at a time',
    async (looksBack) => {
      const planner = await setUpPlanner({ start });
      const looks = async () => (await planner.windows()).filter(({ slice }) => slice?.startsWith('look.'));
      await planner.tick({ looksBack });
      for (const record of await planner.windows()) await planner.put(record, { state: 'closed' });
      for (let ticks = 0; ticks < 2; ticks++) {
        planner.clock.forward(300_000);
        await planner.tick({ looksBack });
      }
      expect(await looks()).toEqual([]);
      planner.taken();
      for (const minutes of [50, 5, 60]) {
        planner.clock.forward(minutes * 60_000);
        await planner.tick({ looksBack });
        expect(await looks()).toHaveLength(looksBack ? 1 : 0);
      }
      expect(planner.taken().filter((key) => key.includes('look.')).length > 0).toBe(looksBack);
      if (!looksBack) return;
      const [look] = await looks();
      expect(look).toMatchObject({
        from: '2026-05-01T11:00:00Z',
        to: '2026-05-01T11:58:00Z',
        slice: 'look.1777640400',
      });
      await planner.put(look, { state: 'closed' });
      planner.clock.forward(HOUR_MS);
      await planner.tick({ looksBack });
      expect(await looks()).toHaveLength(2);
    },
  );

  test.for([
    ['keeps the ledgers of its last day, in which it looks', true, '2026-04-30T00:00:00Z'],
    ['where it does not, keeps them as long as its windows', false, '2026-04-23T13:00:00Z'],
  ] as const)('%s', async ([, looksBack, ledgersBefore]) => {
    const planner = await setUpPlanner({ start: new Date('2026-04-20T00:00:00Z'), windowMinutes: 1440 });
    await planner.tick({ looksBack: false });
    for (const record of await planner.windows()) await planner.put(record, { state: 'closed' });
    const pruned: string[][] = [];
    const store = {
      ...planner.store,
      pruneWindows: (...given: string[]) => Promise.resolve(void pruned.push(given)),
    };
    planner.clock.forward(HOUR_MS);
    await planner.tick({ store, looksBack });
    expect(pruned).toEqual([[planner.stream, 'live', '2026-04-23T13:00:00Z', ledgersBefore]]);
  });

  test('stays as far behind as its index is late, as far as it may', async () => {
    const planner = await setUpPlanner({ start });
    await planner.tick();
    const at = planner.clock.now().toISOString();
    for (const hour of [1, 2, 3]) {
      const bounds = { from: '2026-05-01T11:00:00Z', to: '2026-05-01T11:10:00Z', slice: `late.${hour}-0` };
      const late = newWindow({ stream: planner.stream, run: 'live', ...bounds }, planner.clock.now());
      const counts = { ...late.counts, rows: 1, missingSeconds: 600 };
      await planner.store.insertWindows([{ ...late, state: 'closed', closedAt: at, counts }]);
    }
    planner.clock.forward(HOUR_MS);
    await planner.tick({ mostLagSeconds: 3600 });
    // Once and a half of ten minutes behind 13:00.
    expect(
      (await planner.windows())
        .map(({ to }) => to)
        .sort()
        .at(-1),
    ).toBe('2026-05-01T12:45:00Z');
    planner.clock.forward(60_000);
    await planner.tick({ mostLagSeconds: 60 });
    expect(
      (await planner.windows())
        .map(({ to }) => to)
        .sort()
        .at(-1),
    ).toBe('2026-05-01T12:59:00Z');
  });
});

test('a tick that cannot prune has planned all the same, and says so', async () => {
  const planner = await setUpPlanner({ start: new Date('2026-05-01T11:00:00Z') });
  await planner.tick();
  planner.clock.forward(HOUR_MS);
  const store = { ...planner.store, pruneWindows: () => Promise.reject(new RetryableError('storage failed')) };
  await planner.tick({ store });
  expect(planner.log.events()).toEqual(expect.arrayContaining(['PruneError', 'WindowsPlanned']));
  expect((await planner.windows()).at(-1)?.to).toBe('2026-05-01T12:58:00Z');
});
