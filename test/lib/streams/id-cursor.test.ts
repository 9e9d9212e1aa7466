import { expect, test } from 'vitest';
import { isToBePutOff, type IdCursor, type IdReading } from '../../../src/lib/streams/id-cursor.ts';

/** A list of which so many records are put off already, and the next one has failed by itself. */
function reading(left: number): IdReading<IdCursor> {
  const ids = Array.from({ length: left }, (_, at) => String(at + 1));
  const listed = [{ first: 1000n, last: 1000n }];
  return { cursor: { received: 0, left: ids }, listed } as unknown as IdReading<IdCursor>;
}

test('records that cannot be read are put off one by one, but not without end: then it is the vendor, and the window fails', () => {
  expect(isToBePutOff(reading(0), 1, 5)).toBe(false);
  expect(isToBePutOff(reading(0), 1, 6)).toBe(true);
  expect(isToBePutOff(reading(49), 1, 6)).toBe(true);
  expect(isToBePutOff(reading(50), 1, 6)).toBe(false);
});
