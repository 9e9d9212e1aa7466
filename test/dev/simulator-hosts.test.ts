import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ALL_IDS, clipRanges, createHostStore, joinRanges, type HostStore } from '../../dev/simulator/hosts.ts';

const END = Date.parse('2024-06-15T12:00:00Z');
const BASE = 1_000n;

function makeStore(count: number): HostStore {
  return createHostStore({ seed: 1, count, idBase: BASE, start: END - 86_400_000, end: END, livePerMinute: 0 });
}

function idsWithin(store: HostStore, ranges: readonly { first: bigint; last: bigint }[]): bigint[] {
  return [...store.within(ranges, END)].map((host) => host.id);
}

const id = fc.bigInt({ min: BASE - 20n, max: BASE + 120n });
const range = fc.tuple(id, id).map(([a, b]) => (a < b ? { first: a, last: b } : { first: b, last: a }));

test('any ranges of ids, in gaps or over them, give the known hosts in them, once each and lowest first', () => {
  const change = fc.record({
    raw: fc.uniqueArray(id, { maxLength: 8 }),
    removed: fc.uniqueArray(id, { maxLength: 8 }),
  });
  fc.assert(
    fc.property(
      fc.nat(60),
      fc.array(range, { maxLength: 6 }),
      id,
      id,
      change,
      (count, ranges, idMin, idMax, { raw, removed }) => {
        const store = makeStore(count);
        store.change(raw.map((host) => ({ id: String(host), processedTime: END, xml: '<HOST/>' })));
        store.remove(removed.map(String));
        const known = new Set(
          [...idsWithin(makeStore(count), ALL_IDS), ...raw].filter((host) => !removed.includes(host)),
        );
        const isIn = (host: bigint): boolean =>
          host >= idMin && host <= idMax && ranges.some(({ first, last }) => host >= first && host <= last);
        const expected = [...known].filter(isIn).sort((a, b) => (a < b ? -1 : 1));
        expect(idsWithin(store, clipRanges(joinRanges(ranges), idMin, idMax))).toEqual(expected);
      },
    ),
    { numRuns: 500 },
  );
});

test('ids run on in tens with gaps between, so that an id set has ranges', () => {
  const ids = idsWithin(makeStore(25), ALL_IDS);
  expect(ids.slice(8, 12)).toEqual([1_008n, 1_009n, 1_017n, 1_018n]);
  expect(ids).toHaveLength(25);
});
