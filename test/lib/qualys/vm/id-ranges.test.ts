import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countIds, type IdRange, mergeIds, sliceIds } from '../../../../src/lib/qualys/vm/id-ranges.ts';

const range = fc
  .tuple(fc.bigInt({ min: 1n, max: 400n }), fc.bigInt({ min: 0n, max: 30n }))
  .map(([first, more]): IdRange => ({ first, last: first + more }));
const ranges = fc.array(range, { maxLength: 30 });

const idsOf = (list: readonly IdRange[]): Set<bigint> => {
  const ids = new Set<bigint>();
  for (const { first, last } of list) for (let id = first; id <= last; id += 1n) ids.add(id);
  return ids;
};

describe('mergeIds', () => {
  test('joins what touches or overlaps and keeps every id', () => {
    fc.assert(
      fc.property(ranges, (list) => {
        const merged = mergeIds(list);
        expect(idsOf(merged)).toEqual(idsOf(list));
        expect(countIds(merged)).toBe(idsOf(list).size);
        for (const [index, { first }] of merged.entries()) {
          if (index > 0) expect(first).toBeGreaterThan((merged[index - 1]?.last ?? 0n) + 1n);
        }
      }),
    );
  });

  test('keeps ids beyond 2^53 exact', () => {
    const first = 2n ** 53n + 1n;
    expect(mergeIds([{ first, last: first }])).toEqual([{ first, last: first }]);
    expect(sliceIds([{ first, last: first + 1n }], 1)[1]).toEqual({ idMin: 9007199254740994n, count: 1 });
  });
});

describe('sliceIds', () => {
  test('covers every id exactly once, evenly, with as few slices as fit', () => {
    fc.assert(
      fc.property(ranges, fc.integer({ min: 1, max: 50 }), (list, size) => {
        const merged = mergeIds(list);
        const slices = sliceIds(merged, size);
        expect(slices).toHaveLength(Math.max(1, Math.ceil(countIds(merged) / size)));
        expect(slices[0]?.idMin).toBeUndefined();
        expect(slices.at(-1)?.idMax).toBeUndefined();
        for (const [index, slice] of slices.entries()) {
          const next = slices[index + 1];
          if (next !== undefined) expect(next.idMin).toBe((slice.idMax ?? -1n) + 1n);
          const { idMin: min = 0n, idMax: max = 10n ** 9n } = slice;
          expect([...idsOf(merged)].filter((id) => id >= min && id <= max)).toHaveLength(slice.count);
        }
        const counts = slices.map(({ count }) => count);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        expect(Math.max(...counts)).toBeLessThanOrEqual(size);
      }),
    );
  });

  test('no ids make one open slice', () => {
    expect(sliceIds([], 10)).toEqual([{ count: 0 }]);
  });

  test.each([0, -1, 1.5, Number.NaN])('a size of %d is refused', (size) => {
    expect(() => sliceIds([], size)).toThrow('size must be a whole number of 1 or more');
  });
});
