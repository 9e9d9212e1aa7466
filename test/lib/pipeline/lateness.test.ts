import { describe, expect, test } from 'vitest';
import { viewLateness } from '../../../src/lib/pipeline/lateness.ts';
import { newWindow } from '../../../src/lib/pipeline/new-window.ts';
import type { WindowRecord } from '../../../src/lib/pipeline/ports.ts';
import { setUpPlanner } from '../../support/planner.ts';

const NOW = new Date('2026-05-03T12:00:00Z');
const HOUR_MS = 3_600_000;
const LAG = { safetyLagSeconds: 120, mostLagSeconds: 3600 };

/** What a look so many hours ago has found. */
function found(stream: string, hoursAgo: number, missingSeconds: number, rows = 1): WindowRecord {
  const at = new Date(NOW.getTime() - hoursAgo * HOUR_MS);
  const about = { stream, run: 'live', from: '2026-05-01T11:00:00Z', to: '2026-05-01T12:00:00Z' };
  const record = newWindow({ ...about, slice: `late.${at.getTime() / 1000}-0` }, at);
  return { ...record, state: 'closed', counts: { ...record.counts, rows, missingSeconds } };
}

const finds = (...of: readonly (readonly [number, number, number?])[]): WindowRecord[] =>
  of.map(([hoursAgo, missing, rows]) => found('edr-events', hoursAgo, missing, rows));

describe('the safety lag', () => {
  test.for([
    [
      'does not grow for two looks that found something',
      [
        [1, 200],
        [2, 200],
      ],
      0,
    ],
    [
      'grows with the third to half as much again as was missing each time',
      [
        [1, 200],
        [2, 240],
        [3, 220],
      ],
      180,
    ],
    [
      'does not grow for what was found without new rows',
      [
        [1, 200],
        [2, 200],
        [3, 200, 0],
      ],
      0,
    ],
    [
      'does not grow for what it can hold already',
      [
        [1, 60],
        [2, 60],
        [3, 60],
      ],
      0,
    ],
    [
      'grows no further than its bound',
      [
        [1, 3000],
        [2, 3000],
        [3, 3000],
      ],
      3480,
    ],
    [
      'does not grow for what no lag within its bound holds',
      [
        [1, 7200],
        [2, 7200],
        [3, 7200],
      ],
      0,
    ],
    [
      'shrinks when a find is two days old',
      [
        [1, 200],
        [2, 200],
        [49, 200],
      ],
      0,
    ],
  ] as const)('%s', ([, of, added]) => {
    expect(viewLateness(finds(...of), LAG, NOW).addedLagSeconds).toBe(added);
  });

  test('counts what one look found in many rows once', () => {
    expect(viewLateness(finds([1, 200], [1, 200], [1, 200]), LAG, NOW).addedLagSeconds).toBe(0);
  });

  test('that has grown is the one by which windows are planned', async () => {
    const planner = await setUpPlanner({}, '2026-05-03T11:55:00Z');
    await planner.tick();
    await planner.store.insertWindows([1, 2, 3].map((hoursAgo) => found(planner.stream, hoursAgo, 400)));
    planner.clock.forward(5 * 60_000);
    await planner.tick({ mostLagSeconds: 3600 });
    planner.clock.forward(15 * 60_000);
    await planner.tick({ mostLagSeconds: 3600 });
    const ends = (await planner.windows()).map(({ to }) => to).sort();
    expect(ends.at(-1)).toBe('2026-05-03T12:05:00Z');
  });
});

test('how late the vendor is, is told by the usual and the longest time that a record was missing', () => {
  const { lookedAt, ...late } = viewLateness(finds([1, 200], [2, 300, 4], [5, 7200]), LAG, NOW);
  expect(late).toEqual({ rows: 6, usualSeconds: 300, mostSeconds: 7200, addedLagSeconds: 0 });
  expect(lookedAt).toBeNull();
});
