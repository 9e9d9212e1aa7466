import { describe, expect, test } from 'vitest';
import { retryWindow } from '../../../../src/lib/pipeline/operate-window.ts';
import { vmDetections } from '../../../../src/lib/streams/vm-detections/index.ts';
import { startFeed } from '../../../support/feeds.ts';
import { serveHttp } from '../../../support/http-server.ts';
import { letPass } from '../../../support/late.ts';

/** Where the bench's clock begins, and the stream. */
const NOW = Date.parse('2026-05-01T12:00:00Z');
const MINUTE_MS = 60_000;

/** A host was processed, in minutes after the start, and becomes visible so many minutes later. */
interface Processing {
  readonly id: number;
  readonly at: number;
  readonly lag: number;
  /** Whether it holds no detections that are asked for. */
  readonly isEmpty?: boolean;
}

/** A vendor whose index shows of each host the newest processing that is visible by now. */
async function startLate(processings: readonly Processing[], isRefused: (lists: number) => boolean = () => false) {
  const calls = { lists: 0, pages: 0 };
  const { url } = await serveHttp(({ url: path, body }, response) => {
    const asked = new URLSearchParams(body.toString());
    const now = feed.bench.clock.now().getTime();
    const [after, before] = ['vm_processed_after', 'vm_processed_before'].map((name) =>
      Date.parse(asked.get(name) ?? ''),
    );
    const newest = new Map<number, Processing>();
    for (const each of processings.toSorted((one, two) => one.at - two.at)) {
      if (NOW + (each.at + each.lag) * MINUTE_MS <= now) newest.set(each.id, each);
    }
    const ids = asked
      .get('ids')
      ?.split(',')
      .flatMap((range) => {
        const [first = 0, last = first] = range.split('-').map(Number);
        return Array.from({ length: last - first + 1 }, (_, place) => first + place);
      });
    const hosts = [...newest.values()]
      .filter(({ at }) => Number.isNaN(after) || NOW + at * MINUTE_MS >= (after ?? 0))
      .filter(({ at }) => Number.isNaN(before) || NOW + at * MINUTE_MS <= (before ?? 0))
      .filter(({ id }) => ids?.includes(id) ?? true)
      .toSorted((one, two) => one.id - two.id);
    response.setHeader('content-type', 'text/xml');
    if (path.includes('/vm/detection/')) {
      calls.pages++;
      const list = hosts.filter(({ isEmpty }) => isEmpty !== true).map(hostXml);
      const inner = list.length === 0 ? '' : `<HOST_LIST>${list.join('')}</HOST_LIST>`;
      return void response.end(
        `<?xml version="1.0"?><HOST_LIST_VM_DETECTION_OUTPUT><RESPONSE><DATETIME>2026-05-01T00:00:00Z</DATETIME>${inner}</RESPONSE></HOST_LIST_VM_DETECTION_OUTPUT>`,
      );
    }
    calls.lists++;
    if (isRefused(calls.lists)) return void response.writeHead(403).end();
    const inner = hosts.length === 0 ? '' : `<ID_SET>${hosts.map(({ id }) => `<ID>${id}</ID>`).join('')}</ID_SET>`;
    response.end(
      `<?xml version="1.0"?><HOST_LIST_OUTPUT><RESPONSE><DATETIME>2026-05-01T00:00:00Z</DATETIME>${inner}</RESPONSE></HOST_LIST_OUTPUT>`,
    );
  });
  const feed = await startFeed(vmDetections, {}, {}, () => url);
  const passing = await letPass(feed, new Date(NOW).toISOString());
  /** What was uploaded: host and when it was processed. */
  const rows = (): string[] => {
    const times = feed.column('DnsName');
    return feed.column('HostId').map((id, place) => `${String(id)}@${String(times[place])}`);
  };
  return { feed, passing, rows, calls };
}

function hostXml({ id, at }: Processing): string {
  const detection = '<DETECTION><UNIQUE_VULN_ID>1</UNIQUE_VULN_ID><QID>90001</QID><TYPE>Confirmed</TYPE></DETECTION>';
  return `<HOST><ID>${id}</ID><DNS>${at}</DNS><LAST_VM_SCANNED_DATE>2026-05-01T00:00:00Z</LAST_VM_SCANNED_DATE><DETECTION_LIST>${detection}</DETECTION_LIST></HOST>`;
}

describe('a look back at hosts', () => {
  test.for([
    ['20 minutes', 20, 2],
    ['2 hours', 120, 4],
    ['20 hours', 20 * 60, 22],
  ] as const)('finds once a host that becomes visible late by %s', async ([, lag, hours]) => {
    const vendor = await startLate([
      { id: 5, at: 10, lag: 0 },
      { id: 7, at: 20, lag },
      { id: 9, at: 70, lag: 0 },
    ]);
    await vendor.passing.pass(hours * 60, 30);
    expect(vendor.rows().toSorted()).toEqual(['5@10', '7@20', '9@70']);
    expect((await vendor.feed.windows()).every(({ state }) => state === 'closed')).toBe(true);
  });

  test('finds a host that was read before and processed again, at each hour of the first six', async () => {
    const again = [2, 3, 4, 5, 6].map((hours) => ({ id: 10 + hours, at: 80, lag: hours * 60 - 75 }));
    const vendor = await startLate([...again.map(({ id }) => ({ id, at: 10, lag: 0 })), ...again]);
    const foundAfter = new Map<string, number>();
    for (let minutes = 30; minutes <= 8 * 60; minutes += 30) {
      await vendor.passing.pass(30, 30);
      for (const row of vendor.rows()) if (!foundAfter.has(row)) foundAfter.set(row, minutes);
    }
    for (const { id, at, lag } of again) {
      const delay = (foundAfter.get(`${id}@${at}`) ?? Infinity) - at - lag;
      expect([id, delay]).toEqual([id, Math.min(delay, 60)]);
    }
    expect(vendor.rows()).toHaveLength(10);
    for (const { counts } of await vendor.passing.looks()) expect(counts.calls).toBeLessThanOrEqual(6);
  });

  test('that gets no list has not looked: the next one that does finds the host', async () => {
    let isOut = true;
    const vendor = await startLate(
      [
        { id: 5, at: 10, lag: 0 },
        { id: 7, at: 20, lag: 60 },
      ],
      () => isOut,
    );
    // A look that is refused is tried again for as long as work items are worked off.
    await vendor.passing.pass(3 * 60, 30, 10);
    expect((await vendor.passing.looks()).filter(({ state }) => state === 'closed')).toEqual([]);
    expect(vendor.rows()).toEqual(['5@10']);
    isOut = false;
    for (const { key } of await vendor.passing.looks()) {
      const { bench } = vendor.feed;
      await retryWindow({ stream: bench.deps.stream.name, run: 'live', window: key, version: 1 }, bench);
    }
    await vendor.passing.pass(2 * 60, 30);
    expect(vendor.rows().toSorted()).toEqual(['5@10', '7@20']);
  });

  test('asks for nothing again where windows reach over the beginning of its time', async () => {
    const hosts = Array.from({ length: 40 }, (_, place) => ({ id: place + 1, at: 10.4 + place * 7, lag: 0 }));
    const vendor = await startLate(hosts);
    await vendor.passing.pass(29 * 60, 60.05);
    expect(vendor.rows()).toHaveLength(hosts.length);
    expect(await vendor.passing.late()).toEqual([]);
  });

  test('a host of the list without detections is asked for once', async () => {
    const vendor = await startLate([
      { id: 5, at: 10, lag: 0, isEmpty: true },
      { id: 6, at: 10, lag: 0 },
      { id: 7, at: 20, lag: 60, isEmpty: true },
    ]);
    await vendor.passing.pass(5 * 60, 30);
    expect(vendor.rows()).toEqual(['6@10']);
    expect(await vendor.passing.late()).toHaveLength(1);
  });

  test('a host that is processed again before it is found comes as it is then', async () => {
    const vendor = await startLate([
      { id: 7, at: 20, lag: 90 },
      { id: 7, at: 115, lag: 0 },
    ]);
    await vendor.passing.pass(4 * 60, 30);
    expect(vendor.rows()).toContain('7@115');
    expect(await vendor.passing.late()).toEqual([]);
  });

  test('of a stream that was brought up to date asks for nothing that was read before', async () => {
    const vendor = await startLate([{ id: 5, at: 10, lag: 0 }]);
    await vendor.passing.pass(30, 30);
    const { bench, windows } = vendor.feed;
    // As a release before has closed it.
    for (const { witness: _, ...record } of await windows()) await bench.store.saveWindow(record);
    await bench.store.pruneWindows(bench.deps.stream.name, 'live', '2026-05-01T00:00:00Z', '2026-05-02T00:00:00Z');
    await vendor.passing.pass(3 * 60, 30);
    expect(vendor.rows()).toEqual(['5@10']);
  });
});
