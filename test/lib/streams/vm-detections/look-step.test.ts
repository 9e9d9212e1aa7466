import { describe, expect, test } from 'vitest';
import { WaitError } from '../../../../src/lib/errors.ts';
import type { IdRange } from '../../../../src/lib/qualys/vm/id-ranges.ts';
import { lookBack } from '../../../../src/lib/streams/vm-detections/look-back.ts';
import { unpackIds } from '../../../../src/lib/streams/vm-detections/pack-ids.ts';
import { HOUR_MS, lookOnce, TO, type Looked } from '../../../support/look-step.ts';

/** A vendor that shows hosts by how many hours before the end they were processed; it has to wait at its `stop`th call. */
function vendorOf(hosts: Readonly<Record<number, readonly number[]>>, stop = Infinity) {
  const asked: number[] = [];
  const hostIds = ({ from }: { readonly from: string }): Promise<IdRange[]> => {
    if (asked.length + 1 >= stop) return Promise.reject(new WaitError('the budget is spent', 60_000));
    asked.push(Math.round((TO - Date.parse(from)) / HOUR_MS));
    const ids = Object.entries(hosts).flatMap(([hours, some]) =>
      TO - Number(hours) * HOUR_MS >= Date.parse(from) ? some : [],
    );
    return Promise.resolve(ids.sort((one, two) => one - two).map((id) => ({ first: BigInt(id), last: BigInt(id) })));
  };
  return { vm: { hostIds }, asked };
}

function hostsOf({ slices = [] }: Looked): string[] {
  return slices.flatMap(({ from, to, ...more }) => {
    const { missing } = (more as unknown as { cursor: { missing: string } }).cursor;
    return unpackIds(missing).map(({ first, last }) => `${from.slice(11, 13)}-${to.slice(11, 13)} ${first}-${last}`);
  });
}

describe('a look back at hosts that has to wait', () => {
  test('lists nothing twice, and finds what it would have found', async () => {
    const hosts = { 0.5: [7], 1.5: [3, 4], 9.5: [1, 2] };
    const whole = vendorOf(hosts);
    const found = hostsOf(await lookOnce(lookBack, {}, whole));
    expect(found).toEqual(['00-18 1-2', '22-00 3-4', '22-00 7-7']);
    const [first, second] = [vendorOf(hosts, 3), vendorOf(hosts)];
    const { cursor = null } = await lookOnce(lookBack, {}, first);
    expect(hostsOf(await lookOnce(lookBack, {}, second, { cursor }))).toEqual(found);
    expect([...first.asked, ...second.asked]).toEqual(whole.asked);
    expect(whole.asked).toHaveLength(6);
  });
});

describe('what a look back at hosts finds', () => {
  test('in a list of an hour, more than a checkpoint keeps, does not keep those of more hours from being asked for', async () => {
    const scattered = Array.from({ length: 9000 }, (_, place) => 1 + place * 37);
    const hosts = { 0.5: scattered, 2.5: [5], 9.5: [6] };
    const vendor = vendorOf(hosts);
    const looked = await lookOnce(lookBack, {}, vendor);
    expect(vendor.asked).toHaveLength(6);
    expect(looked.told).toMatchObject({ event: 'LateFound', records: 9002 });
    // What is not kept is asked for again after a wait.
    const { cursor } = await lookOnce(lookBack, {}, vendorOf(hosts, 4));
    expect(cursor).toBeUndefined();
  });

  test('is asked for by sixty rows at most; how many are left is told', async () => {
    const vendor = vendorOf({ 0.5: Array.from({ length: 130_000 }, (_, place) => 1 + place) });
    const { slices, told } = await lookOnce(lookBack, {}, vendor);
    expect(slices).toHaveLength(60);
    expect(told).toMatchObject({ records: 130_000, windows: 60 });
    expect(told?.left).toBeGreaterThan(0);
  });

  test('is read from the oldest on: what comes next no look may find any more', async () => {
    const many = Array.from({ length: 130_000 }, (_, place) => 10 + place);
    const { slices } = await lookOnce(lookBack, {}, vendorOf({ 0.5: many, 9.5: [1] }));
    expect(hostsOf({ slices: slices ?? [], told: undefined })).toContain('00-18 1-1');
  });
});
