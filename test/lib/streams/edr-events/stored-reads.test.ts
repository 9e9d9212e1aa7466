import { describe, expect, test } from 'vitest';
import { parseSettings } from '../../../../src/lib/config.ts';
import type { WindowRecord } from '../../../../src/lib/pipeline/ports.ts';
import { queryOf, toJson, type EdrCursor } from '../../../../src/lib/streams/edr-events/edr-cursor.ts';
import { LEAST_SETTINGS } from '../../../support/settings.ts';
import { eventsIn, startLyingEdr, type LyingEdr } from '../../../support/lying-edr.ts';

const FROM = '2026-05-01T10:00:00Z';
const SECOND = '2026-05-01T10:00:01Z';
const TO = '2026-05-01T10:15:00Z';

/** Works on a window of which a worker before has stored the cursor: once, and then `steps` times. */
async function goOn(
  { feed }: LyingEdr,
  to: string,
  stored: Pick<EdrCursor, 'page' | 'size'> & Partial<EdrCursor>,
  steps = 0,
  more: Partial<WindowRecord> = {},
) {
  const query = queryOf({ from: FROM, to }, parseSettings(LEAST_SETTINGS));
  const cursor = toJson({ mode: 'pages', read: 0, query, ...stored });
  await feed.bench.process(await feed.bench.open(FROM, to, { cursor, ...more }));
  await feed.workOff(steps);
  return feed.windows();
}

const counted = (count: number) => ({ counted: { greatest: count, latest: count } });

describe('a read that has come to the reach of pages', () => {
  /** A vendor that has a full page where paging ends, and the sizes of the pages that are asked for behind it, those by searchAfter apart. */
  async function startDeep(page: number, size: number, seconds: number) {
    const sizes: number[] = [];
    const chained: number[] = [];
    const vendor = await startLyingEdr(
      eventsIn(FROM, seconds, 100),
      {
        page: (right, asked) => (asked.page === page ? asked.events.slice(0, size) : right),
        status: (asked) => {
          if (asked.page !== page) sizes.push(asked.size);
          return undefined;
        },
        cursor: (at, each, total) => {
          chained.push(each);
          return (at + 1) * each < total ? String(at + 1) : undefined;
        },
      },
      { EDR_PAGE_SIZE: '100', EDR_EVENT_TYPES: 'file' },
    );
    return { vendor, sizes, chained };
  }

  test.for([
    ['of the usual size', 100, {}],
    ['of as many events as did not fail', 50, { mostEvents: 50 }],
  ] as const)('goes on by searchAfter, in pages %s, and counts nothing again', async ([, size, most]) => {
    const { vendor, sizes, chained } = await startDeep(10_000 / size - 1, size, 1);
    const windows = await goOn(vendor, SECOND, { page: 10_000 / size - 1, size, ...counted(100), ...most });
    expect(windows).toMatchObject([{ state: 'closed', counts: { fetched: 100, rows: 100 } }]);
    expect(sizes).toEqual(Array(100 / size).fill(size));
    expect(chained).toEqual(sizes);
    expect(vendor.calls.counts).toBe(0);
  });

  test('is not cut, however long the window is: its pieces would send again what was uploaded', async () => {
    const { vendor } = await startDeep(99, 100, 900);
    const windows = await goOn(vendor, TO, { page: 99, size: 100, ...counted(100) });
    expect(windows).toMatchObject([{ state: 'closed', counts: { fetched: 100, rows: 100 } }]);
  });
});

test('a window whose pages do not end fails visibly', async () => {
  const vendor = await startLyingEdr([]);
  const [window] = await goOn(vendor, TO, { page: 20_000, size: 100 });
  expect(window).toMatchObject({ state: 'failed', lastError: 'the window does not end after 20000 pages' });
});

test('a read that had ended before is none of the two that a try has', async () => {
  const lies = {
    page: (right: readonly { id: string; time: string }[], { nth }: { nth: number }) => right.slice(nth === 0 ? 2 : 0),
  };
  const vendor = await startLyingEdr(eventsIn(FROM, 900, 5), lies);
  const [window] = await goOn(vendor, TO, { page: 1, size: 100, end: 'empty', isRead: true, ...counted(5) });
  expect(window).toMatchObject({ state: 'closed', counts: { expected: 5, fetched: 5, rows: 5 } });
});

test('an answer of 204 is an empty page, and no blank one', async () => {
  const vendor = await startLyingEdr([], { status: () => 204 });
  const [window] = await vendor.feed.ingest(FROM, TO, 0);
  expect(window).toMatchObject({ state: 'closed', counts: { fetched: 0 } });
  expect(vendor.calls).toEqual({ counts: 0, pages: 1 });
});

test('a large window is cut behind its full first page, and each piece begins with its count', async () => {
  const events = eventsIn(FROM, 900, 100);
  const lies = {
    count: ({ from, to }: { from: string; to: string }) => (Date.parse(to) - Date.parse(from) > 600_000 ? 6000 : 3000),
  };
  const vendor = await startLyingEdr(events, lies, { EDR_PAGE_SIZE: '100' });
  const windows = await vendor.feed.ingest(FROM, TO, 0);
  expect(windows).toMatchObject([
    { state: 'planned', counts: { rows: 0 }, cursor: { page: 0, ...counted(3000) } },
    { state: 'planned', counts: { rows: 0 }, cursor: { page: 0, ...counted(3000) } },
  ]);
  expect(vendor.calls).toEqual({ counts: 3, pages: 1 });
});

test.each<[string, Partial<EdrCursor>, number]>([
  ['before its first page, which was counted before, is not counted again', { page: 0, ...counted(5) }, 0],
  ['between its pages is counted again', { page: 1, ...counted(5) }, 1],
  ['behind its first page is counted again', { page: 0, end: 'empty', isRead: true, ...counted(0) }, 1],
])('a window that is taken up %s', async (_, stored, counts) => {
  const vendor = await startLyingEdr(eventsIn(FROM, 900, 5), {
    page: (right, { events, nth }) => (nth === 0 ? events : right.slice(0, 0)),
  });
  const [window] = await goOn(vendor, TO, { page: 0, size: 100, ...stored });
  expect(window).toMatchObject({ state: 'closed', counts: { fetched: 5, rows: 5 } });
  expect(vendor.calls.counts).toBe(counts);
  expect(vendor.feed.bench.log.events()).not.toContain('RecordsLeftToNeighbours');
});

test.each([
  [0, 2],
  [1, 1],
])('a window that was short %i times before is read %i times in a try', async (shortReads, reads) => {
  let firstPages = 0;
  const vendor = await startLyingEdr(eventsIn(FROM, 900, 5), {
    count: () => 6,
    page: (right, { page }) => ((firstPages += page === 0 ? 1 : 0), right),
  });
  const [window] = await goOn(vendor, TO, { page: 0, size: 100 }, 0, { shortReads });
  expect(window).toMatchObject({ state: 'planned', counts: { expected: 6, fetched: 5 }, cursor: { read: reads } });
  expect(firstPages).toBe(reads);
});

test('a page that fails in the second read of a try is no page of the first one', async () => {
  let firstPages = 0;
  const vendor = await startLyingEdr(eventsIn(FROM, 900, 5), {
    count: () => 6,
    status: ({ page }) => (page === 0 && ++firstPages > 1 ? 503 : undefined),
  });
  const [window] = await goOn(vendor, TO, { page: 0, size: 100 });
  expect(window).toMatchObject({ state: 'planned', counts: { expected: 6, fetched: 5 }, cursor: { read: 1, page: 0 } });
});

test('a window whose first page was full, and could not be counted behind, is counted first', async () => {
  const asked: string[] = [];
  const vendor = await startLyingEdr(eventsIn(FROM, 900, 5), {
    count: ({ events }) => (asked.push('count'), events.length),
    page: (right) => (asked.push('page'), right),
  });
  await goOn(vendor, TO, { page: 0, size: 100, isFull: true });
  expect(asked.slice(0, 2)).toEqual(['count', 'page']);
});

test.each<[string, Partial<EdrCursor>, number]>([
  ['before its first page', {}, 2],
  ['behind a page', { page: 1 }, 1],
  ['in a further read', { read: 1 }, 1],
])('a large window that is taken up %s is cut, or is not: %j gives %i', async (_, stored, windows) => {
  const vendor = await startLyingEdr([], { count: () => 3000 });
  expect(await goOn(vendor, TO, { page: 0, size: 100, ...counted(6000), ...stored })).toHaveLength(windows);
});

describe('a page that has failed', () => {
  /** Place and size of the first page that is asked for. */
  async function firstAsked(readFailures: number, stored: Parameters<typeof goOn>[2]): Promise<number[]> {
    const asked: number[][] = [];
    const vendor = await startLyingEdr([], {
      status: ({ page, size }) => (asked.push([page * size, size]), undefined),
    });
    await goOn(vendor, TO, stored, 0, { readFailures });
    return asked[0] ?? [];
  }

  test('twice in a row is asked for in smaller pieces, not before', async () => {
    expect(await firstAsked(1, { page: 0, size: 100 })).toEqual([0, 100]);
    expect(await firstAsked(2, { page: 0, size: 100 })).toEqual([0, 50]);
    expect(await firstAsked(3, { page: 0, size: 25 })).toEqual([0, 12]);
  });

  test('is asked for from the same place on, in pieces that divide it, of one event at the least', async () => {
    expect(await firstAsked(2, { page: 3, size: 100 })).toEqual([300, 50]);
    expect(await firstAsked(2, { page: 3, size: 25 })).toEqual([75, 5]);
    expect(await firstAsked(2, { page: 3, size: 7 })).toEqual([21, 1]);
    expect(await firstAsked(2, { page: 3, size: 1 })).toEqual([3, 1]);
  });

  test('is halved from the same cursor on by searchAfter', async () => {
    expect(await firstAsked(2, { mode: 'searchAfter', page: 3, size: 25, after: '72' })).toEqual([72, 12]);
  });
});

test('a page that was read tells what the window is counted to hold', async () => {
  const status = ({ page, size }: { page: number; size: number }) => (page === 1 || size === 1 ? 503 : undefined);
  const vendor = await startLyingEdr(eventsIn(FROM, 900, 7), { status });
  const [window] = await goOn(vendor, TO, { page: 0, size: 5, ...counted(7) });
  expect(window).toMatchObject({ state: 'planned', counts: { expected: 7, fetched: 5 }, cursor: { page: 1 } });
});

test.each([
  ['pages', 'edr/events'],
  ['searchAfter', 'edr/search-after'],
] as const)('pages by %s that fail while the probe of %s fails as well are an outage of that', async (mode, route) => {
  const vendor = await startLyingEdr([], { status: () => 503 });
  const [window] = await goOn(vendor, TO, { mode, page: 0, size: 100 });
  expect(window).toMatchObject({ state: 'planned', attempts: 0 });
  expect(window?.lastError).toContain(route);
});
