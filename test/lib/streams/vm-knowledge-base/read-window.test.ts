import { describe, expect, test } from 'vitest';
import type { SimulatorOptions } from '../../../../dev/simulator/settings.ts';
import { parseSettings } from '../../../../src/lib/config.ts';
import { vmKnowledgeBase } from '../../../../src/lib/streams/vm-knowledge-base/index.ts';
import { EVERYTHING, planKnowledgeBase } from '../../../../src/lib/streams/vm-knowledge-base/plan.ts';
import { startFeed, type StreamBench } from '../../../support/feeds.ts';
import { LEAST_SETTINGS } from '../../../support/settings.ts';

const FROM = '2026-05-01T00:00:00Z';
const TO = '2026-05-01T06:00:00Z';
const PAGE = 'knowledge_base/.*details=All';
const ID_LIST = 'knowledge_base/.*details=None';

const start = (settings: Readonly<Record<string, string>> = {}, options: SimulatorOptions = {}) =>
  startFeed(
    vmKnowledgeBase,
    { longResultsLength: 70_000, dataEnd: Date.parse('2026-04-30T00:00:00Z'), ...options },
    { KB_PAGE_SIZE: '50', ...settings },
  );

type Row = Readonly<Record<string, unknown>>;

const rowsOf = (feed: StreamBench): Row[] => feed.bench.sink.rows as Row[];
const qidsOf = (feed: StreamBench): string[] =>
  rowsOf(feed)
    .filter(({ PartNumber }) => PartNumber === 1)
    .map(({ QID }) => String(QID));

/** Reads everything, as the first window does. */
async function loadAll(feed: StreamBench): Promise<void> {
  await feed.bench.process(await feed.bench.open(FROM, TO, { slice: EVERYTHING, key: `all~${EVERYTHING}` }));
  await feed.workOff();
}

describe('a load of everything', () => {
  test('brings every QID once, in pages by ranges of QIDs', async () => {
    const feed = await start();
    await loadAll(feed);
    expect(qidsOf(feed)).toEqual(feed.simulator.qids());
    expect(await feed.windows()).toMatchObject([
      { state: 'closed', counts: { fetched: 440, expected: 440, pages: 9, calls: 10 } },
    ]);
  });

  test('spreads a QID with a long text over rows that join to it', async () => {
    const feed = await start();
    await loadAll(feed);
    const parts = rowsOf(feed).filter(({ PartCount }) => PartCount !== 1);
    const first = parts.filter(({ PartNumber }) => PartNumber === 1);
    expect(first.length).toBeGreaterThan(2);
    for (const { QID, VulnTitle } of first) {
      const text = parts
        .filter((part) => part.QID === QID)
        .map(({ RecordPart }) => String(RecordPart))
        .join('');
      expect(JSON.parse(text)).toMatchObject({
        QID,
        TITLE: VulnTitle,
        SOLUTION: expect.stringContaining('Apply each patch.') as string,
      });
    }
  });

  test('of an answer that the vendor cuts goes on where its WARNING says', async () => {
    const feed = await start({}, { knowledgeBaseLimit: 30 });
    await loadAll(feed);
    expect(qidsOf(feed)).toEqual(feed.simulator.qids());
  });

  test('in which no page brings a QID that is listed brings all others, and names it', async () => {
    const feed = await start({ KB_PAGE_SIZE: '200' });
    const others = feed.simulator.qids();
    const bad = others.pop()!;
    const missing = { kind: 'missing-records', records: 1, count: 'always' } as const;
    feed.simulator.setFaults(
      { ...missing, route: `${PAGE}(?!.*id_max)` },
      { ...missing, route: `${PAGE}.*id_min=${bad}` },
    );
    await feed.bench.process(await feed.bench.open(FROM, TO, { slice: EVERYTHING, key: `all~${EVERYTHING}` }));
    await feed.workOff(8);
    const [window] = await feed.windows();
    expect(window).toMatchObject({ state: 'planned', counts: { expected: 440, fetched: 439 } });
    expect(window?.lastError).toContain(`QIDs left out after failing on their own: ${bad}`);
    expect(qidsOf(feed)).toEqual(others);
  });

  test('without the list of QIDs is one chain of pages', async () => {
    const feed = await start({}, { knowledgeBaseLimit: 30 });
    feed.simulator.setFaults({ kind: 'simple-return', code: '1905', status: 400, route: ID_LIST, count: 'always' });
    await loadAll(feed);
    expect(qidsOf(feed)).toEqual(feed.simulator.qids());
    expect(feed.bench.log.events()).toContain('IdListUnavailable');
    expect((await feed.windows())[0]?.state).toBe('closed');
  });

  test.for([
    ['breaks off', { kind: 'truncate' }],
    ['is reset half-way', { kind: 'reset-body' }],
    ['is malformed', { kind: 'malformed' }],
    ['is a web page', { kind: 'html', status: 200 }],
    ['is the page before', { kind: 'duplicate-page' }],
    ['lacks a QID', { kind: 'missing-records' }],
    ['nests too deeply', { kind: 'deep-nesting' }],
  ] as const)('of which a page %s reads it again, and nothing is lost', async ([, fault]) => {
    const feed = await start();
    feed.simulator.setFaults({ ...fault, route: PAGE, nth: 3, count: 1 });
    await loadAll(feed);
    expect(new Set(qidsOf(feed))).toEqual(new Set(feed.simulator.qids()));
    expect((await feed.windows())[0]).toMatchObject({ state: 'closed', counts: { fetched: 440 } });
    expect(feed.bench.log.events()).toContain('PageFetchFailed');
  });

  test('waits as the vendor asks, without an attempt', async () => {
    const feed = await start();
    feed.simulator.setFaults({
      kind: 'simple-return',
      code: '1965',
      route: PAGE,
      nth: 4,
      count: 2,
      items: { SECONDS_TO_WAIT: '77' },
    });
    await loadAll(feed);
    expect((await feed.windows())[0]).toMatchObject({ state: 'closed', attempts: 0 });
    expect(feed.bench.log.events()).not.toContain('PageFetchFailed');
  });

  test('takes a QID that goes while it is read for gone, not for lost', async () => {
    const feed = await start();
    const gone = feed.simulator.qids()[200]!;
    const { upload } = feed.bench.sink;
    Object.assign(feed.bench.sink, {
      upload: (...args: Parameters<typeof upload>) => {
        feed.simulator.changeData({ removedVulnerabilities: [Number(gone)] });
        return upload(...args);
      },
    });
    await loadAll(feed);
    expect(qidsOf(feed)).toEqual(feed.simulator.qids());
    expect((await feed.windows())[0]).toMatchObject({ state: 'closed', counts: { fetched: 439, expected: 439 } });
  });
});

describe('a window of changes', () => {
  const change = (feed: StreamBench, ...times: readonly string[]): string[] => {
    const qids = feed.simulator.qids().slice(12, 12 + times.length);
    feed.simulator.changeData({
      vulnerabilities: qids.map((qid, index) => ({ qid: Number(qid), modifiedTime: times[index]! })),
    });
    return qids;
  };

  test.each(['inclusive', 'exclusive'] as const)(
    'brings what was changed within it, bounds being %s',
    async (processedBounds) => {
      const feed = await start({}, { processedBounds });
      const [first, inside, last] = change(feed, FROM, '2026-05-01T03:00:00Z', TO, '2026-05-01T06:00:02Z');
      const [window] = await feed.ingest(FROM, TO);
      expect(window).toMatchObject({ state: 'closed' });
      expect(qidsOf(feed)).toEqual([first, inside, last]);
    },
  );

  test('without changes costs two calls, and two more after ten minutes', async () => {
    const feed = await start();
    expect(await feed.ingest(FROM, TO)).toMatchObject([{ state: 'closed', counts: { fetched: 0, rows: 0, calls: 4 } }]);
  });

  test('reads a QID that changed later in the window of that change, with another key', async () => {
    const feed = await start();
    const [qid] = change(feed, '2026-05-01T03:00:00Z');
    await feed.ingest(FROM, TO);
    feed.simulator.changeData({
      vulnerabilities: [
        {
          qid: Number(qid),
          modifiedTime: '2026-05-01T07:00:00Z',
          xml: `<VULN><QID>${qid!}</QID><TITLE>new</TITLE></VULN>`,
        },
      ],
    });
    await feed.ingest(TO, '2026-05-01T12:00:00Z');
    expect(rowsOf(feed).map(({ QID }) => QID)).toEqual([qid, qid]);
    expect(new Set(rowsOf(feed).map(({ RowKey }) => RowKey)).size).toBe(2);
  });

  test('loaded again with everything has the same keys', async () => {
    const feed = await start();
    const qids = change(feed, '2026-05-01T03:00:00Z', '2026-05-01T04:00:00Z');
    await feed.ingest(FROM, TO);
    const keys = rowsOf(feed)
      .splice(0)
      .map(({ RowKey }) => RowKey);
    await loadAll(feed);
    const again = rowsOf(feed).filter(({ QID }) => qids.includes(String(QID)));
    expect(again.map(({ RowKey }) => RowKey)).toEqual(keys);
  });
});

describe('the plan', () => {
  const slices = (days: string, from: string, to: string, isFirst = false): string | undefined =>
    planKnowledgeBase(parseSettings({ ...LEAST_SETTINGS, KB_FULL_DAYS: days })).sliceOf?.({ from, to }, isFirst);

  test('begins with everything', () => {
    expect(slices('0', FROM, TO, true)).toBe(EVERYTHING);
    expect(slices('0', FROM, TO)).toBeUndefined();
  });

  test('loads everything once in so many days, in exactly one of the windows that cover them', () => {
    const hour = 3_600_000;
    const base = Date.parse('2026-05-01T00:00:00Z');
    const iso = (time: number): string => new Date(time).toISOString();
    const windows = Array.from({ length: 28 * 4 }, (_, n) =>
      slices('7', iso(base + 6 * n * hour), iso(base + 6 * (n + 1) * hour)),
    );
    expect(windows.filter((slice) => slice === EVERYTHING)).toHaveLength(4);
  });

  test('loads everything after a longer pause', () => {
    expect(slices('7', '2026-05-01T00:00:00Z', '2026-05-20T00:00:00Z')).toBe(EVERYTHING);
  });
});
