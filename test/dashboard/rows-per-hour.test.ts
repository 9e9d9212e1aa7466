import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dayRange, HOUR_MS, hourMarks } from '../../src/dashboard/model/day-range.ts';
import { describeRows, rowsPerHour } from '../../src/dashboard/model/rows-per-hour.ts';
import { NOW } from './views.ts';

const range = dayRange(NOW);
const iso = (time: number): string => new Date(time).toISOString();

describe('the range of a strip', () => {
  test('holds at least the last 24 hours, and stays the same until the hour is over', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1e12, max: 4e12 }), (now) => {
        const { start, end } = dayRange(now);
        expect(start).toBeLessThanOrEqual(now - 24 * HOUR_MS);
        expect(end).toBeGreaterThan(now);
        expect([start % HOUR_MS, end % HOUR_MS, end - start]).toEqual([0, 0, 25 * HOUR_MS]);
      }),
    );
  });

  test('has marks at whole steps of the day', () => {
    expect(hourMarks(range, 6).map((time) => iso(time).slice(8, 16))).toEqual([
      '30T12:00',
      '30T18:00',
      '01T00:00',
      '01T06:00',
      '01T12:00',
    ]);
  });
});

describe('rows by hour', () => {
  test('are as many as the windows in the range have uploaded, whatever their bounds', () => {
    const window = fc
      .tuple(fc.integer({ min: 0, max: 25 * 3600 - 1 }), fc.integer({ min: 1, max: 6 * 3600 }), fc.nat(1e6))
      .map(([start, length, uploaded]) => {
        const from = range.start + start * 1000;
        return { from: iso(from), to: iso(Math.min(from + length * 1000, range.end)), uploaded };
      });
    fc.assert(
      fc.property(fc.array(window, { maxLength: 40 }), (windows) => {
        const hours = rowsPerHour(windows, range);
        const total = windows.reduce((sum, { uploaded }) => sum + uploaded, 0);
        expect(hours).toHaveLength(25);
        // Each hour is rounded once.
        expect(Math.abs(hours.reduce((sum, { rows }) => sum + rows, 0) - total)).toBeLessThanOrEqual(12.5);
      }),
    );
  });

  test('leave out what lies outside of the range', () => {
    const from = range.start - HOUR_MS;
    const hours = rowsPerHour([{ from: iso(from), to: iso(from + 2 * HOUR_MS), uploaded: 10 }], range);
    expect(hours[0]).toEqual({ hour: range.start, rows: 5 });
    expect(hours.slice(1).every(({ rows }) => rows === 0)).toBe(true);
  });

  test('are told in a sentence', () => {
    const hours = rowsPerHour([{ from: '2026-05-01T10:00:00Z', to: '2026-05-01T11:00:00Z', uploaded: 12 }], range);
    expect(describeRows(hours, String)).toBe('12 rows in the hours shown; most, 12, in the hour from 10:00.');
    expect(describeRows(rowsPerHour([], range), String)).toBe('No rows in the hours shown.');
  });
});
