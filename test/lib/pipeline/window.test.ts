import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ceilSecond,
  chop,
  compactTime,
  endOf,
  floorSecond,
  gaps,
  halve,
  isoSeconds,
  toInterval,
  windowKey,
  type Interval,
} from '../../../src/lib/pipeline/window.ts';

const BASE = Date.parse('2026-03-01T00:00:00Z');
const interval = (maxSeconds = 5000): fc.Arbitrary<Interval> =>
  fc
    .tuple(fc.integer({ min: 0, max: maxSeconds }), fc.integer({ min: 1, max: maxSeconds }))
    .map(([start, length]) => ({ from: BASE + start * 1000, to: BASE + (start + length) * 1000 }));

/** Seconds that intervals cover, as often as they cover them. */
function secondsOf(intervals: readonly Interval[]): number[] {
  return intervals.flatMap(({ from, to }) => Array.from({ length: (to - from) / 1000 }, (_, at) => from + at * 1000));
}

describe('times', () => {
  test('are written with whole seconds, cut downwards', () => {
    expect(isoSeconds(new Date('2026-01-31T23:59:59.999Z'))).toBe('2026-01-31T23:59:59Z');
    expect(isoSeconds(0)).toBe('1970-01-01T00:00:00Z');
  });

  test('floor and ceiling enclose the instant within a second', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 4e12 }), (time) => {
        const [floor, ceiling] = [floorSecond(time), ceilSecond(time)];
        expect(floor % 1000 === 0 && ceiling % 1000 === 0).toBe(true);
        expect(floor <= time && time <= ceiling && ceiling - floor <= 1000).toBe(true);
      }),
    );
  });

  test('are read back as they were written', () => {
    fc.assert(
      fc.property(interval(), ({ from, to }) => {
        expect(toInterval({ from: isoSeconds(from), to: isoSeconds(to) })).toEqual({ from, to });
      }),
    );
  });
});

describe('the key of a window', () => {
  test('holds bounds and slice', () => {
    const window = { from: '2026-01-31T00:00:00Z', to: '2026-01-31T00:15:00Z' };
    expect(windowKey(window)).toBe('20260131T000000Z-20260131T001500Z');
    expect(windowKey({ ...window, slice: 'type.file' })).toBe('20260131T000000Z-20260131T001500Z~type.file');
    expect(compactTime('2026-01-31T00:00:00Z')).toBe('20260131T000000Z');
  });

  test('sorts by time', () => {
    fc.assert(
      fc.property(interval(1e8), interval(1e8), (left, right) => {
        const key = ({ from, to }: Interval): string => windowKey({ from: isoSeconds(from), to: isoSeconds(to) });
        fc.pre(left.from !== right.from);
        expect(key(left) < key(right)).toBe(left.from < right.from);
      }),
    );
  });

  test('holds no character that table keys or URLs forbid, whatever the slice', () => {
    fc.assert(
      fc.property(fc.string(), (slice) => {
        expect(windowKey({ from: '2026-01-31T00:00:00Z', to: '2026-01-31T00:15:00Z', slice })).toMatch(
          /^[A-Za-z0-9.,~-]+$/,
        );
      }),
    );
  });
});

describe('chopping and halving', () => {
  test('chop is an exact partition into pieces of at most the length, none empty', () => {
    fc.assert(
      fc.property(interval(), fc.integer({ min: 1, max: 3000 }), (whole, seconds) => {
        const pieces = chop(whole, seconds * 1000);
        expect(pieces[0]?.from).toBe(whole.from);
        expect(pieces.at(-1)?.to).toBe(whole.to);
        pieces.forEach(({ from, to }, index) => {
          expect(to - from).toBeGreaterThan(0);
          expect(to - from).toBeLessThanOrEqual(seconds * 1000);
          if (index > 0) expect(from).toBe(pieces[index - 1]?.to);
        });
        expect(pieces).toHaveLength(Math.ceil((whole.to - whole.from) / (seconds * 1000)));
      }),
    );
  });

  test('halve is an exact partition at a whole second, even to a second', () => {
    fc.assert(
      fc.property(interval(), (whole) => {
        const halves = halve(whole);
        if (whole.to - whole.from === 1000) {
          expect(halves).toBeUndefined();
          return;
        }
        const [left, right] = halves!;
        expect([left.from, left.to, right.to]).toEqual([whole.from, right.from, whole.to]);
        expect(left.to % 1000).toBe(0);
        expect(Math.abs(left.to - left.from - (right.to - right.from))).toBeLessThanOrEqual(1000);
      }),
    );
  });

  test('an empty interval has no pieces and no halves', () => {
    expect(chop({ from: BASE, to: BASE }, 1000)).toEqual([]);
    expect(halve({ from: BASE, to: BASE })).toBeUndefined();
  });
});

describe('gaps', () => {
  test('with what is covered make up the whole, each second once', () => {
    fc.assert(
      fc.property(interval(300), fc.array(interval(300), { maxLength: 8 }), (within, covered) => {
        const found = secondsOf(gaps(within, covered));
        const taken = new Set(secondsOf(covered));
        expect(new Set(found).size).toBe(found.length);
        expect(found).toEqual(secondsOf([within]).filter((second) => !taken.has(second)));
      }),
    );
  });

  test('are none where windows overlap', () => {
    const at = (seconds: number): number => BASE + seconds * 1000;
    const covered = [
      { from: at(0), to: at(50) },
      { from: at(10), to: at(20) },
      { from: at(40), to: at(100) },
    ];
    expect(gaps({ from: at(0), to: at(100) }, covered)).toEqual([]);
  });
});

test.for([undefined, 'type.file', 'ids.5-9'])('when a window of slice %s ends is in its key', (slice) => {
  const bounds = { from: '2025-12-31T23:45:10Z', to: '2026-01-02T03:04:05Z' };
  expect(endOf(windowKey({ ...bounds, ...(slice === undefined ? {} : { slice }) }))).toBe(bounds.to);
});
