import { describe, expect, test } from 'vitest';
import { dayRange } from '../../src/dashboard/model/day-range.ts';
import { barAt, layOutStrip, stripMarks } from '../../src/dashboard/model/strip-layout.ts';
import { needsAttention } from '../../src/dashboard/model/window-words.ts';
import { stepThrough } from '../../src/dashboard/components/step-through.ts';
import { NOW, windowView } from './views.ts';

const range = dayRange(NOW);
const hour = (from: number, changes = {}) =>
  windowView({
    from: `2026-05-01T${String(from).padStart(2, '0')}:00:00Z`,
    to: `2026-05-01T${String(from + 1).padStart(2, '0')}:00:00Z`,
    ...changes,
  });

describe('a strip', () => {
  test('shows windows in order of time, as wide as they are long', () => {
    const bars = layOutStrip([hour(11), hour(5)], range);
    expect(bars.map(({ window }) => window.from.slice(11, 13))).toEqual(['05', '11']);
    for (const { width, top, height } of bars) expect([width, top, height]).toEqual([expect.closeTo(1 / 25), 0, 1]);
    expect(bars[1]?.left).toBeCloseTo(23 / 25);
  });

  test('stacks the slices of one window', () => {
    const bars = layOutStrip([hour(3, { slice: 'type.file' }), hour(3, { slice: 'type.process' })], range);
    expect(bars.map(({ top, height }) => [top, height])).toEqual([
      [0, 0.5],
      [0.5, 0.5],
    ]);
  });

  test('leaves out what looks back over a day, so that the pointer finds the window under it', () => {
    const day = { from: '2026-04-30T13:00:00Z', to: '2026-05-01T12:00:00Z' };
    const bars = layOutStrip(
      [hour(3), windowView({ ...day, slice: 'look.1' }), windowView({ ...day, slice: 'late.1-0' })],
      range,
    );
    expect(bars.map(({ window }) => window.slice)).toEqual([null]);
  });

  test('cuts a window that begins before it, and leaves out one that ended before', () => {
    const old = { from: '2026-04-30T10:00:00Z', to: '2026-04-30T13:00:00Z' };
    const bars = layOutStrip([windowView(old), windowView({ ...old, to: '2026-04-30T11:00:00Z' })], range);
    expect(bars).toMatchObject([{ left: 0, width: expect.closeTo(1 / 25) as number }]);
  });

  test('gives the pointer the window under it, or the nearest one', () => {
    const bars = layOutStrip([hour(3), hour(4, { slice: 'a' }), hour(4, { slice: 'b' }), hour(9)], range);
    const at = (hours: number, y: number) => barAt(bars, (12 + hours) / 25, y)?.window;
    expect(at(3.5, 0.5)?.from).toBe('2026-05-01T03:00:00Z');
    expect([at(4.5, 0.2)?.slice, at(4.5, 0.8)?.slice]).toEqual(['a', 'b']);
    expect(at(8, 0.5)?.from).toBe('2026-05-01T09:00:00Z');
    expect(barAt([], 0.5, 0.5)).toBeUndefined();
  });

  test('marks windows that need a look, neighbours of one state with one sign', () => {
    const states = ['failed', 'failed', 'closed', 'incomplete', 'closed', 'closed', 'failed'] as const;
    const bars = layOutStrip(
      states.map((state, index) => hour(index, { state })),
      range,
    );
    const marks = stripMarks(bars, needsAttention, 0.05).map(({ state, count }) => `${count} ${state}`);
    expect(marks).toEqual(['2 failed', '1 incomplete', '1 failed']);
  });
});

describe('keys', () => {
  const keys = Array.from({ length: 30 }, (_, index) => String(index));
  test.for([
    ['ArrowLeft', '5', '4'],
    ['ArrowRight', '5', '6'],
    ['ArrowLeft', '0', '0'],
    ['ArrowRight', '29', '29'],
    ['PageUp', '20', '8'],
    ['PageDown', '20', '29'],
    ['Home', '20', '0'],
    ['End', '20', '29'],
    ['ArrowLeft', undefined, '29'],
    ['Tab', '5', undefined],
  ] as const)('%s leads from %s to %s', ([pressed, current, target]) => {
    expect(stepThrough(keys, current, pressed)).toBe(target);
  });

  test('lead nowhere where there is nothing', () => {
    expect(stepThrough([], undefined, 'ArrowLeft')).toBeUndefined();
  });
});
