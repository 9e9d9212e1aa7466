import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeIds } from '../../../../src/lib/qualys/vm/id-ranges.ts';
import { packIds, unpackIds } from '../../../../src/lib/streams/vm-detections/pack-ids.ts';

const id = fc.bigInt({ min: 0n, max: 9_999_999_999_999_999_999n });
const ranges = fc
  .array(fc.tuple(id, fc.bigInt({ min: 0n, max: 5000n })))
  .map((pairs) => mergeIds(pairs.map(([first, more]) => ({ first, last: first + more }))));

test('ids come out of their text as they went in', () => {
  fc.assert(
    fc.property(ranges, (ids) => {
      expect(unpackIds(packIds(ids))).toEqual(ids);
    }),
  );
});

test('a thousand ids with gaps of some thousands take some thousand characters', () => {
  const ids = Array.from({ length: 1000 }, (_, index) => BigInt(107_800_000 + index * 4999));
  expect(packIds(ids.map((first) => ({ first, last: first }))).length).toBeLessThan(4100);
});
