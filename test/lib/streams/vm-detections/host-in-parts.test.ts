import { describe, expect, test } from 'vitest';
import { detection, startHosts, stateOf } from './host-feed.ts';

/** QIDs of the two parts in which Qualys lists host 1; `[]` for a second part that is not there. */
type Parts = readonly [readonly number[], readonly number[]];

const BEFORE: Parts = [
  [100, 101],
  [102, 103],
];

/** Host 1 in two parts on one page, after others. */
async function start(mode: string, others = 0) {
  const hosts = await startHosts(1, { VM_INGEST: mode, VM_TRUNCATION_LIMIT: '20' });
  const { vendor } = hosts;
  vendor.hosts.clear();
  for (let id = -others; id < 0; id++) vendor.hosts.set(id, { id: 1001 + id, processed: 0, detections: [] });
  const set = (parts: Parts): void => {
    for (const [key, qids] of parts.entries()) {
      const detections = qids.map((qid) => detection(qid));
      vendor.hosts.delete(10_000 + key);
      if (qids.length > 0) vendor.hosts.set(10_000 + key, { id: 10_000, processed: 0, detections });
    }
  };
  const run = {
    ...hosts,
    /** Ingests an hour in which the host is processed with these parts; gives how many pages that took. */
    report: async (parts: Parts): Promise<number> => {
      set(parts);
      const { pages } = vendor.calls;
      await hosts.ingest(hosts.process([...vendor.hosts.keys()]));
      return vendor.calls.pages - pages;
    },
    told: (): string[] => [...stateOf(hosts.feed.bench.sink.rows, 10_000).values()].map(({ QID }) => QID ?? '').sort(),
  };
  return run;
}

function qidsOf(parts: Parts): string[] {
  return parts.flat().map(String).sort();
}

describe.for(['changed-hosts', 'changes'])('with VM_INGEST=%s, of a host that a page lists in two parts', (mode) => {
  test.for([
    ['the first', [100, 101]],
    ['the second', [102, 103]],
    ['neither', [100, 101, 102, 103]],
  ] as [string, number[]][])('the newest report tells both, when %s is all that was sent before', async ([, known]) => {
    const hosts = await start(mode);
    await hosts.report([known, []]);
    await hosts.report(BEFORE);
    expect(hosts.told()).toEqual(qidsOf(BEFORE));
    expect((await hosts.feed.windows()).every(({ state }) => state === 'closed')).toBe(true);
  });

  test.for([
    ['the first part alone', [[100, 101], []]],
    ['the second part alone', [[], [102, 103]]],
    ['the same parts', BEFORE],
  ] as [string, Parts][])('the next report is sent, which tells %s', async ([, parts]) => {
    const hosts = await start(mode);
    await hosts.report(BEFORE);
    expect(await hosts.report(parts)).toBe(1);
    expect(hosts.told()).toEqual(qidsOf(parts));
  });

  test('the newest report tells both, when the page is cut between them', async () => {
    const hosts = await start(mode, 19);
    await hosts.report([BEFORE.flat(), []]);
    // So that the second page is a later report than the first.
    hosts.vendor.onPage = () => hosts.feed.bench.clock.forward(120_000);
    await hosts.report(BEFORE);
    expect(hosts.told()).toEqual(qidsOf(BEFORE));
  });
});
