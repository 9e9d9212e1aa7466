import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { edrCallsBound, growthResults, type GrowthPoint } from '../../bench/growth-point.ts';
import { makeGrowth } from './growth-points.ts';

const { points } = makeGrowth();

function lineOf(name: string, changed: readonly GrowthPoint[] = points) {
  return growthResults(changed).find((line) => line.name === name);
}

/** All points, the last one of a series changed. */
function change(series: string, changes: Partial<GrowthPoint>): GrowthPoint[] {
  const last = points.findLastIndex((point) => point.series === series);
  return points.map((point, index) => (index === last ? { ...point, ...changes } : point));
}

describe('the lines of the growth', () => {
  test('all hold for an app that grows as it should', () => {
    expect(growthResults(points).filter(({ holds }) => !holds)).toEqual([]);
  });

  test.each([
    ['growth-vm-time', 'vm', { seconds: 41 }],
    ['growth-edr-time', 'edr', { seconds: 61 }],
    ['growth-vm-calls', 'vm', { calls: 8 }],
    ['growth-edr-calls', 'edr', { calls: 42 * 2 + 201 }],
    ['growth-vm-state', 'vm', { peakStateRows: 2 * 7 + 1 }],
    ['growth-edr-state', 'edr', { peakStateRows: 3 * 42 + 1 }],
    ['growth-memory', 'vm', { peakMb: 201 }],
    ['growth-workers-4-2-processes', 'workers', { seconds: 7 }],
    ['growth-workers-4-2-processes', 'workers', { mostAtOnce: 5 }],
  ] as const)('%s does not hold when the last point of %s has %j', (name, series, changes) => {
    expect(lineOf(name, change(series, changes))?.holds).toBe(false);
  });

  test('workers are compared with one worker, each number of processes on a line of its own', () => {
    expect(lineOf('growth-workers-2')).toMatchObject({ ours: 10, rival: 20, ratio: 2, goal: 1.5 });
    expect(lineOf('growth-workers-4')).toMatchObject({ ours: 5, rival: 20, ratio: 4, goal: 3 });
    expect(lineOf('growth-workers-4-2-processes')).toMatchObject({ ours: 6, rival: 20, goal: 3 });
  });

  test('memory names the size that needed the most', () => {
    expect(lineOf('growth-memory', change('edr', { peakMb: 199 }))?.rivalName).toContain('edr, 200000');
  });

  test('a series of one point is refused by name', () => {
    expect(() => growthResults(points.filter(({ size }) => size !== 2000 && size !== 20_000))).toThrow(
      'the series edr must have at least two points, not 1',
    );
  });

  test('calls of EDR windows never exceed the bound, however the events fall', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 50 }), (windows) => {
        const records = windows.reduce((sum, events) => sum + events, 0);
        const calls = windows.reduce((sum, events) => sum + 1 + Math.ceil(events / 1000), 0);
        expect(calls).toBeLessThanOrEqual(edrCallsBound({ windows: windows.length, records }));
      }),
    );
  });
});
