import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_DEPTH, pageSizeWithinReach, SPLIT_ABOVE } from '../../../../src/lib/streams/edr-events/page-depth.ts';

test('whole pages cover what is expected and never ask beyond the reach', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: MAX_DEPTH }), fc.integer({ min: 1, max: 10_000 }), (expected, wanted) => {
      const size = pageSizeWithinReach(expected, wanted);
      const pages = Math.max(2, Math.ceil(expected / size));
      expect(size).toBeGreaterThanOrEqual(1);
      expect(size).toBeLessThanOrEqual(wanted);
      expect(pages * size).toBeGreaterThanOrEqual(expected);
      expect(pages * size).toBeLessThanOrEqual(MAX_DEPTH);
    }),
    { numRuns: 1000 },
  );
});

test('the wanted size stays where it fits', () => {
  expect(pageSizeWithinReach(SPLIT_ABOVE, 500)).toBe(500);
  expect(pageSizeWithinReach(10_000, 500)).toBe(500);
  expect(pageSizeWithinReach(10_000, 10_000)).toBe(5000);
  expect(pageSizeWithinReach(10_000, 3000)).toBe(2500);
});
