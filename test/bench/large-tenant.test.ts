import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { edrWindowCalls, feedFigures, tenantCost, vmWindowCalls, type FeedFigures } from '../../bench/large-tenant.ts';
import { SPLIT_ABOVE } from '../../src/lib/streams/edr-events/page-depth.ts';
import { makeGrowth, makeResults } from './growth-points.ts';

const EDR: FeedFigures = {
  vendorBytesPerRecord: 1300,
  sentBytesPerRecord: 2400,
  bytesPerRequest: 900_000,
  megabytesPerSecond: 100,
};
const VM: FeedFigures = {
  vendorBytesPerRecord: 142_000,
  sentBytesPerRecord: 110_000,
  bytesPerRequest: 900_000,
  megabytesPerSecond: 118,
};

describe('calls of an EDR window', () => {
  test.each([
    [0, { slices: 1, counts: 1, pages: 0 }],
    [1, { slices: 1, counts: 1, pages: 1 }],
    [5000, { slices: 1, counts: 1, pages: 5 }],
    [5001, { slices: 2, counts: 3, pages: 6 }],
    [34_722, { slices: 8, counts: 9, pages: 40 }],
    // Two splits: 64 slices of 7,813, each halved.
    [500_000, { slices: 128, counts: 1 + 64 * 3, pages: 512 }],
  ])('of %d events', (events, calls) => {
    expect(edrWindowCalls(events, 1000)).toEqual(calls);
  });

  test('cover all events with slices that need no split', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000_000 }), (events) => {
        const { slices, counts, pages } = edrWindowCalls(events, SPLIT_ABOVE);
        expect(pages * SPLIT_ABOVE).toBeGreaterThanOrEqual(events);
        expect(pages).toBe(slices);
        expect(counts).toBeGreaterThanOrEqual(slices);
      }),
    );
  });
});

test.each([
  [0, { slices: 1, lists: 0, pages: 1 }],
  [1000, { slices: 1, lists: 0, pages: 1 }],
  [1001, { slices: 1, lists: 1, pages: 2 }],
  [20_833.3, { slices: 20, lists: 1, pages: 21 }],
])('calls of a VM window of %d hosts', (hosts, calls) => {
  expect(vmWindowCalls(hosts, 1000)).toEqual(calls);
});

describe('the large tenant', () => {
  const cost = tenantCost(EDR, VM);

  test('needs the calls that its arithmetic says', () => {
    expect(cost.edr).toEqual({ slices: 8, counts: 9, pages: 8, perHour: 17 * 60 });
    expect(cost.vm).toEqual({ slices: 20, lists: 1, pages: 21, perHour: 44 });
    expect(cost.permits.edr).toBeCloseTo((9 + 8 * 3) / 60);
    expect(cost.permits.vm).toBeCloseTo((1 + 21 * 90) / 1800);
  });

  test('sends its bytes', () => {
    expect(cost.gigabytesPerDay).toEqual({ vendor: 65 + 142, sent: 120 + 110 });
    expect(cost.megabytesPerMinute).toBeCloseTo(230_000 / 1440);
    expect(cost.requestsPerMinute).toBeCloseTo(230e9 / 900_000 / 1440);
    expect(cost.coreSecondsPerDay).toBeCloseTo((65_000 / 100 + 142_000 / 118) * 2);
  });

  test('is bound first by the greatest share, on every level', () => {
    const first = Object.values(Object.groupBy(cost.limits, ({ level }) => level)).map((uses) => uses?.[0]);
    expect(first.map((use) => [use?.level, use?.limit, use?.share])).toEqual([
      ['Standard', 'EDR calls an hour', 3.4],
      ['Enterprise', 'EDR calls an hour', 1.36],
      ['Premium', 'EDR calls an hour', 0.51],
    ]);
  });

  test('takes more instances when decoding is slow, and pays for them', () => {
    const slow = tenantCost({ ...EDR, megabytesPerSecond: 1 }, VM);
    expect(cost.instances).toBe(1);
    expect(slow.instances).toBe(Math.ceil(slow.coreSecondsPerDay / 0.25 / 86_400));
    expect(slow.gbSecondsPerDay).toBe(slow.instances * 43_200);
  });
});

test('figures of a feed come from the largest point and the named result', () => {
  expect(feedFigures('vm', 'vm-decode', makeResults(), makeGrowth())).toEqual({
    vendorBytesPerRecord: 140_000,
    sentBytesPerRecord: 120_000,
    bytesPerRequest: 600_000,
    megabytesPerSecond: 120,
  });
  expect(() => feedFigures('vm', 'vm-decode', [], makeGrowth())).toThrow('there is no vm-decode');
});
