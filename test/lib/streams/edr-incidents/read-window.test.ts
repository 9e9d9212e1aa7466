import { describe, expect, test } from 'vitest';
import type { SimulatorOptions } from '../../../../dev/simulator/settings.ts';
import { edrIncidents } from '../../../../src/lib/streams/edr-incidents/index.ts';
import { startFeed, type Feed } from '../../../support/feeds.ts';

const FROM = '2026-05-01T10:00:00Z';
const TO = '2026-05-01T11:00:00Z';
const PAGE = '/ioc/incidents/searchAfter';

const start = (incidents: number, options: SimulatorOptions = {}, settings: Readonly<Record<string, string>> = {}) =>
  startFeed(
    edrIncidents,
    { incidentCount: incidents, dataEnd: Date.parse(TO) - 1000, spanHours: 0.9, ...options },
    { INCIDENTS_PAGE_SIZE: '10', ...settings },
  );

type Row = Readonly<Record<string, unknown>>;

const rowsOf = (feed: Feed): Row[] => feed.bench.sink.rows as Row[];
const idsOf = (feed: Feed): string[] => rowsOf(feed).map(({ IncidentId }) => String(IncidentId));
const wantedOf = (feed: Feed): string[] => feed.simulator.incidentIds({ from: FROM, to: TO });

/** Whether exactly the incidents of the window were uploaded, each once. */
function expectAllOf(feed: Feed): void {
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

  test('without incidents is one call', async () => {
    const feed = await start(0);
    expect(await feed.ingest(FROM, TO)).toMatchObject([{ state: 'closed', counts: { fetched: 0, calls: 1 } }]);
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
    expect((await feed.windows())[0]?.lastError).toContain('names no next page, although there are more incidents');
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

  test('because the vendor asks to wait costs no attempt', async () => {
    const feed = await start(34);
    feed.simulator.setFaults({ kind: 'status', status: 429, route: PAGE, nth: 2, count: 2 });
    expect(await feed.ingest(FROM, TO)).toMatchObject([{ state: 'closed', attempts: 0 }]);
    expectAllOf(feed);
  });

  test('because the filter is refused fails with the vendor’s words', async () => {
    const feed = await start(3, {}, { INCIDENTS_TIME_TOKEN: 'incident.unknown' });
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
