import { describe, expect, test } from 'vitest';
import { NO_CAUSES, sumOfCauses, type SampledCauses } from '../../../../src/lib/cost/causes.ts';
import type { RecordSample } from '../../../../src/lib/pipeline/record-sample.ts';
import { isDue } from '../../../../src/lib/streams/vm-detections/memory/host-memory.ts';
import { openSampler, SAMPLE_SIZE } from '../../../../src/lib/streams/vm-detections/memory/host-sampler.ts';
import type { HostVerdict } from '../../../../src/lib/streams/vm-detections/memory/host-state.ts';
import { fixedClock, keptLog } from '../../../support/pipeline.ts';

/** A sample that is kept, and how many hosts were written to it. */
function keptSample(clock: { now: () => Date }) {
  const rows = new Map<bigint, { readonly bytes: Uint8Array; readonly at: number }>();
  const noted: SampledCauses[] = [];
  let writes = 0;
  const sample: RecordSample = {
    list: () => Promise.resolve(new Map([...rows].map(([id, { at }]) => [id, at]))),
    read: (first, last) =>
      Promise.resolve(
        new Map([...rows].filter(([id]) => id >= first && id <= last).map(([id, { bytes }]) => [id, bytes])),
      ),
    save: (changed, removed) => {
      for (const [id, bytes] of changed) rows.set(id, { bytes, at: clock.now().getTime() });
      for (const id of removed) rows.delete(id);
      writes += changed.size;
      return Promise.resolve();
    },
    note: (causes) => void noted.push(causes),
  };
  return { sample, rows, noted, writes: () => writes };
}

function range(first: number, count: number): bigint[] {
  return Array.from({ length: count }, (_, index) => BigInt(first + index));
}

function start() {
  const clock = fixedClock();
  const kept = keptSample(clock);
  /** Reads a page as a worker of its own; gives the hosts whose texts were kept. */
  const read = async (ids: readonly bigint[], state: string, verdict: HostVerdict, known?: string) => {
    const sampler = openSampler(kept.sample, {
      ...{ clock, log: keptLog().log, passing: [] },
      isDue: (id, wholeAt, now) => isDue(id, wholeAt, now, 7),
    });
    await sampler.recall(ids);
    const sampled = ids.filter((id) => sampler.isSampled(String(id)));
    const texts = { items: [`{"UNIQUE_VULN_ID":"1","QDS":"${state}"}`], record: ['{"ID":"1"}'] };
    for (const id of sampled) sampler.take({ id: String(id), digest: state, known, texts, verdict });
    await sampler.store();
    return sampled;
  };
  /** Lets days pass in which nothing changes: what is no longer of the sample goes bit by bit. */
  const settle = async (pages: readonly (readonly bigint[])[]) => {
    for (let day = 0; day < 10; day++) {
      clock.forward(86_400_000);
      for (const page of pages) await read(page, 'a', 'unchanged', 'a');
    }
  };
  return { ...kept, clock, read, settle };
}

describe('the sample', () => {
  test('holds so many hosts at most, the same ones in whichever order they come', async () => {
    const [up, down] = [start(), start()];
    const pages = [range(1, 500), range(501, 500), range(1001, 500)];
    for (const page of pages) await up.read(page, 'a', 'unknown');
    for (const page of pages.toReversed()) await down.read(page, 'a', 'unknown');
    for (const each of [up, down]) await each.settle(pages);
    expect(up.rows.size).toBe(SAMPLE_SIZE);
    expect([...down.rows.keys()].toSorted()).toEqual([...up.rows.keys()].toSorted());
    // Each page holds some of them.
    for (const page of pages) expect(page.filter((id) => up.rows.has(id)).length).toBeGreaterThan(20);
    expect((await up.read(pages[0] ?? [], 'a', 'unchanged')).length).toBeLessThan(100);
  });

  test('is written for a host that has changed, and once a day for one that has not', async () => {
    const { clock, noted, read, writes } = start();
    const ids = range(1, 10);
    await read(ids, 'a', 'unknown');
    expect(writes()).toBe(10);
    for (let report = 0; report < 3; report++) await read(ids, 'a', 'unchanged', 'a');
    expect(writes()).toBe(10);
    clock.forward(86_400_000);
    for (let report = 0; report < 3; report++) await read(ids, 'a', 'unchanged', 'a');
    expect(writes()).toBe(20);
    await read(ids, 'b', 'changed', 'a');
    expect(writes()).toBe(30);
    expect(noted.map(({ compared }) => compared)).toEqual([0, 0, 10]);
    // Whole when it was new; its own elements once a day; and then these with what has changed.
    const [host, item] = ['{"ID":"1"}'.length, '{"UNIQUE_VULN_ID":"1","QDS":"a"}'.length];
    expect(noted.map(({ changes, whole }) => [whole, changes])).toEqual([
      [10 * (host + item), 10 * (host + item)],
      [0, 10 * host],
      [10 * (host + item), 10 * (host + item)],
    ]);
  });

  test('counts a host as whole once in the days after which each goes whole, and then nothing as saved', async () => {
    const { clock, noted, read } = start();
    const ids = range(1, 10);
    await read(ids, '0', 'unchanged', '0');
    for (let day = 1; day <= 7; day++) {
      clock.forward(86_400_000);
      await read(ids, String(day), 'changed', String(day - 1));
    }
    const [host, item] = ['{"ID":"1"}'.length, '{"UNIQUE_VULN_ID":"1","QDS":"a"}'.length];
    const { sample } = sumOfCauses(noted.map((each) => ({ ...NO_CAUSES, sample: each })));
    const { alone, changesAlone, wholeAlone } = sample!.fields.QDS!;
    expect([alone, wholeAlone, changesAlone]).toEqual([70, 60 * (host + item), 60 * item]);
  });

  test('takes up hosts that were sent before there was one', async () => {
    const { noted, read } = start();
    await read(range(1, 10), 'a', 'unchanged', 'a');
    await read(range(1, 10), 'b', 'changed', 'a');
    expect(noted).toMatchObject([{ compared: 10, fields: { QDS: { records: 10, alone: 10, isPlain: true } } }]);
  });

  test('compares nothing with another state than was sent last', async () => {
    const { noted, read } = start();
    await read(range(1, 10), 'a', 'unchanged', 'a');
    await read(range(1, 10), 'c', 'changed', 'b');
    expect(noted).toEqual([]);
    await read(range(1, 10), 'd', 'changed', 'c');
    expect(noted).toMatchObject([{ compared: 10 }]);
  });

  test('makes room for others once hosts were not seen for thirty days', async () => {
    const { clock, read, rows, settle } = start();
    await read(range(1, 500), 'a', 'unknown');
    clock.forward(31 * 86_400_000);
    const isOld = (id: bigint): boolean => id <= 1000n;
    await read(range(1001, 500), 'a', 'unknown');
    expect([...rows.keys()].filter((id) => !isOld(id))).toHaveLength(SAMPLE_SIZE);
    await settle([range(1001, 500)]);
    expect([...rows.keys()].filter(isOld)).toEqual([]);
    expect(rows.size).toBe(SAMPLE_SIZE);
  });
});
