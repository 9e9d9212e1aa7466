import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  horizonOf,
  isFinished,
  MAX_WINDOWS_A_TICK,
  planWindows,
  type PlanInput,
} from '../../../src/lib/pipeline/plan-windows.ts';
import type { WindowState } from '../../../src/lib/pipeline/ports.ts';
import { isoSeconds } from '../../../src/lib/pipeline/window.ts';

const BASE = Date.parse('2026-03-01T00:00:00Z');
const at = (minutes: number): string => isoSeconds(BASE + minutes * 60_000);
const window = (from: number, to: number, state: WindowState = 'planned') => ({ from: at(from), to: at(to), state });

const states: readonly WindowState[] = ['planned', 'running', 'closed', 'incomplete', 'failed', 'waived'];
/** Windows as they come to be: pieces of time, some of them cut into slices of the same bounds, some missing. */
const records = fc
  .array(
    fc.record({
      length: fc.integer({ min: 1, max: 20 }),
      isMissing: fc.boolean(),
      slices: fc.array(fc.constantFrom(...states), { minLength: 1, maxLength: 3 }),
    }),
    { maxLength: 12 },
  )
  .map((pieces) => {
    let reached = 0;
    return pieces.flatMap(({ length, isMissing, slices }) => {
      const from = reached;
      reached += length;
      return isMissing ? [] : slices.map((state) => window(from, reached, state));
    });
  });

/** The minutes after the start until the first that is missing or holds an unfinished window. */
function finishedMinutes(all: PlanInput['records'], start = 0): number {
  for (let minute = start; ; minute++) {
    const here = all.filter(({ from, to }) => from <= at(minute) && at(minute) < to);
    if (here.length === 0 || here.some((record) => !isFinished(record))) return minute;
  }
}

function plan(all: PlanInput['records'], horizonMinutes: number, windowMinutes = 15, watermark = 0) {
  const horizon = new Date(BASE + horizonMinutes * 60_000);
  return planWindows({ watermark: at(watermark), records: all, horizon, windowMinutes });
}

describe('the horizon', () => {
  test('is now less the lag, on the last step before', () => {
    const times = fc.integer({ min: 0, max: 2 ** 41 });
    fc.assert(
      fc.property(
        times,
        fc.integer({ min: 0, max: 100_000 }),
        fc.integer({ min: 1, max: 10_080 }),
        (now, lag, step) => {
          const end = horizonOf({ safetyLagSeconds: lag, gridMinutes: step }, now);
          const latest = now - lag * 1000;
          expect(Math.abs(end % (step * 60_000))).toBe(0);
          expect(end).toBeLessThanOrEqual(latest);
          expect(latest - end).toBeLessThan(step * 60_000);
        },
      ),
    );
  });

  test('is on a whole second without a step', () => {
    expect(horizonOf({ safetyLagSeconds: 2 }, 10_999)).toBe(8000);
  });
});

describe('windows of any length', () => {
  test('are one for each gap, whatever its length', () => {
    const { windows } = plan([window(10, 20, 'closed')], 100_000, Infinity);
    expect(windows).toEqual([
      { from: at(0), to: at(10) },
      { from: at(20), to: at(100_000) },
    ]);
  });
});

describe('the watermark', () => {
  test('is the end of the contiguous run of finished windows', () => {
    fc.assert(
      fc.property(records, fc.integer({ min: 0, max: 300 }), (all, horizon) => {
        expect(plan(all, horizon).watermark).toBe(at(finishedMinutes(all)));
      }),
    );
  });

  test('never moves back and never passes an unfinished window', () => {
    fc.assert(
      fc.property(records, fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 300 }), (all, mark, horizon) => {
        const { watermark } = plan(all, horizon, 15, mark);
        expect(watermark >= at(mark)).toBe(true);
        for (const record of all) {
          if (!isFinished(record) && record.to > at(mark)) expect(watermark <= record.to).toBe(true);
          if (!isFinished(record) && record.from >= at(mark)) expect(watermark <= record.from).toBe(true);
        }
      }),
    );
  });

  test('waits for the earlier window, whatever the later ones do', () => {
    const all = [window(0, 15, 'closed'), window(15, 30, 'failed'), window(30, 45, 'closed')];
    expect(plan(all, 45).watermark).toBe(at(15));
  });

  test('waits for the last slice of a window', () => {
    const all = [window(0, 15, 'closed'), window(0, 15, 'running'), window(15, 30, 'closed')];
    expect(plan(all, 30).watermark).toBe(at(0));
  });

  test('passes windows that were closed as incomplete or waived', () => {
    expect(plan([window(0, 15, 'incomplete'), window(15, 30, 'waived')], 30).watermark).toBe(at(30));
  });

  test('does not depend on the order in which windows are read', () => {
    fc.assert(
      fc.property(
        records.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, shuffled]) => {
          expect(plan(shuffled, 300)).toEqual(plan(all, 300));
        },
      ),
    );
  });
});

describe('planned windows', () => {
  test('cover what no record covers up to the horizon, each second once', () => {
    fc.assert(
      fc.property(
        records,
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 1, max: 40 }),
        (all, horizon, minutes) => {
          const { windows } = plan(all, horizon, minutes);
          const covered = [...all, ...windows];
          for (let minute = 0; minute < horizon; minute++) {
            const planned = windows.filter(({ from, to }) => from <= at(minute) && at(minute) < to);
            const known = all.some(({ from, to }) => from <= at(minute) && at(minute) < to);
            expect(planned).toHaveLength(known ? 0 : 1);
          }
          expect(covered.every(({ from, to }) => from < to)).toBe(true);
          for (const { from, to } of windows) {
            expect(to <= at(horizon)).toBe(true);
            expect(Date.parse(to) - Date.parse(from)).toBeLessThanOrEqual(minutes * 60_000);
          }
        },
      ),
    );
  });

  test('are none when planned again: planning is idempotent', () => {
    fc.assert(
      fc.property(records, fc.integer({ min: 0, max: 300 }), (all, horizon) => {
        const first = plan(all, horizon);
        const opened = first.windows.map((each) => ({ ...each, state: 'planned' as const }));
        const again = plan([...all, ...opened], horizon);
        expect(again.windows).toEqual([]);
        expect(again.watermark).toBe(first.watermark);
      }),
    );
  });

  test('end on whole seconds at or before the horizon', () => {
    const { windows } = planWindows({
      watermark: at(0),
      records: [],
      horizon: new Date(BASE + 90_999),
      windowMinutes: 1,
    });
    expect(windows).toEqual([
      { from: at(0), to: at(1) },
      { from: at(1), to: isoSeconds(BASE + 90_000) },
    ]);
  });

  test('are none while the horizon lies before the watermark', () => {
    expect(plan([], -30)).toEqual({ watermark: at(0), windows: [] });
  });

  test('of a long absence come in several ticks, none forgotten', () => {
    const far = (MAX_WINDOWS_A_TICK + 5) * 15;
    const first = plan([], far);
    expect(first.windows).toHaveLength(MAX_WINDOWS_A_TICK);
    const opened = first.windows.map((each) => ({ ...each, state: 'closed' as const }));
    const second = plan(opened, far);
    expect(second.windows).toHaveLength(5);
    expect(second.windows[0]?.from).toBe(first.windows.at(-1)?.to);
  });
});
