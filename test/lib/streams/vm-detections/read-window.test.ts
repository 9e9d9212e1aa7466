import { describe, expect, test } from 'vitest';
import type { SimulatorOptions } from '../../../../dev/simulator/settings.ts';
import { ConfigError, RetryableError } from '../../../../src/lib/errors.ts';
import { vmDetections } from '../../../../src/lib/streams/vm-detections/index.ts';
import { startFeed, type StreamBench } from '../../../support/feeds.ts';

const FROM = '2026-05-01T10:00:00Z';
const TO = '2026-05-01T11:00:00Z';
/** Calls of the simulator, as its faults select them. */
const PAGE = '/vm/detection/';
const ID_LIST = '/fo/asset/host/\\?';

/** Hosts that were processed within the window, and the most that a page holds. */
const start = (hosts: number, options: SimulatorOptions = {}, settings: Readonly<Record<string, string>> = {}) =>
  startFeed(
    vmDetections,
    {
      hostCount: hosts,
      detectionsPerHost: 3,
      infoDetectionsPerHost: 0,
      longResultsEvery: 0,
      dataEnd: Date.parse(TO) - 10_000,
      spanHours: 0.9,
      ...options,
    },
    { VM_TRUNCATION_LIMIT: '20', ...settings },
  );

/** Whether exactly the hosts of the span were uploaded, each once. */
function expectAllOf(feed: StreamBench, left: readonly string[] = []): void {
  const rows = feed.bench.sink.rows as Record<string, unknown>[];
  const ids = rows.map((row) => String(row.HostId));
  const wanted = feed.simulator.hostIds({ from: FROM, to: TO }).filter((id) => !left.includes(id));
  expect(new Set(ids).symmetricDifference(new Set(wanted)).size).toBe(0);
  expect(new Set(rows.map(({ RowKey }) => RowKey)).size).toBe(rows.length);
  expect(ids).toHaveLength(wanted.length);
}

const isFinished = ({ state }: { state: string }): boolean => state === 'closed' || state === 'incomplete';

describe('a window of hosts', () => {
  test('that fits one page is one call after the list of ids', async () => {
    const feed = await start(15);
    const [window] = await feed.ingest(FROM, TO);
    expect(window).toMatchObject({ state: 'closed', counts: { fetched: 15, rows: 15, pages: 1, calls: 2 } });
    expectAllOf(feed);
  });

  test('without hosts is asked for a page all the same', async () => {
    const feed = await start(0);
    const [window] = await feed.ingest(FROM, TO);
    expect(window).toMatchObject({ state: 'closed', counts: { fetched: 0, rows: 0, pages: 1, calls: 2 } });
  });

  test('with two pages is cut into two slices before the first page', async () => {
    const feed = await start(35);
    const windows = await feed.ingest(FROM, TO);
    expect(windows).toMatchObject([
      { state: 'closed', counts: { fetched: 17, pages: 1 } },
      { state: 'closed', counts: { fetched: 18, pages: 1 } },
    ]);
    expect(feed.calls('vm-detection')).toBe(2);
    expectAllOf(feed);
  });

  test.for([25, 1000])('of which the list of ids leaves out %i hosts is read whole', async (records) => {
    const feed = await start(130);
    feed.simulator.setFaults({ kind: 'missing-records', records, route: ID_LIST, count: 'always' });
    const windows = await feed.ingest(FROM, TO);
    expect(windows.every(({ state }) => state === 'closed')).toBe(true);
    expectAllOf(feed);
  });

  test('whose slices were refused for a setting is read once the setting is repaired', async () => {
    const feed = await start(35, {}, { VM_PARAMS: 'no_such_parameter=1' });
    const refused = await feed.ingest(FROM, TO, 4);
    expect(refused.map(({ state }) => state)).toEqual(['failed', 'failed']);
    feed.change({ VM_PARAMS: '' });
    await feed.workOff(10);
    expect((await feed.windows()).map(({ state }) => state)).toEqual(['closed', 'closed']);
    expectAllOf(feed);
  });

  test('is not asked for a page after the list of ids was refused for the login', async () => {
    const feed = await start(15);
    feed.simulator.configure({ password: 'changed' });
    await feed.bench.process(await feed.bench.open(FROM, TO));
    expect([feed.calls('vm-host-list'), feed.calls('vm-detection')]).toEqual([1, 0]);
  });

  test('with many pages is cut into slices of host ids, even by count and without a gap', async () => {
    const feed = await start(130);
    const windows = await feed.ingest(FROM, TO);
    expect(windows.length).toBe(7);
    expect(windows.every(({ state }) => state === 'closed')).toBe(true);
    expect(windows.reduce((sum, { counts }) => sum + counts.fetched, 0)).toBe(130);
    expectAllOf(feed);
    const edges = windows
      .map(({ slice = '' }) => slice.slice('ids.'.length).split('-'))
      .sort((a, b) => Number(a[0]) - Number(b[0]));
    edges.slice(1).forEach(([idMin], index) => expect(BigInt(idMin!)).toBe(BigInt(edges[index]![1]!) + 1n));
    expect(edges.at(-1)?.[1]).toBe('');
  });

  test('with ids beyond 2^53 is cut without a gap too', async () => {
    const feed = await start(130, { hostIdBase: '9007199254740993' });
    const windows = await feed.ingest(FROM, TO);
    expect(windows.length).toBeGreaterThan(3);
    expect(windows.every(({ state }) => state === 'closed')).toBe(true);
    expectAllOf(feed);
  });

  test('whose id list cannot be had is one chain of pages', async () => {
    const feed = await start(130);
    feed.simulator.setFaults({ kind: 'status', status: 404, route: ID_LIST, count: 'always' });
    const windows = await feed.ingest(FROM, TO);
    expect(windows).toMatchObject([{ state: 'closed', counts: { fetched: 130, pages: 7 } }]);
    expect(feed.bench.log.events()).toContain('HostIdsUnavailable');
    expectAllOf(feed);
  });

  test('follows only id_min of the WARNING’s URL: another host in it is never called', async () => {
    const feed = await start(35);
    feed.simulator.setFaults({ kind: 'foreign-warning', origin: 'http://127.0.0.1:9', route: PAGE, count: 'always' });
    const [window] = await feed.ingest(FROM, TO);
    expect(window?.state).toBe('closed');
    expectAllOf(feed);
  });
});

describe('a page that fails', () => {
  test('after some of its chunks were stored leaves hosts and detections counted as often as they came', async () => {
    const feed = await start(12, { detectionsPerHost: 4, longResultsEvery: 1 });
    feed.simulator.setFaults({ kind: 'truncate', afterBytes: 12_000_000, route: PAGE });
    const [window] = await feed.ingest(FROM, TO);
    expect(feed.bench.log.events()).toContain('PageFetchFailed');
    expect(feed.bench.sink.uploads.length).toBeGreaterThan(2);
    const rows = feed.bench.sink.rows as { HostId: string; DetectionCount: number }[];
    const hosts = new Set(rows.map(({ HostId }) => HostId)).size;
    const parts = rows.reduce((sum, { DetectionCount }) => sum + DetectionCount, 0);
    expect(hosts).toBe(12);
    expect(window).toMatchObject({ state: 'closed', counts: { fetched: 12, parts, rows: rows.length, pages: 1 } });
  });

  test('with the same id_min again is an error, not a loop', async () => {
    const feed = await start(35);
    feed.simulator.setFaults(
      { kind: 'same-id-min', route: PAGE, count: 'always' },
      { kind: 'status', status: 404, route: ID_LIST, count: 'always' },
    );
    await feed.ingest(FROM, TO, 0);
    expect(await feed.windows()).toMatchObject([
      { state: 'planned', attempts: 1, lastError: expect.stringContaining('pages do not move on') as string },
    ]);
    expect(feed.calls('vm-detection')).toBe(1);
  });

  test.for([
    ['is reset', { kind: 'reset' }],
    ['breaks off', { kind: 'truncate' }],
    ['is reset half-way', { kind: 'reset-body' }],
    ['is a web page', { kind: 'html', status: 200 }],
    ['is a GENERIC_RETURN', { kind: 'generic-return' }],
    ['is malformed', { kind: 'malformed' }],
  ] as const)('because it %s is read again, and nothing is lost or comes twice', async ([, fault]) => {
    const feed = await start(35);
    feed.simulator.setFaults({ ...fault, route: PAGE, nth: 2, count: 1 });
    const windows = await feed.ingest(FROM, TO);
    expect(windows.every(({ state }) => state === 'closed')).toBe(true);
    expectAllOf(feed);
  });

  test('is not read again after a refusal: the window fails with the vendor’s code and text', async () => {
    const feed = await start(15);
    feed.simulator.setFaults({
      kind: 'simple-return',
      code: '1905',
      status: 400,
      text: 'parameter x is invalid',
      route: PAGE,
    });
    await feed.ingest(FROM, TO, 0);
    expect(await feed.windows()).toMatchObject([{ state: 'failed', attempts: 1 }]);
    expect((await feed.windows())[0]?.lastError).toMatch(/1905.*parameter x is invalid/);
  });
});

describe('a host that breaks every page it is on', () => {
  test('is found by halving, left out visibly with its id, and all others are ingested', async () => {
    const feed = await start(30);
    const bad = feed.simulator.hostIds({ from: FROM, to: TO })[11]!;
    feed.simulator.setFaults({ kind: 'truncate', host: bad, route: PAGE, count: 'always' });
    await feed.bench.process(await feed.bench.open(FROM, TO));
    for (let step = 0; step < 40 && !(await feed.windows()).every(isFinished); step++) await feed.workOff(5);
    const windows = await feed.windows();
    const incomplete = windows.filter(({ state }) => state === 'incomplete');
    expect(incomplete).toHaveLength(1);
    expect(incomplete[0]?.lastError).toContain(`host ${bad} is left out`);
    expect(windows.filter(({ state }) => state !== 'incomplete').every(({ state }) => state === 'closed')).toBe(true);
    const ids = new Set(feed.column('HostId').map(String));
    const others = feed.simulator.hostIds({ from: FROM, to: TO }).filter((id) => id !== bad);
    expect(others.filter((id) => !ids.has(id))).toEqual([]);
  });

  test('alone in its window is left out as well, so that the watermark can pass', async () => {
    const feed = await start(1);
    const [bad] = feed.simulator.hostIds({ from: FROM, to: TO });
    feed.simulator.setFaults({ kind: 'truncate', host: bad!, route: PAGE, count: 'always' });
    const windows = await feed.ingest(FROM, TO, 400);
    const incomplete = windows.filter(({ state }) => state !== 'closed');
    expect(incomplete).toMatchObject([{ state: 'incomplete', slice: `ids.${bad!}-${bad!}` }]);
    expect(incomplete[0]?.lastError).toContain(`host ${bad!} is left out`);
  });
});

describe('a fault that is not the vendor’s', () => {
  test.for<[string, Error]>([
    ['settings', new ConfigError('the identity needs the role Monitoring Metrics Publisher')],
    ['uploads', new RetryableError('Logs Ingestion answered 503')],
  ])('in the %s never leaves a host out, however long it lasts', async ([, error]) => {
    const feed = await start(3);
    const { upload } = feed.bench.sink;
    Object.assign(feed.bench.sink, { upload: () => Promise.reject(error) });
    await feed.ingest(FROM, TO, 25);
    expect((await feed.windows()).filter(isFinished)).toEqual([]);
    Object.assign(feed.bench.sink, { upload });
    await feed.workOff();
    expect((await feed.windows()).every(({ state }) => state === 'closed')).toBe(true);
    expectAllOf(feed);
  });

  test('a password that was wrong for hours leaves no host out once it is repaired', async () => {
    const feed = await start(3);
    feed.simulator.configure({ password: 'changed' });
    await feed.ingest(FROM, TO, 25);
    expect((await feed.windows()).filter(isFinished)).toEqual([]);
    feed.simulator.configure({ password: 'simulated-password' });
    await feed.workOff();
    expect((await feed.windows()).every(({ state }) => state === 'closed')).toBe(true);
    expectAllOf(feed);
  });
});

/** A probe of the route asks for one host; a page for as many as the settings say. */
const WHOLE_PAGE = '/vm/detection/.*truncation_limit=20';
const AGAIN = '/vm/detection/.*[&?]ids=';

describe('hosts that the list names and the page does not bring', () => {
  test.for([
    ['its tail', { kind: 'missing-records', records: 7 }],
    ['all of them', { kind: 'missing-host-list' }],
  ] as const)('(%s) are asked for once more', async ([, fault]) => {
    const feed = await start(18);
    feed.simulator.setFaults({ ...fault, route: PAGE, count: 1 });
    const windows = await feed.ingest(FROM, TO);
    expect(windows).toMatchObject([{ state: 'closed', counts: { listed: 18, fetched: 18, pages: 2, calls: 3 } }]);
    expect(feed.bench.log.events()).toContain('HostsAskedAgain');
    expectAllOf(feed);
  });

  test('are shown when they do not come then either', async () => {
    const feed = await start(18);
    const host = feed.simulator.hostIds({ from: FROM, to: TO }).at(-1);
    feed.simulator.setFaults({ kind: 'missing-records', host: host!, route: PAGE, count: 'always' });
    const windows = await feed.ingest(FROM, TO);
    expect(windows).toMatchObject([{ state: 'closed', counts: { listed: 18, fetched: 17, calls: 3 } }]);
    expect(windows[0]?.lastError).toBeUndefined();
  });

  test('are asked for as long as that brings some', async () => {
    const feed = await start(18);
    feed.simulator.setFaults(
      { kind: 'page-cap', records: 4, route: PAGE, count: 'always' },
      { kind: 'lost-warning', route: PAGE, count: 'always' },
    );
    expect(await feed.ingest(FROM, TO)).toMatchObject([
      { state: 'closed', counts: { listed: 18, fetched: 18, calls: 6 } },
    ]);
    expectAllOf(feed);
  });

  test('are asked for ten minutes later, where none of them comes', async () => {
    const feed = await start(18);
    feed.simulator.setFaults({ kind: 'missing-host-list', route: PAGE, count: 2 });
    await feed.bench.process(await feed.bench.open(FROM, TO));
    const [window] = await feed.windows();
    expect(window).toMatchObject({ state: 'planned', attempts: 0, counts: { listed: 18, fetched: 0 } });
    expect(Date.parse(window?.notBefore ?? '') - Date.parse(window?.progressAt ?? '')).toBe(600_000);
    await feed.workOff(700);
    expect(await feed.windows()).toMatchObject([{ state: 'closed', counts: { listed: 18, fetched: 18 } }]);
    expectAllOf(feed);
  });

  test('are believed to hold nothing where none has come then either', async () => {
    const feed = await start(18);
    feed.simulator.setFaults({ kind: 'missing-host-list', route: PAGE, count: 'always' });
    await feed.bench.process(await feed.bench.open(FROM, TO));
    await feed.workOff(700);
    expect(await feed.windows()).toMatchObject([{ state: 'closed', counts: { listed: 18, fetched: 0, calls: 4 } }]);
  });

  test('because they were processed again meanwhile come as they are now, however often they are', async () => {
    const feed = await start(18);
    feed.simulator.setFaults({ kind: 'reprocessed-hosts', hosts: 18, route: PAGE, count: 'always' });
    expect(await feed.ingest(FROM, TO)).toMatchObject([
      { state: 'closed', attempts: 0, counts: { listed: 18, fetched: 18 } },
    ]);
    expect(new Set(feed.column('HostId')).size).toBe(18);
  });

  test('because they were processed again meanwhile come with the window of that time, too', async () => {
    const feed = await start(18);
    feed.simulator.setFaults({ kind: 'reprocessed-hosts', hosts: 4, route: PAGE, count: 1 });
    await feed.ingest(FROM, TO);
    await feed.ingest(TO, new Date(Date.now() + 60_000).toISOString().replace(/\.\d+/, ''));
    expect(new Set(feed.column('HostId')).size).toBe(18);
  });

  test('are listed with the slices of their window', async () => {
    const feed = await start(45);
    feed.simulator.setFaults({ kind: 'missing-records', records: 2, route: WHOLE_PAGE, count: 1 });
    const windows = await feed.ingest(FROM, TO);
    expect(windows.map(({ counts }) => counts.listed)).toEqual([15, 15, 15]);
    expect(windows.map(({ counts }) => counts.fetched)).toEqual([15, 15, 15]);
    expectAllOf(feed);
  });

  test('are asked for apart when asking for them together keeps failing, and left out on their own', async () => {
    const feed = await start(18);
    const hosts = feed.simulator.hostIds({ from: FROM, to: TO });
    const bad = hosts[8]!;
    feed.simulator.setFaults(
      { kind: 'missing-records', records: 12, route: WHOLE_PAGE, count: 1 },
      { kind: 'truncate', host: bad, route: AGAIN, count: 'always' },
    );
    await feed.bench.process(await feed.bench.open(FROM, TO));
    for (let step = 0; step < 60 && !(await feed.windows()).every(isFinished); step++) await feed.workOff(5);
    const windows = await feed.windows();
    const open = windows.filter(({ state }) => state !== 'closed');
    expect(open).toMatchObject([{ state: 'incomplete' }]);
    expect(open[0]?.lastError).toContain(`host ${bad} is left out`);
    expectAllOf(feed, [bad]);
    expect(windows.reduce((sum, { counts }) => sum + (counts.listed ?? 0), 0)).toBe(18);
  });
});

describe('a page that is not sorted', () => {
  test.each([
    ['with', []],
    ['without', [{ kind: 'status', status: 404, route: ID_LIST, count: 'always' }] as const],
  ])('and breaks off behind some chunks skips nobody, %s the list of ids', async (_, faults) => {
    const feed = await start(12, { detectionsPerHost: 4, longResultsEvery: 1 });
    feed.simulator.setFaults(
      ...faults,
      { kind: 'unordered-page', records: 5, route: WHOLE_PAGE, count: 'always' },
      { kind: 'truncate', afterBytes: 12_000_000, route: WHOLE_PAGE, count: 1 },
    );
    expect((await feed.ingest(FROM, TO)).every(({ state }) => state === 'closed')).toBe(true);
    expect(feed.bench.sink.uploads.length).toBeGreaterThan(2);
    const ids = new Set(feed.column('HostId').map(String));
    expect(feed.simulator.hostIds({ from: FROM, to: TO }).filter((id) => !ids.has(id))).toEqual([]);
  });
});

describe('an outage', () => {
  const down = { kind: 'status', status: 503, count: 'always' } as const;

  test.for([
    ['the pages', PAGE],
    ['the pages and the list', '/fo/asset/host/'],
  ] as const)(
    'of %s cuts nothing, leaves nothing out and costs no attempt, however long it lasts',
    async ([, route]) => {
      const feed = await start(35);
      feed.simulator.setFaults({ ...down, route });
      await feed.ingest(FROM, TO, 80);
      const windows = await feed.windows();
      expect(windows.length).toBeLessThanOrEqual(2);
      expect(windows.every(({ state, attempts }) => state === 'planned' && attempts === 0)).toBe(true);
      expect(windows[0]?.lastError).toContain('is out: Qualys failed (HTTP 503)');
      feed.simulator.setFaults();
      await feed.workOff();
      expect((await feed.windows()).map(({ state }) => state)).toEqual(['closed', 'closed']);
      expectAllOf(feed);
    },
  );

  test('of the pages has the ids listed once only', async () => {
    const feed = await start(15);
    feed.simulator.setFaults({ ...down, route: PAGE });
    await feed.ingest(FROM, TO, 20);
    expect(feed.calls('vm-host-list')).toBe(1);
  });

  test('of the list alone is waited for, and then done without', async () => {
    const feed = await start(35);
    feed.simulator.setFaults({ ...down, route: ID_LIST });
    await feed.ingest(FROM, TO, 0);
    expect(await feed.windows()).toMatchObject([{ state: 'planned', attempts: 0, counts: { fetched: 0 } }]);
    await feed.workOff();
    expect(await feed.windows()).toMatchObject([{ state: 'closed', counts: { fetched: 35 } }]);
    expectAllOf(feed);
  });
});

test('a page that is too much for the vendor is halved, because a probe of its route is answered', async () => {
  const feed = await start(16);
  feed.simulator.setFaults({ kind: 'status', status: 504, route: WHOLE_PAGE, count: 2 });
  const windows = await feed.ingest(FROM, TO);
  expect(windows.map(({ state, counts }) => [state, counts.fetched])).toEqual([
    ['closed', 8],
    ['closed', 8],
  ]);
  expectAllOf(feed);
});
