import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { RetryableError } from '../../../../src/lib/errors.ts';
import { edrEvents } from '../../../../src/lib/streams/edr-events/index.ts';
import { startFeed, type StreamBench } from '../../../support/feeds.ts';
import { serveHttp } from '../../../support/http-server.ts';

const FROM = '2026-05-01T10:00:00Z';
const TO = '2026-05-01T10:15:00Z';
/** Calls of the simulator, as its faults select them. */
const COUNT = '/ioc/events/count';
const PAGE = '/ioc/events\\?';

const start = (settings: Readonly<Record<string, string>> = {}, options: Parameters<typeof startFeed>[1] = {}) =>
  startFeed(edrEvents, { longEventEvery: 0, ...options }, settings);

/** Puts events in: `count` from a time on, spread over so many milliseconds. */
function burst({ simulator }: StreamBench, processedTime: string, count: number, spreadMs = 0): void {
  simulator.changeData({ bursts: [{ processedTime, count, spreadMs }] });
}

/** Whether exactly the events of the span were uploaded, each once. */
function expectAllOf(feed: StreamBench, from = FROM, to = TO): void {
  const ids = feed.column('EventId') as string[];
  const wanted = feed.simulator.eventIds({ from, to });
  expect(ids).toHaveLength(wanted.length);
  expect(new Set(ids).symmetricDifference(new Set(wanted)).size).toBe(0);
  expect(new Set(feed.column('RowKey')).size).toBe(ids.length);
}

describe('a window of events', () => {
  test('is read whole and booked: expected, fetched, uploaded', async () => {
    const feed = await start({ EDR_PAGE_SIZE: '100' });
    burst(feed, '2026-05-01T10:01:00Z', 450, 600_000);
    const [window] = await feed.ingest(FROM, TO);
    expect(window).toMatchObject({ state: 'closed', counts: { expected: 450, fetched: 450, rows: 450, pages: 5 } });
    expectAllOf(feed);
  });

  test('without events costs one call', async () => {
    const feed = await start();
    const [window] = await feed.ingest(FROM, TO);
    expect(window).toMatchObject({ state: 'closed', counts: { fetched: 0, rows: 0, calls: 1, pages: 1 } });
    expect(feed.calls('edr-events')).toBe(1);
  });

  test('is counted once when exactly what was counted came', async () => {
    const feed = await start({ EDR_PAGE_SIZE: '100' });
    burst(feed, '2026-05-01T10:01:00Z', 250, 600_000);
    await feed.ingest(FROM, TO);
    expect(feed.calls('edr-count')).toBe(1);
    expect(feed.calls('edr-events')).toBe(3);
  });

  test('is counted again when something else came, or reading was interrupted', async () => {
    const more = await start({ EDR_PAGE_SIZE: '100' });
    more.simulator.setFaults({ kind: 'wrong-count', delta: -1, route: COUNT });
    const interrupted = await start({ EDR_PAGE_SIZE: '100' });
    interrupted.simulator.setFaults({ kind: 'reset', route: 'pageNumber=1' });
    for (const feed of [more, interrupted]) {
      burst(feed, '2026-05-01T10:01:00Z', 250, 600_000);
      await feed.ingest(FROM, TO);
      expect(feed.calls('edr-count')).toBe(2);
      expectAllOf(feed);
    }
  });

  test('whose count is a multiple of the page size is whole', async () => {
    const feed = await start({ EDR_PAGE_SIZE: '100' });
    burst(feed, '2026-05-01T10:01:00Z', 200, 600_000);
    const [window] = await feed.ingest(FROM, TO);
    expect(window?.state).toBe('closed');
    expectAllOf(feed);
  });

  test('neither loses nor repeats an event at the boundary of its neighbour', async () => {
    for (const timeResolution of ['millisecond', 'second'] as const) {
      const feed = await start({}, { timeResolution });
      for (const time of [
        '10:00:00.000',
        '10:14:59.999',
        '10:15:00.000',
        '10:15:00.500',
        '10:29:59.999',
        '10:30:00.000',
      ]) {
        burst(feed, `2026-05-01T${time}Z`, 2);
      }
      await feed.ingest(FROM, TO);
      await feed.ingest(TO, '2026-05-01T10:30:00Z');
      const states = (await feed.windows()).map(({ state }) => state);
      expect(states).toEqual(['closed', 'closed']);
      expectAllOf(feed, FROM, '2026-05-01T10:30:00Z');
    }
  });

  test('whose pages were refused for a setting is read once the setting is repaired', async () => {
    const feed = await start({ EDR_SORT: '[{"no.such.token":"asc"}]' });
    burst(feed, '2026-05-01T10:01:00Z', 20, 600_000);
    const [refused] = await feed.ingest(FROM, TO, 2);
    expect(refused).toMatchObject({ state: 'failed', counts: { fetched: 0 } });
    feed.change({ EDR_SORT: '[{"event.eventProcessedTime":"asc"}]' });
    await feed.workOff(5);
    expect((await feed.windows())[0]?.state).toBe('closed');
    expectAllOf(feed);
  });

  test('that holds nothing but events of its neighbour is complete', async () => {
    const feed = await start();
    burst(feed, TO, 3);
    const [window] = await feed.ingest(FROM, TO, 5);
    expect(window).toMatchObject({ state: 'closed', counts: { expected: 3, fetched: 3, rows: 0 } });
  });

  test('with more than 5,000 events is split in halves', async () => {
    const feed = await start({ EDR_PAGE_SIZE: '2500' });
    burst(feed, '2026-05-01T10:00:10Z', 5400, 880_000);
    const windows = await feed.ingest(FROM, TO);
    expect(windows.length).toBe(2);
    expect(windows.every(({ state }) => state === 'closed')).toBe(true);
    expect(windows[0]?.from).toBe(FROM);
    expect(windows.at(-1)?.to).toBe(TO);
    windows.slice(1).forEach(({ from }, index) => expect(from).toBe(windows[index]?.to));
    expectAllOf(feed);
  });

  test('of a single second above 10,000 events is split by type', async () => {
    const feed = await start({ EDR_PAGE_SIZE: '5000' });
    burst(feed, '2026-05-01T10:00:00.100Z', 10_050, 800);
    const windows = await feed.ingest(FROM, '2026-05-01T10:00:01Z');
    expect(windows.map(({ slice }) => slice).sort()).toEqual(
      ['file', 'mutex', 'network', 'other', 'process', 'registry'].map((type) => `type.${type}`),
    );
    expect(windows.every(({ state }) => state === 'closed')).toBe(true);
    expectAllOf(feed);
  });

  test('of a single second and type above 10,000 events is read by searchAfter', async () => {
    const feed = await start({ EDR_PAGE_SIZE: '5000', EDR_EVENT_TYPES: 'file' });
    const events = Array.from({ length: 10_020 }, (_, at) => ({
      record: { id: `e-${at}`, type: 'FILE', eventProcessedTime: '2026-05-01T10:00:00.500+0000', action: 'Created' },
    }));
    feed.simulator.changeData({ events });
    const windows = await feed.ingest(FROM, '2026-05-01T10:00:01Z');
    expect(windows).toMatchObject([{ state: 'closed', counts: { fetched: 10_020, rows: 10_020 } }]);
    expect(feed.calls('edr-search-after')).toBe(3);
    expectAllOf(feed, FROM, '2026-05-01T10:00:01Z');
  });

  test('is read by pages whose size does not divide 10,000', async () => {
    const feed = await start({ EDR_PAGE_SIZE: '3000' });
    burst(feed, '2026-05-01T10:00:00.000Z', 9990, 900);
    const [window] = await feed.ingest(FROM, '2026-05-01T10:00:01Z');
    expect(window?.state).toBe('closed');
    expectAllOf(feed, FROM, '2026-05-01T10:00:01Z');
  });

  test.for(['searchAfterValue', 'searchAfterValues', 'SEARCHAFTERVALUES'])(
    'is read by searchAfter where it is set, by the header %s',
    async (searchAfterHeader) => {
      const feed = await start({ EDR_PAGING: 'searchAfter', EDR_PAGE_SIZE: '100' }, { searchAfterHeader });
      burst(feed, '2026-05-01T10:01:00Z', 450, 600_000);
      const [window] = await feed.ingest(FROM, TO);
      expect(window).toMatchObject({ state: 'closed', counts: { fetched: 450, rows: 450 } });
      expectAllOf(feed);
    },
  );
});

describe('a vendor that caps the page size', () => {
  test('is asked for pages of that size, so that no event is jumped over', async () => {
    const cap = 60;
    // Stands before the simulator and gives no more than `cap` events a page, whatever is asked for.
    const feed = await startCapped(cap);
    burst(feed, '2026-05-01T10:01:00Z', 250, 600_000);
    const [window] = await feed.ingest(FROM, TO);
    expect(window).toMatchObject({ state: 'closed', counts: { fetched: 250, rows: 250 } });
    expectAllOf(feed);
  });
});

async function startCapped(cap: number): Promise<StreamBench> {
  let target = '';
  const proxy = await serveHttp(({ method, url, headers, body }, response) => {
    const asked = url.replace(/pageSize=(\d+)/, (_, size: string) => `pageSize=${Math.min(Number(size), cap)}`);
    const { authorization = '', 'content-type': type = 'text/plain' } = headers;
    const init = { method, headers: { authorization, 'content-type': type }, ...(method === 'POST' ? { body } : {}) };
    void fetch(`${target}${asked}`, init).then(async (answer) => {
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' });
      response.end(Buffer.from(await answer.arrayBuffer()));
    });
  });
  return startFeed(edrEvents, { longEventEvery: 0 }, {}, (simulator) => {
    target = simulator.url;
    return proxy.url;
  });
}

describe('a count that differs from what comes', () => {
  test('has the window read again, stays short, and is closed as incomplete after 24 hours', async () => {
    const feed = await start();
    burst(feed, '2026-05-01T10:01:00Z', 50, 600_000);
    feed.simulator.setFaults({ kind: 'wrong-count', delta: 7, route: COUNT, count: 'always' });
    const windows = await feed.ingest(FROM, TO, 3);
    expect(windows).toMatchObject([{ state: 'planned', counts: { expected: 57, fetched: 50, rows: 50 } }]);
    expect(windows[0]?.lastError).toBe('Qualys counts 57 records, 50 were received; the window is read again');
    await feed.workOff();
    expect(await feed.windows()).toMatchObject([
      { state: 'incomplete', lastError: 'Qualys counts 57 records, 50 were received' },
    ]);
    expectAllOf(feed);
  });

  test('because a page missed records is made good by reading again, and nothing comes twice', async () => {
    const feed = await start({ EDR_PAGE_SIZE: '100' });
    burst(feed, '2026-05-01T10:01:00Z', 350, 600_000);
    feed.simulator.setFaults({ kind: 'missing-records', records: 5, route: PAGE, nth: 2, count: 2 });
    const [window] = await feed.ingest(FROM, TO);
    expect(window).toMatchObject({ state: 'closed', counts: { expected: 350, fetched: 350, rows: 350 } });
    expectAllOf(feed);
    expect(feed.bench.log.events()).toContain('WindowReadAgain');
  });

  test('because events are late is made good as soon as they are there', async () => {
    const feed = await start();
    burst(feed, '2026-05-01T10:01:00Z', 50, 600_000);
    feed.simulator.setFaults({ kind: 'wrong-count', delta: 1, route: COUNT, count: 'always' });
    await feed.ingest(FROM, TO, 2);
    burst(feed, '2026-05-01T10:02:00Z', 1);
    feed.simulator.setFaults();
    await feed.workOff();
    expect(await feed.windows()).toMatchObject([{ state: 'closed', counts: { expected: 51, fetched: 51, rows: 51 } }]);
    expectAllOf(feed);
  });

  test('by fewer than came does not hold the window open', async () => {
    const feed = await start();
    burst(feed, '2026-05-01T10:01:00Z', 50, 600_000);
    feed.simulator.setFaults({ kind: 'wrong-count', delta: -5, route: COUNT, count: 'always' });
    const [window] = await feed.ingest(FROM, TO, 5);
    expect(window).toMatchObject({ state: 'closed', counts: { fetched: 50, rows: 50 } });
    expectAllOf(feed);
  });
});

describe('records that come twice', () => {
  test('on two pages have the window read again, and are uploaded once', async () => {
    const feed = await start({ EDR_PAGE_SIZE: '50' });
    burst(feed, '2026-05-01T10:01:00Z', 220, 600_000);
    feed.simulator.setFaults({ kind: 'duplicate-page', route: 'pageNumber=2' });
    const [window] = await feed.ingest(FROM, TO);
    expect(window).toMatchObject({ state: 'closed', counts: { expected: 220, fetched: 220, rows: 220 } });
    expectAllOf(feed);
    expect(feed.bench.log.events()).toContain('WindowReadAgain');
  });

  test('because one instant has no stable order are uploaded once, and none is missed', async () => {
    const feed = await start({ EDR_PAGE_SIZE: '40' });
    burst(feed, '2026-05-01T10:01:00.000Z', 200);
    feed.simulator.setFaults({ kind: 'unstable-order', route: PAGE, nth: 2, count: 2 });
    await feed.ingest(FROM, TO);
    expect((await feed.windows())[0]?.state).toBe('closed');
    expectAllOf(feed);
  });

  test('because events arrive while pages are read are uploaded once, and none is missed', async () => {
    const feed = await start({ EDR_PAGE_SIZE: '50' });
    burst(feed, '2026-05-01T10:01:00Z', 220, 600_000);
    feed.simulator.setFaults({ kind: 'page-drift', records: 10, route: 'pageNumber=2' });
    await feed.ingest(FROM, TO);
    // The simulator puts them at the first instant asked for, which is a second of the window before.
    expect((await feed.windows())[0]).toMatchObject({ state: 'closed', counts: { fetched: 230, rows: 220 } });
    expectAllOf(feed);
  });
});

describe('a fault half-way', () => {
  test('of the count behind a full first page asks for that page no more until the count answers', async () => {
    const feed = await start({ EDR_PAGE_SIZE: '100' });
    burst(feed, '2026-05-01T10:01:00Z', 250, 600_000);
    feed.simulator.setFaults({ kind: 'html', route: COUNT, count: 3 });
    const [full] = await feed.ingest(FROM, TO, 0);
    expect(full).toMatchObject({ counts: { fetched: 0 }, cursor: { isFull: true, page: 0 } });
    // A quiet window meanwhile: what the process knows of the busy one is forgotten, as on another instance.
    await feed.ingest(TO, '2026-05-01T10:30:00Z');
    expect(feed.calls('edr-count')).toBe(3 + 1 + 1);
    expect(feed.calls('edr-events')).toBe(1 + 1 + 3);
    expect((await feed.windows()).map(({ state }) => state)).toEqual(['closed', 'closed']);
    expectAllOf(feed);
  });

  test('of the vendor goes on where it stopped, and uploads nothing twice', async () => {
    const feed = await start({ EDR_PAGE_SIZE: '100' });
    burst(feed, '2026-05-01T10:01:00Z', 450, 600_000);
    feed.simulator.setFaults({ kind: 'reset-body', route: 'pageNumber=3', count: 2 });
    const [window] = await feed.ingest(FROM, TO);
    expect(window).toMatchObject({ state: 'closed', counts: { rows: 450, fetched: 450 } });
    expectAllOf(feed);
  });

  test('of the sink goes on where it stopped, and uploads nothing twice', async () => {
    const feed = await start({ EDR_PAGE_SIZE: '100' });
    burst(feed, '2026-05-01T10:01:00Z', 450, 600_000);
    let uploads = 0;
    const { upload } = feed.bench.sink;
    const failing: typeof upload = (...given) =>
      ++uploads === 3 ? Promise.reject(new RetryableError('500')) : upload(...given);
    Object.assign(feed.bench.sink, { upload: failing });
    const [window] = await feed.ingest(FROM, TO);
    expect(window).toMatchObject({ state: 'closed', counts: { rows: 450, fetched: 450 } });
    expectAllOf(feed);
  });
});

describe('searchAfter', () => {
  test('that gives the same cursor twice fails the window, and is no loop', async () => {
    const page = [{ id: 'e-1', type: 'FILE', eventProcessedTime: '2026-05-01T10:00:00.500+0000' }];
    const { feed, arrived } = await startScripted((path, response) => {
      if (path.endsWith('/count')) response.end('{"count": 9}');
      else response.setHeader('searchAfterValues', '[1]').end(JSON.stringify(page));
    });
    const [window] = await feed.ingest(FROM, TO, 0);
    expect(window).toMatchObject({ state: 'planned', attempts: 1 });
    expect(window?.lastError).toContain('searchAfter gave the same cursor twice');
    expect(arrived.filter(({ url }) => url.includes('searchAfter'))).toHaveLength(2);
  });

  test('an empty page with a new cursor is not the end', async () => {
    let pages = 0;
    const { feed } = await startScripted((path, response) => {
      if (path.endsWith('/count')) return response.end('{"count": 1}');
      pages++;
      const record = { id: 'e-1', type: 'FILE', eventProcessedTime: '2026-05-01T10:00:00.500+0000' };
      if (pages < 3) return response.setHeader('searchAfterValue', `[${pages}]`).end('[]');
      return response.end(JSON.stringify([record]));
    });
    const [window] = await feed.ingest(FROM, TO, 0);
    expect(window).toMatchObject({ state: 'closed', counts: { rows: 1, fetched: 1 } });
  });
});

/** A vendor of the test's own, for answers that the simulator does not give. */
async function startScripted(answer: (path: string, response: ServerResponse) => unknown) {
  const token = ['{"alg":"none"}', '{"exp":4102444800}', 'x'].map((part) => Buffer.from(part).toString('base64url'));
  const { url, arrived } = await serveHttp(({ url: path }, response) => {
    response.setHeader('content-type', 'application/json');
    if (path.startsWith('/auth')) response.writeHead(201).end(token.join('.'));
    else answer(path.replace(/\?.*/, ''), response);
  });
  const feed = await startFeed(edrEvents, {}, { EDR_PAGING: 'searchAfter' }, () => url);
  return { feed, arrived };
}
