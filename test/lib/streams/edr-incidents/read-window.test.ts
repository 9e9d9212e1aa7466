import { describe, expect, test } from 'vitest';
import type { SimulatorOptions } from '../../../../dev/simulator/settings.ts';
import { retryWindow } from '../../../../src/lib/pipeline/operate-window.ts';
import { edrIncidents } from '../../../../src/lib/streams/edr-incidents/index.ts';
import { startFeed, type StreamBench } from '../../../support/feeds.ts';

const FROM = '2026-05-01T10:00:00Z';
const TO = '2026-05-01T11:00:00Z';
const PAGE = '/ioc/incidents/searchAfter';

const start = (incidents: number, options: SimulatorOptions = {}, settings: Readonly<Record<string, string>> = {}) =>
  startFeed(
    edrIncidents,
    { incidentCount: incidents, dataEnd: Date.parse(TO) - 1000, spanHours: 0.9, ...options },
    { INCIDENTS_PAGE_SIZE: '10', ...settings },
  );

/** Incidents of the window, one a second. */
async function startFew(
  incidents: number,
  settings: Readonly<Record<string, string>> = {},
  options: SimulatorOptions = {},
): Promise<StreamBench> {
  const feed = await start(0, options, settings);
  feed.simulator.changeData({
    incidents: Array.from({ length: incidents }, (_, second) => incidentAt(FROM, second * 1000)),
  });
  return feed;
}

function incidentAt(from: string, laterMs: number): { id: string; updatedTime: string; record: object } {
  const updatedTime = new Date(Date.parse(from) + laterMs).toISOString();
  return { id: `i-${laterMs}`, updatedTime, record: { id: `i-${laterMs}`, updatedOn: updatedTime } };
}

type Row = Readonly<Record<string, unknown>>;

const rowsOf = (feed: StreamBench): Row[] => feed.bench.sink.rows as Row[];
const idsOf = (feed: StreamBench): string[] => rowsOf(feed).map(({ IncidentId }) => String(IncidentId));
const wantedOf = (feed: StreamBench): string[] => feed.simulator.ids('incidents', { from: FROM, to: TO });

/** Whether exactly the incidents of the window were uploaded, each once. */
function expectAllOf(feed: StreamBench): void {
  expect([...idsOf(feed)].sort()).toEqual([...wantedOf(feed)].sort());
}

describe('a window of incidents', () => {
  test('follows the cursors to the end of the chain', async () => {
    const feed = await start(34);
    const [window] = await feed.ingest(FROM, TO);
    expect(wantedOf(feed).length).toBeGreaterThan(20);
    expect(window).toMatchObject({ state: 'closed', counts: { fetched: wantedOf(feed).length } });
    expectAllOf(feed);
  });

  test('without incidents is one call, and leaves nothing to others', async () => {
    const feed = await start(0);
    expect(await feed.ingest(FROM, TO)).toMatchObject([{ state: 'closed', counts: { fetched: 0, calls: 1 } }]);
    expect(feed.bench.log.events()).not.toContain('RecordsLeftToNeighbours');
  });

  test.each(['searchAfterValue', 'searchAfterValues', 'SEARCHAFTERVALUES'])(
    'reads the header %s',
    async (searchAfterHeader) => {
      const feed = await start(25, { searchAfterHeader });
      await feed.ingest(FROM, TO);
      expectAllOf(feed);
    },
  );

  test('takes further conditions, and the tokens of the settings', async () => {
    const feed = await start(30, {}, { INCIDENTS_FILTER: "incident.source: 'EDR'" });
    await feed.ingest(FROM, TO);
    expect(new Set(rowsOf(feed).map(({ IncidentSource }) => IncidentSource))).toEqual(new Set(['EDR']));
    const other = await start(
      30,
      {},
      { INCIDENTS_TIME_TOKEN: 'incident.detectedon', INCIDENTS_TIME_FIELD: 'detectedOn' },
    );
    await other.ingest(FROM, TO);
    expect(idsOf(other).length).toBeGreaterThan(0);
  });

  test('gives an incident that is updated a row for each update, in the window of that update', async () => {
    const feed = await start(0);
    const record = { id: 'i-1', updatedOn: '2026-05-01T10:30:00.000+0000', status: 'New' };
    feed.simulator.changeData({ incidents: [{ id: 'i-1', updatedTime: '2026-05-01T10:30:00Z', record }] });
    await feed.ingest(FROM, TO);
    const updated = { ...record, updatedOn: '2026-05-01T11:00:00.000+0000', status: 'Closed' };
    feed.simulator.changeData({ incidents: [{ id: 'i-1', updatedTime: '2026-05-01T11:00:00Z', record: updated }] });
    await feed.ingest(TO, '2026-05-01T12:00:00Z');
    expect(rowsOf(feed)).toMatchObject([
      { IncidentId: 'i-1', IncidentStatus: 'New' },
      { IncidentId: 'i-1', IncidentStatus: 'Closed' },
    ]);
    expect(new Set(rowsOf(feed).map(({ RowKey }) => RowKey)).size).toBe(2);
  });

  test('keeps hostile texts and odd records as they are', async () => {
    const feed = await start(0);
    const name = `"><img src=x onerror=alert(1)> \u202e ' OR '1'='1`;
    const at = { updatedTime: '2026-05-01T10:30:00Z' };
    feed.simulator.changeData({
      incidents: [
        {
          id: 'a',
          ...at,
          record: { id: 'a', name, updatedOn: '2026-05-01T10:30:00Z', __proto__x: { constructor: 1 } },
        },
        { id: 'b', ...at, record: { id: 'b', updatedOn: '2026-05-01T10:30:00Z', score: { deep: [] }, asset: 'none' } },
      ],
    });
    await feed.ingest(FROM, TO);
    expect(rowsOf(feed)).toMatchObject([{ IncidentId: 'a', IncidentName: name }, { IncidentId: 'b' }]);
  });
});

test('an incident that cannot be read is kept as text, and told', async () => {
  const feed = await start(0);
  const updatedTime = '2026-05-01T10:30:00Z';
  feed.simulator.changeData({
    incidents: [{ id: 'i-1', updatedTime, record: Object.assign(['i-1'], { updatedOn: updatedTime }) }],
  });
  expect(await feed.ingest(FROM, TO)).toMatchObject([{ state: 'closed', counts: { fetched: 1, rows: 1 } }]);
  expect(feed.column('ParseError')).not.toEqual([undefined]);
  expect(feed.bench.log.events()).toContain('RecordUnreadable');
});

describe('a chain that goes wrong', () => {
  test.for([
    ['breaks off', { kind: 'truncate' }],
    ['is reset half-way', { kind: 'reset-body' }],
    ['is malformed', { kind: 'malformed' }],
    ['is a web page', { kind: 'html', status: 200 }],
    ['fails', { kind: 'status', status: 503 }],
    ['refuses the token', { kind: 'status', status: 401 }],
  ] as const)('because a page %s is read again, and nothing is lost or comes twice', async ([, fault]) => {
    const feed = await start(34);
    feed.simulator.setFaults({ ...fault, route: PAGE, nth: 2, count: 1 });
    expect(await feed.ingest(FROM, TO)).toMatchObject([{ state: 'closed' }]);
    expectAllOf(feed);
  });

  test('with a page twice uploads its incidents once', async () => {
    const feed = await start(34);
    feed.simulator.setFaults({ kind: 'duplicate-page', route: PAGE, nth: 2, count: 1 });
    await feed.ingest(FROM, TO);
    expect(new Set(idsOf(feed)).size).toBe(idsOf(feed).length);
  });

  test('with the same cursor twice is an error, not a loop', async () => {
    const feed = await start(34);
    feed.simulator.setFaults({ kind: 'same-cursor', route: `${PAGE}.*searchAfterValues`, count: 'always' });
    await feed.ingest(FROM, TO, 0);
    expect(await feed.windows()).toMatchObject([
      { state: 'planned', attempts: 1, lastError: expect.stringContaining('same cursor twice') as string },
    ]);
  });

  test('that loses its header on a full page is not taken for complete', async () => {
    const feed = await start(34);
    feed.simulator.setFaults({ kind: 'lost-cursor', route: PAGE, count: 'always' });
    await feed.ingest(FROM, TO, 0);
    expect((await feed.windows())[0]?.lastError).toContain('names no next page, although there are more records');
    feed.simulator.setFaults();
    await feed.workOff();
    expectAllOf(feed);
  });

  test('whose last page is full and names none is asked again one incident shorter', async () => {
    const feed = await start(34);
    feed.simulator.setFaults({ kind: 'lost-cursor', route: PAGE, nth: 2, count: 1 });
    expect(await feed.ingest(FROM, TO)).toMatchObject([{ state: 'closed', attempts: 0 }]);
    expectAllOf(feed);
  });

  test('because a page is an empty body with status 200 is read again (4 incidents, 2 a page)', async () => {
    const feed = await startFew(4, { INCIDENTS_PAGE_SIZE: '2' });
    feed.simulator.setFaults({ kind: 'empty-body', route: PAGE, nth: 2, count: 1 });
    expect(await feed.ingest(FROM, TO)).toMatchObject([{ state: 'closed', counts: { fetched: 4, rows: 4 } }]);
    expect(feed.bench.log.lines.join('')).toContain('status 200 and an empty body instead of an array of incidents');
    expectAllOf(feed);
  });

  test('for an empty body with status 200 again and again never closes its window, for status 204 it has ended', async () => {
    const feed = await startFew(0);
    feed.simulator.setFaults({ kind: 'empty-body', route: PAGE, count: 'always' });
    await feed.ingest(FROM, TO, 20);
    expect(await feed.windows()).toMatchObject([{ state: 'failed' }]);
    feed.simulator.setFaults({ kind: 'empty-body', status: 204, route: PAGE, count: 'always' });
    await feed.workOff();
    expect(await feed.windows()).toMatchObject([{ state: 'closed' }]);
  });

  test.each([1, 2, 3, 4])(
    'by its header at page %i, which is short because pages are capped, is read whole',
    async (nth) => {
      const feed = await startFew(120, { INCIDENTS_PAGE_SIZE: '100' });
      feed.simulator.setFaults(
        { kind: 'page-cap', records: 50, route: PAGE, count: 'always' },
        { kind: 'lost-cursor', route: PAGE, nth, count: 1 },
      );
      expect(await feed.ingest(FROM, TO)).toMatchObject([{ state: 'closed', counts: { fetched: 120, rows: 120 } }]);
      expectAllOf(feed);
    },
  );

  test.each(['same', 'fresh'] as const)(
    'in a circle (%s cursors) is an error that shows, and starts over',
    async (cursors) => {
      const feed = await startFew(60);
      feed.simulator.setFaults({ kind: 'cursor-circle', pages: 2, cursors, route: PAGE, count: 'always' });
      // Each worker hands over after its page: what is known of the circle must be in the checkpoint.
      const record = await feed.bench.open(FROM, TO);
      const isFailed = async (): Promise<boolean> => (await feed.windows())[0]?.state === 'failed';
      for (let step = 0; step < 100 && !(await isFailed()); step++) {
        feed.bench.clock.forward(3_600_000);
        await feed.bench.process(record, { budgetMs: 0 });
      }
      expect((await feed.windows())[0]?.lastError).toMatch(/circle.*the pages are read from the first one again/);
      expect(feed.calls('edr-incidents')).toBeLessThan(40);
      expect(rowsOf(feed)).toHaveLength(30);
      feed.simulator.setFaults();
      await feed.workOff();
      expect(await feed.windows()).toMatchObject([{ state: 'closed', counts: { fetched: 60, rows: 60 } }]);
      expectAllOf(feed);
    },
  );

  test('because its cursor has expired starts over once by itself, without a row twice', async () => {
    const feed = await startFew(34, {}, { cursorTtlSeconds: 600 });
    await feed.bench.process(await feed.bench.open(FROM, TO), { budgetMs: 0 });
    feed.simulator.clock.advance(3_600_000);
    await feed.workOff();
    expect(await feed.windows()).toMatchObject([{ state: 'closed', counts: { fetched: 34, rows: 34 } }]);
    expect(feed.bench.log.lines.join('')).toContain('has expired');
    expectAllOf(feed);
  });

  test('because all cursors are refused fails, and goes on once they are not', async () => {
    const feed = await startFew(34);
    feed.simulator.setFaults({ kind: 'status', status: 400, route: 'searchAfterValues', count: 'always' });
    await feed.ingest(FROM, TO, 30);
    expect(await feed.windows()).toMatchObject([{ state: 'failed' }]);
    expect(feed.calls('edr-incidents')).toBeLessThan(80);
    feed.simulator.setFaults();
    await feed.workOff();
    expect(await feed.windows()).toMatchObject([{ state: 'closed' }]);
    expectAllOf(feed);
  });

  test('and was failed is read from its start after an operator’s retry, however many pages are known', async () => {
    const feed = await startFew(60);
    feed.simulator.setFaults(
      { kind: 'duplicate-records', route: PAGE, count: 'always' },
      { kind: 'malformed', route: 'searchAfterValues', nth: 8, count: 'always' },
    );
    const isFailed = async (): Promise<boolean> => (await feed.windows())[0]?.state === 'failed';
    await feed.bench.process(await feed.bench.open(FROM, TO));
    for (let step = 0; step < 20 && !(await isFailed()); step++) await feed.workOff(1);
    feed.simulator.setFaults({ kind: 'duplicate-records', route: PAGE, count: 'always' });
    const { stream, run, key } = (await feed.windows())[0]!;
    const retried = await retryWindow({ version: 1, stream, run, window: key }, feed.bench.deps);
    expect(retried).not.toHaveProperty('cursor');
    await feed.workOff();
    expect(await feed.windows()).toMatchObject([{ state: 'closed', attempts: 0, counts: { fetched: 60 } }]);
    expectAllOf(feed);
  });

  test('by a filter that is refused behind the first page takes the repaired one', async () => {
    const feed = await startFew(34);
    await feed.bench.process(await feed.bench.open(FROM, TO), { budgetMs: 0 });
    feed.change({ INCIDENTS_FILTER: 'incident.unknown: 1' });
    feed.simulator.setFaults({ kind: 'status', status: 400, route: 'searchAfterValues', count: 1 });
    await feed.workOff(2);
    // The read was continued: it is begun anew once by itself, and is refused again.
    expect(await feed.windows()).toMatchObject([{ state: 'planned', startedOver: true }]);
    await feed.workOff(1);
    expect(await feed.windows()).toMatchObject([
      { state: 'failed', lastError: expect.stringContaining('unknown token incident.unknown') as string },
    ]);
    feed.change({ INCIDENTS_FILTER: "NOT (incident.source: 'none')" });
    await feed.workOff();
    expect(await feed.windows()).toMatchObject([{ state: 'closed' }]);
    expectAllOf(feed);
  });

  test('because the vendor asks to wait costs no attempt', async () => {
    const feed = await start(34);
    feed.simulator.setFaults({ kind: 'status', status: 429, route: PAGE, nth: 2, count: 2 });
    expect(await feed.ingest(FROM, TO)).toMatchObject([{ state: 'closed', attempts: 0 }]);
    expectAllOf(feed);
  });

  test('because the filter is refused fails with the vendor’s words', async () => {
    const feed = await start(3, {}, { INCIDENTS_TIME_TOKEN: 'incident.unknown', INCIDENTS_TIME_FIELD: 'updatedOn' });
    await feed.ingest(FROM, TO, 0);
    expect(await feed.windows()).toMatchObject([
      { state: 'failed', lastError: expect.stringContaining('unknown token incident.unknown') as string },
    ]);
  });
});

test('an upload that fails in the middle of a page repeats nothing that was recorded', async () => {
  const feed = await start(0, {}, { INCIDENTS_PAGE_SIZE: '500' });
  const incidents = Array.from({ length: 300 }, (_, n) => {
    const time = new Date(Date.parse(FROM) + n * 1000).toISOString();
    return { id: `i-${n}`, updatedTime: time, record: { id: `i-${n}`, updatedOn: time, text: 'x'.repeat(5000) } };
  });
  feed.simulator.changeData({ incidents });
  const { upload } = feed.bench.sink;
  let calls = 0;
  Object.assign(feed.bench.sink, {
    upload: (...args: Parameters<typeof upload>) =>
      ++calls === 2 ? Promise.reject(new Error('broken')) : upload(...args),
  });
  expect(await feed.ingest(FROM, TO)).toMatchObject([{ state: 'closed', counts: { fetched: 300, rows: 300 } }]);
  expectAllOf(feed);
});

describe('an incident whose time', () => {
  const NEXT = '2026-05-01T12:00:00Z';

  test.each(['millisecond', 'second'] as const)(
    'lies at the edge of windows comes once (filters by the %s)',
    async (timeResolution) => {
      const feed = await start(0, { timeResolution });
      const edges = [-1000, -1, 0, 1, 999, 1000].map((laterMs) => incidentAt(TO, laterMs));
      feed.simulator.changeData({ incidents: edges });
      await feed.ingest(FROM, TO);
      await feed.ingest(TO, NEXT);
      expect([...idsOf(feed)].sort()).toEqual(edges.map(({ id }) => id).sort());
    },
  );

  const LOCAL = { kind: 'wrong-times', shiftSeconds: 7200, zone: 'none', route: PAGE, count: 'always' } as const;

  test('is another one than the filter sees is kept, and shown', async () => {
    const feed = await startFew(5, { INCIDENTS_PAGE_SIZE: '50' });
    feed.simulator.setFaults(LOCAL);
    expect(await feed.ingest(FROM, TO)).toMatchObject([
      { state: 'closed', counts: { fetched: 5, rows: 5, outside: 5 } },
    ]);
    expectAllOf(feed);
    expect(feed.bench.log.lines.find((line) => line.includes('RecordsOutside'))).toContain('"records":5');
  });

  test('tells no zone is read by EDR_TIME_ZONE', async () => {
    const feed = await startFew(25, { EDR_TIME_ZONE: '+02:00' });
    feed.simulator.setFaults(LOCAL);
    expect(await feed.ingest(FROM, TO)).toMatchObject([{ state: 'closed', counts: { fetched: 25 } }]);
    expect(feed.column('UpdatedTime')).toContain(new Date(Date.parse(FROM) + 24_000).toISOString());
    expect(feed.bench.log.events()).not.toContain('RecordsOutside');
  });

  test('is another one on more than a tenth of a page fails its window before a row of it, until an operator takes it', async () => {
    const feed = await startFew(6, { INCIDENTS_PAGE_SIZE: '50' });
    feed.simulator.setFaults(LOCAL);
    await feed.ingest(FROM, TO, 3);
    expect(await feed.windows()).toMatchObject([
      { state: 'failed', lastError: expect.stringContaining('Qualys ignores the time filter: 6 incidents') as string },
    ]);
    expect(rowsOf(feed)).toEqual([]);
    const { stream, run, key } = (await feed.windows())[0]!;
    await retryWindow({ version: 1, stream, run, window: key }, { ...feed.bench.deps, accept: 'outside' });
    await feed.workOff();
    expect(await feed.windows()).toMatchObject([{ state: 'closed', counts: { rows: 6, outside: 6 } }]);
    expectAllOf(feed);
  });

  test('is asked for in vain, because the vendor ignores its filter, floods no window', async () => {
    const feed = await start(0);
    const days = Array.from({ length: 30 }, (_, day) => incidentAt(FROM, -day * 86_400_000));
    feed.simulator.changeData({ incidents: days });
    feed.simulator.setFaults({ kind: 'ignored-time-filter', route: PAGE, count: 'always' });
    await feed.ingest(FROM, TO, 3);
    expect(await feed.windows()).toMatchObject([{ state: 'failed' }]);
    expect(rowsOf(feed)).toEqual([]);
    feed.simulator.setFaults();
    await feed.workOff();
    expect(idsOf(feed)).toEqual(['i-0']);
  });

  test('lies before the first window of a run is left to nobody', async () => {
    const feed = await start(0, {}, { INCIDENTS_PAGE_SIZE: '50' });
    feed.simulator.changeData({ incidents: [incidentAt(FROM, -500)] });
    await feed.bench.process(await feed.bench.open(FROM, TO, { isFirst: true }));
    await feed.workOff();
    expect(idsOf(feed)).toEqual(['i--500']);
  });

  test('leaves it to the next window, as the only one, is told', async () => {
    const feed = await start(0);
    feed.simulator.changeData({ incidents: [incidentAt(TO, 0)] });
    expect(await feed.ingest(FROM, TO)).toMatchObject([{ state: 'closed', counts: { fetched: 0, rows: 0 } }]);
    expect(feed.bench.log.events()).toContain('RecordsLeftToNeighbours');
    await feed.ingest(TO, NEXT);
    expect(idsOf(feed)).toEqual(['i-0']);
  });
});

describe('incidents of which the vendor has several documents', () => {
  test.each(['same', 'other'] as const)('(%s content) come once a content', async (content) => {
    const feed = await startFew(25);
    feed.simulator.setFaults({ kind: 'duplicate-records', content, route: PAGE, count: 'always' });
    await feed.ingest(FROM, TO);
    expect(await feed.windows()).toMatchObject([{ state: 'closed' }]);
    expect(rowsOf(feed)).toHaveLength(content === 'same' ? 25 : 50);
    expect(new Set(idsOf(feed))).toEqual(new Set(wantedOf(feed)));
  });
});
