import { describe, expect, test } from 'vitest';
import type { SimulatorOptions } from '../../../../dev/simulator/settings.ts';
import { ConfigError, RetryableError } from '../../../../src/lib/errors.ts';
import { vmHosts } from '../../../../src/lib/streams/vm-hosts/index.ts';
import { startFeed, type StreamBench } from '../../../support/feeds.ts';

const FROM = '2026-05-01T00:00:00Z';
const TO = '2026-05-02T00:00:00Z';
/** Calls of the simulator, as its faults select them. */
const PAGE = 'asset/host/.*details=All';
const ID_LIST = 'asset/host/.*details=None';

const start = (hosts: number, options: SimulatorOptions = {}, settings: Readonly<Record<string, string>> = {}) =>
  startFeed(vmHosts, { hostCount: hosts, ...options }, { HOSTS_PAGE_SIZE: '20', ...settings });

type Row = Readonly<Record<string, unknown>>;

const rowsOf = (feed: StreamBench): Row[] => feed.bench.sink.rows as Row[];
const hostsOf = (feed: StreamBench): string[] =>
  rowsOf(feed)
    .filter(({ RecordType }) => RecordType === 'Host')
    .map(({ HostId }) => String(HostId));
const endsOf = (feed: StreamBench): Row[] => rowsOf(feed).filter(({ RecordType }) => RecordType === 'SnapshotEnd');

/** Whether exactly the hosts that there are were uploaded, each once, and then one closing row. */
function expectWhole(feed: StreamBench, hosts = feed.simulator.hostIds()): void {
  expect(hostsOf(feed)).toEqual(hosts);
  expect(endsOf(feed)).toMatchObject([{ HostCount: hosts.length, LeftOutHostIds: [], SnapshotId: TO }]);
  expect(rowsOf(feed).at(-1)).toMatchObject({ RecordType: 'SnapshotEnd' });
}

/** The rows again, each once by its key: what a fault may repeat. */
function expectWholeByKey(feed: StreamBench): void {
  const byKey = new Map(rowsOf(feed).map((row) => [row.RowKey, row]));
  const ids = [...byKey.values()].filter(({ RecordType }) => RecordType === 'Host').map(({ HostId }) => String(HostId));
  expect([...ids].sort()).toEqual([...feed.simulator.hostIds()].sort());
  expect(endsOf(feed)).toMatchObject([{ HostCount: ids.length, LeftOutHostIds: [] }]);
}

const isFinished = ({ state }: { state: string }): boolean => state === 'closed' || state === 'incomplete';

describe('a snapshot', () => {
  test('holds every host once, then says that it is whole', async () => {
    const feed = await start(130);
    const [window] = await feed.ingest(FROM, TO);
    expect(window).toMatchObject({
      state: 'closed',
      counts: { fetched: 130, expected: 130, rows: 131, pages: 7, calls: 8 },
    });
    expectWhole(feed);
    expect(new Set(rowsOf(feed).map(({ SnapshotId }) => SnapshotId))).toEqual(new Set([TO]));
    expect(new Set(rowsOf(feed).map(({ SnapshotTime }) => SnapshotTime)).size).toBe(1);
  });

  test('of no hosts is whole too, once Qualys has listed none twice, ten minutes apart', async () => {
    const feed = await start(0);
    const began = feed.bench.clock.now().getTime();
    await feed.ingest(FROM, TO, 0);
    expect(endsOf(feed)).toEqual([]);
    expect(feed.bench.log.events()).toContain('ListEmpty');
    await feed.workOff();
    expect(await feed.windows()).toMatchObject([{ state: 'closed', attempts: 0, counts: { fetched: 0, rows: 1 } }]);
    expect(feed.bench.clock.now().getTime() - began).toBeGreaterThanOrEqual(600_000);
    expectWhole(feed);
  });

  test('does not say that all hosts are gone because all answers were empty once', async () => {
    const feed = await start(40);
    await feed.ingest(FROM, TO);
    rowsOf(feed).splice(0);
    feed.simulator.setFaults(
      { kind: 'missing-records', records: 40, route: ID_LIST, count: 1 },
      { kind: 'missing-host-list', route: PAGE, count: 1 },
      { kind: 'lost-warning', route: PAGE, count: 1 },
    );
    await feed.ingest(TO, '2026-05-03T00:00:00Z');
    expect(feed.simulator.stats().faults.map(({ hits }) => hits)).toEqual([1, 1, 1]);
    expect(endsOf(feed)).toMatchObject([{ HostCount: 40, SnapshotId: '2026-05-03T00:00:00Z' }]);
    expect(hostsOf(feed)).toEqual(feed.simulator.hostIds());
  });

  test('that is empty is asked again after ten minutes even if its worker dies before it can wait', async () => {
    const feed = await start(0);
    const record = await feed.bench.open(FROM, TO);
    const saveWindow = feed.bench.store.saveWindow.bind(feed.bench.store);
    const dying = {
      ...feed.bench.store,
      saveWindow: (...[saved, ...rest]: Parameters<typeof saveWindow>) =>
        saved.state === 'planned' ? new Promise<never>(() => undefined) : saveWindow(saved, ...rest),
    };
    void feed.bench.process(record, { store: dying });
    await expect.poll(() => feed.bench.log.events()).toContain('ListEmpty');
    feed.bench.clock.forward(300_000);
    await feed.bench.process(record);
    expect(endsOf(feed)).toEqual([]);
    const waited = await feed.bench.read(record);
    expect(Date.parse(waited?.notBefore ?? '') - feed.bench.clock.now().getTime()).toBe(300_000);
    await feed.workOff();
    expectWhole(feed);
  });

  test('with ids beyond 2^53 and a large page of one chunk after the other', async () => {
    const feed = await start(900, { hostIdBase: '9007199254740993' }, { HOSTS_PAGE_SIZE: '1000' });
    expect(await feed.ingest(FROM, TO)).toMatchObject([{ state: 'closed', counts: { fetched: 900, pages: 1 } }]);
    expect(feed.bench.sink.uploads.length).toBeGreaterThan(1);
    expectWhole(feed);
  });

  test('shows a purged host to be gone by the next one, and has other keys', async () => {
    const feed = await start(40);
    await feed.ingest(FROM, TO);
    const before = rowsOf(feed).splice(0);
    const [gone] = feed.simulator.hostIds().slice(17);
    feed.simulator.changeData({ removedHosts: [gone!] });
    await feed.ingest(TO, '2026-05-03T00:00:00Z');
    const after = new Set(hostsOf(feed));
    const named = before.flatMap(({ HostId }) => (typeof HostId === 'string' ? [HostId] : []));
    expect(named.filter((id) => !after.has(id))).toEqual([gone]);
    const keys = new Set(before.map(({ RowKey }) => RowKey));
    expect(rowsOf(feed).filter(({ RowKey }) => keys.has(RowKey))).toEqual([]);
    expect(endsOf(feed)).toMatchObject([{ HostCount: 39, SnapshotId: '2026-05-03T00:00:00Z' }]);
  });

  test('takes hosts that come and go while it is read, and counts what it holds', async () => {
    const feed = await start(60);
    const ids = feed.simulator.hostIds();
    const { upload } = feed.bench.sink;
    const added = String(BigInt(ids.at(-1)!) + 50n);
    Object.assign(feed.bench.sink, {
      upload: (...args: Parameters<typeof upload>) => {
        feed.simulator.changeData({
          removedHosts: [ids[45]!],
          hosts: [{ id: added, processedTime: '2026-01-01T00:00:00Z', xml: `<HOST><ID>${added}</ID></HOST>` }],
        });
        return upload(...args);
      },
    });
    expect(await feed.ingest(FROM, TO)).toMatchObject([{ state: 'closed', attempts: 0 }]);
    expect(hostsOf(feed)).toEqual([...ids.filter((id) => id !== ids[45]), added]);
    expect(endsOf(feed)).toMatchObject([{ HostCount: 60 }]);
  });

  test('asks for what its settings say, the same to its end', async () => {
    const feed = await start(5, {}, { HOSTS_PARAMS: 'details=Basic&show_tags=0' });
    await feed.ingest(FROM, TO);
    expect(rowsOf(feed)[0]).not.toHaveProperty('Tags');
    expect(rowsOf(feed)[0]).not.toHaveProperty('TruRiskScore');
  });

  test('keeps hostile names as they are', async () => {
    const feed = await start(0);
    const name = `<script>alert(1)</script> ' OR 1=1 -- \u202e "x" ]] \\ é\u{1f600}`;
    const xml = `<HOST><ID>7</ID><DNS><![CDATA[${name}]]></DNS><COMMENTS>=cmd|' /C calc'!A0 &amp;&lt;</COMMENTS></HOST>`;
    feed.simulator.changeData({ hosts: [{ id: '7', processedTime: '2026-01-01T00:00:00Z', xml }] });
    await feed.ingest(FROM, TO);
    expect(rowsOf(feed)[0]).toMatchObject({ HostId: '7', DnsName: name, Comments: "=cmd|' /C calc'!A0 &<" });
  });
});

describe('a page that fails', () => {
  test.for([
    ['is reset', { kind: 'reset' }],
    ['breaks off', { kind: 'truncate' }],
    ['is reset half-way', { kind: 'reset-body' }],
    ['is a web page', { kind: 'html', status: 200 }],
    ['is empty', { kind: 'empty-body' }],
    ['is a GENERIC_RETURN', { kind: 'generic-return' }],
    ['is malformed', { kind: 'malformed' }],
    ['is the page before', { kind: 'duplicate-page' }],
    ['lacks a host', { kind: 'missing-records' }],
    ['lacks all its hosts', { kind: 'missing-host-list' }],
    ['declares entities', { kind: 'doctype-entities', entities: 1000 }],
  ] as const)('because it %s is read again, and nothing is lost or comes twice', async ([, fault]) => {
    const feed = await start(70);
    feed.simulator.setFaults({ ...fault, route: PAGE, nth: 2, count: 1 });
    expect(await feed.ingest(FROM, TO)).toMatchObject([{ state: 'closed' }]);
    expect(feed.simulator.stats().faults[0]?.hits).toBe(1);
    expectWholeByKey(feed);
    expect(feed.bench.log.events()).toContain('PageFetchFailed');
  });

  test('in its middle goes on behind the last host that was uploaded', async () => {
    const feed = await start(900, {}, { HOSTS_PAGE_SIZE: '1000' });
    feed.simulator.setFaults({ kind: 'truncate', afterBytes: 1_500_000, route: PAGE, count: 1 });
    await feed.ingest(FROM, TO);
    expect(feed.calls('vm-host-list')).toBe(5);
    expectWhole(feed);
  });

  test('with several lists and illegal characters is read all the same', async () => {
    const feed = await start(30);
    feed.simulator.setFaults(
      { kind: 'several-host-lists', route: PAGE, count: 'always' },
      { kind: 'illegal-characters', route: PAGE, count: 1 },
    );
    await feed.ingest(FROM, TO);
    expectWhole(feed);
    expect(feed.bench.log.events()).toContain('IllegalCharactersReplaced');
  });

  test.each(['1965', '1960'])('because the vendor asks to wait (%s) costs no attempt', async (code) => {
    const feed = await start(50);
    feed.simulator.setFaults({ kind: 'simple-return', code, route: PAGE, nth: 2, count: 3 });
    expect(await feed.ingest(FROM, TO)).toMatchObject([{ state: 'closed', attempts: 0 }]);
    expect(feed.bench.log.events()).toContain('WindowWaits');
    expect(feed.bench.log.events()).not.toContain('PageFetchFailed');
    expectWhole(feed);
  });

  test('after a refusal fails the window with the vendor’s code and text', async () => {
    const feed = await start(5);
    feed.simulator.setFaults({ kind: 'simple-return', code: '1901', text: 'Unrecognized show_trurisk', route: PAGE });
    await feed.ingest(FROM, TO, 0);
    expect(await feed.windows()).toMatchObject([{ state: 'failed', attempts: 1 }]);
    expect((await feed.windows())[0]?.lastError).toMatch(/1901.*show_trurisk/);
    expect(endsOf(feed)).toEqual([]);
  });
});

describe('without the list of ids', () => {
  const noIds = { kind: 'status', status: 404, route: ID_LIST, count: 'always' } as const;

  test('the pages are a chain by the WARNING’s URL, whatever host it names', async () => {
    const feed = await start(70);
    feed.simulator.setFaults(noIds, {
      kind: 'foreign-warning',
      origin: 'http://127.0.0.1:9',
      route: PAGE,
      count: 'always',
    });
    expect(await feed.ingest(FROM, TO)).toMatchObject([{ state: 'closed' }]);
    expect(feed.bench.log.events()).toContain('IdListUnavailable');
    expectWhole(feed);
  });

  test.each([1, 2, 3])('an empty page with a next one (%i) is not believed', async (nth) => {
    const feed = await start(70);
    feed.simulator.setFaults(noIds, { kind: 'missing-host-list', route: PAGE, nth, count: 1 });
    await feed.ingest(FROM, TO);
    expect(feed.simulator.stats().faults[1]?.hits).toBe(1);
    expectWhole(feed);
  });

  test.each([
    ['without', [noIds]],
    ['with', []],
  ])('(%s it) a page out of order and a crash in its middle skip nobody', async (_, faults) => {
    const feed = await start(900, {}, { HOSTS_PAGE_SIZE: '8000' });
    feed.simulator.setFaults(
      ...faults,
      { kind: 'unordered-page', records: 5, route: PAGE, count: 'always' },
      { kind: 'truncate', afterBytes: 1_500_000, route: PAGE, count: 1 },
    );
    expect(await feed.ingest(FROM, TO)).toMatchObject([{ state: 'closed' }]);
    expect(feed.bench.sink.uploads.length).toBeGreaterThan(2);
    expectWholeByKey(feed);
  });

  test('the same id_min again is an error, not a loop', async () => {
    const feed = await start(70);
    feed.simulator.setFaults(noIds, { kind: 'same-id-min', route: PAGE, count: 'always' });
    await feed.ingest(FROM, TO, 6);
    const [window] = await feed.windows();
    expect(window?.lastError).toContain('pages do not move on');
    expect(endsOf(feed)).toEqual([]);
    expect(feed.calls('vm-host-list')).toBeLessThan(40);
  });
});

describe('a list of ids that is wrong', () => {
  test('by naming a host that no page brings leaves it out by its id, which is not the same as gone', async () => {
    const feed = await start(30);
    const last = feed.simulator.hostIds().at(-1)!;
    feed.simulator.setFaults({ kind: 'missing-records', host: last, route: PAGE, count: 'always' });
    await feed.ingest(FROM, TO, 1);
    expect((await feed.windows())[0]?.lastError).toContain('the page lacks 1 HOST that Qualys lists');
    for (let step = 0; step < 60 && endsOf(feed).length === 0; step++) await feed.workOff(1);
    expect(endsOf(feed)).toMatchObject([{ HostCount: 29, LeftOutHostIds: [last] }]);
    expect((await feed.windows())[0]?.state).toBe('planned');
  });

  test('by leaving hosts out costs none of them', async () => {
    const feed = await start(70);
    feed.simulator.setFaults({ kind: 'missing-records', records: 30, route: ID_LIST, count: 'always' });
    expect(await feed.ingest(FROM, TO)).toMatchObject([{ state: 'closed' }]);
    expectWhole(feed);
  });
});

describe('a host that breaks every page it is on', () => {
  const ingestWith = async (feed: StreamBench, bad: string) => {
    feed.simulator.setFaults({ kind: 'truncate', afterBytes: 10, host: bad, route: PAGE, count: 'always' });
    await feed.bench.process(await feed.bench.open(FROM, TO));
    for (let step = 0; step < 60 && endsOf(feed).length === 0; step++) await feed.workOff(1);
  };

  test('is put off, named in the closing row, and does not hold up the others', async () => {
    const feed = await start(90);
    const ids = feed.simulator.hostIds();
    const bad = ids[41]!;
    await ingestWith(feed, bad);
    expect(new Set(hostsOf(feed))).toEqual(new Set(ids.filter((id) => id !== bad)));
    expect(endsOf(feed)).toMatchObject([{ HostCount: 89, LeftOutHostIds: [bad] }]);
    const [window] = await feed.windows();
    expect(window).toMatchObject({ state: 'planned', counts: { expected: 90, fetched: 89 } });
    expect(window?.lastError).toContain(`left out after failing on their own: ${bad}`);
  });

  test('is read once it can be, and a later closing row says that nothing is left out', async () => {
    const feed = await start(30);
    const bad = feed.simulator.hostIds()[11]!;
    await ingestWith(feed, bad);
    feed.simulator.setFaults();
    await feed.workOff();
    expect(await feed.windows()).toMatchObject([{ state: 'closed', counts: { fetched: 30, expected: 30 } }]);
    expect(endsOf(feed)).toMatchObject([{ LeftOutHostIds: [bad] }, { HostCount: 30, LeftOutHostIds: [] }]);
    expect(new Set(hostsOf(feed))).toEqual(new Set(feed.simulator.hostIds()));
  });

  test('is not given up while nothing answers, however long that lasts', async () => {
    const feed = await start(3);
    await ingestWith(feed, feed.simulator.hostIds()[1]!);
    feed.simulator.setFaults({ kind: 'status', status: 503, route: 'asset/host', count: 'always' });
    for (let step = 0; step < 5; step++) {
      feed.bench.clock.forward(6 * 3_600_000);
      await feed.workOff(1);
    }
    expect(await feed.windows()).toMatchObject([{ state: 'planned' }]);
    feed.simulator.setFaults();
    await feed.workOff();
    expect(await feed.windows()).toMatchObject([{ state: 'closed', counts: { fetched: 3, expected: 3 } }]);
  });

  test('for a day leaves the window incomplete, with one closing row only', async () => {
    const feed = await start(3);
    const bad = feed.simulator.hostIds()[1]!;
    await ingestWith(feed, bad);
    for (let step = 0; step < 100 && !(await feed.windows()).every(isFinished); step++) await feed.workOff(1);
    expect(await feed.windows()).toMatchObject([{ state: 'incomplete' }]);
    expect(endsOf(feed)).toHaveLength(1);
  });
});

describe('a fault that is not the vendor’s', () => {
  test.for<[string, Error]>([
    ['settings', new ConfigError('the identity needs the role Monitoring Metrics Publisher')],
    ['uploads', new RetryableError('Logs Ingestion answered 503')],
  ])('in the %s never leaves a host out, however long it lasts', async ([, error]) => {
    const feed = await start(30);
    const { upload } = feed.bench.sink;
    Object.assign(feed.bench.sink, { upload: () => Promise.reject(error) });
    await feed.ingest(FROM, TO, 25);
    expect((await feed.windows()).filter(isFinished)).toEqual([]);
    Object.assign(feed.bench.sink, { upload });
    await feed.workOff();
    expect(await feed.windows()).toMatchObject([{ state: 'closed' }]);
    expectWhole(feed);
  });

  test('an outage of the vendor for a day leaves none out either', async () => {
    const feed = await start(30);
    feed.simulator.setFaults({ kind: 'status', status: 503, route: 'asset/host', count: 'always' });
    await feed.ingest(FROM, TO, 40);
    feed.simulator.setFaults();
    await feed.workOff();
    expect(await feed.windows()).toMatchObject([{ state: 'closed' }]);
    expectWholeByKey(feed);
  });

  test('a worker that dies after an upload repeats one chunk at most, and the next one ends the snapshot', async () => {
    const feed = await start(900, {}, { HOSTS_PAGE_SIZE: '1000' });
    const record = await feed.bench.open(FROM, TO);
    const saveWindow = feed.bench.store.saveWindow.bind(feed.bench.store);
    let saves = 0;
    const dying = {
      ...feed.bench.store,
      saveWindow: (...args: Parameters<typeof saveWindow>) =>
        ++saves === 4 ? new Promise<never>(() => undefined) : saveWindow(...args),
    };
    void feed.bench.process(record, { store: dying });
    await expect.poll(() => feed.bench.sink.uploads.length).toBe(2);
    feed.bench.clock.forward(3_600_000);
    const stored = await feed.bench.read(record);
    await feed.bench.process(stored!);
    await feed.workOff();
    const keys = rowsOf(feed).map(({ RowKey }) => RowKey);
    expect(keys.length - new Set(keys).size).toBeLessThanOrEqual(feed.bench.sink.uploads[1]!);
    expectWholeByKey(feed);
  });
});
