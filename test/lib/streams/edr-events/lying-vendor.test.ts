import { describe, expect, test } from 'vitest';
import { RetryableError } from '../../../../src/lib/errors.ts';
import { failWindow, retryWindow } from '../../../../src/lib/pipeline/operate-window.ts';
import type { WorkItem } from '../../../../src/lib/pipeline/ports.ts';
import { eventsIn, startLyingEdr, type Lies, type LyingEdr, type TestEvent } from '../../../support/lying-edr.ts';

const FROM = '2026-05-01T10:00:00Z';
const TO = '2026-05-01T10:15:00Z';

const ids = (events: readonly { readonly id: string }[]): string[] => events.map(({ id }) => id).toSorted();

/** Whether each event was uploaded once and the only window is closed. */
async function expectAll(vendor: LyingEdr): Promise<void> {
  expect(vendor.ids()).toEqual(ids(vendor.events));
  for (const window of await vendor.feed.windows()) expect(window.state).toBe('closed');
}

describe('a count of the vendor', () => {
  test('of 0 does not end a window', async () => {
    const vendor = await startLyingEdr(eventsIn(FROM, 900, 50), { count: () => 0 });
    await vendor.feed.ingest(FROM, TO);
    await expectAll(vendor);
  });

  test('of 0 does not close a window in which something was counted before', async () => {
    const events = eventsIn(FROM, 900, 50);
    const vendor = await startLyingEdr(events, {
      count: ({ nth, events: truth }) => (nth === 3 ? 0 : truth.length),
      page: (right, { nth }) => (nth < 3 ? right.filter(({ id }) => !id.endsWith('7')) : right),
    });
    await vendor.feed.ingest(FROM, TO);
    await expectAll(vendor);
  });

  test.for([0.1, 0.3, 0.9])(
    'of %d of the truth, with pages capped, hides nothing, in pages and by searchAfter',
    async (part) => {
      for (const EDR_PAGING of ['pages', 'searchAfter']) {
        const lies = {
          count: ({ events }: { events: readonly unknown[] }) => Math.floor(events.length * part),
          cap: 100,
        };
        const vendor = await startLyingEdr(eventsIn(FROM, 900, 1000), lies, { EDR_PAGING });
        await vendor.feed.ingest(FROM, TO);
        await expectAll(vendor);
      }
    },
  );

  test('far too low leaves out nothing beyond the reach of pages', async () => {
    const vendor = await startLyingEdr(eventsIn(FROM, 900, 14_000), { count: () => 2000 }, { EDR_PAGE_SIZE: '2000' });
    await vendor.feed.ingest(FROM, TO);
    await expectAll(vendor);
  });

  test('behind a first page that is one event short uploads nothing twice, however large pages may be', async () => {
    for (const EDR_PAGE_SIZE of ['5000', '10000']) {
      const vendor = await startLyingEdr(
        eventsIn(FROM, 900, 5010),
        { page: (right, { nth }) => (nth === 0 ? right.slice(1) : right) },
        { EDR_PAGE_SIZE },
      );
      await vendor.feed.ingest(FROM, TO);
      await expectAll(vendor);
    }
  });

  test('far too high, once, holds a window for no more than some minutes, and is not believed before', async () => {
    const vendor = await startLyingEdr(eventsIn(FROM, 900, 50), {
      count: ({ nth, events }) => (nth === 0 ? 900 : events.length),
    });
    const started = vendor.feed.bench.clock.now().getTime();
    await vendor.feed.ingest(FROM, TO, 2);
    expect((await vendor.feed.windows())[0]).toMatchObject({
      state: 'planned',
      counts: { expected: 900, fetched: 50 },
    });
    await vendor.feed.workOff();
    await expectAll(vendor);
    expect((await vendor.feed.windows())[0]).toMatchObject({ counts: { expected: 50, fetched: 50 } });
    const minutes = (vendor.feed.bench.clock.now().getTime() - started) / 60_000;
    expect(minutes).toBeGreaterThanOrEqual(10);
    expect(minutes).toBeLessThan(30);
    // The pages were read twice at once, their empty ends twice each; what came after it were counts.
    expect(vendor.calls.pages).toBeLessThanOrEqual(6);
  });

  test('that never agrees with what comes leaves the window incomplete after a day, not closed', async () => {
    const vendor = await startLyingEdr(eventsIn(FROM, 900, 50), { count: ({ events }) => events.length + 3 });
    await vendor.feed.ingest(FROM, TO);
    expect(await vendor.feed.windows()).toMatchObject([{ state: 'incomplete' }]);
    expect(vendor.ids()).toEqual(ids(vendor.events));
  });
});

describe('pages of the vendor', () => {
  test('whose cap comes while they are read leave nothing out', async () => {
    const vendor = await startLyingEdr(
      eventsIn(FROM, 900, 3000),
      { cap: ({ nth }) => (nth < 2 ? 1000 : 70), count: ({ events }) => events.length / 10 },
      { EDR_PAGE_SIZE: '1000' },
    );
    await vendor.feed.ingest(FROM, TO);
    await expectAll(vendor);
  });

  test('cut short from some page on, each at its own place, leave nothing out beside a count that is too low', async () => {
    const vendor = await startLyingEdr(
      eventsIn(FROM, 900, 1000),
      { count: () => 100, page: (right, { page }) => (page < 3 ? right : right.slice(0, 70)) },
      { EDR_PAGE_SIZE: '100' },
    );
    await vendor.feed.ingest(FROM, TO, 10);
    await expectAll(vendor);
  });

  test('capped since longer ones were seen leave nothing out', async () => {
    const vendor = await startLyingEdr(eventsIn(FROM, 900, 400), {}, { EDR_PAGE_SIZE: '1000' });
    await vendor.feed.ingest(FROM, TO);
    vendor.events.push(...eventsIn(TO, 900, 400, 'later'));
    vendor.lies.cap = 50;
    await vendor.feed.ingest(TO, '2026-05-01T10:30:00Z');
    await expectAll(vendor);
  });

  test.for([
    ['blank', 'pages', ''],
    ['empty', 'pages', '[]'],
    ['blank', 'searchAfter', ''],
  ] as const)('that are %s at every fifth call, read by %s, cost a call each', async ([, EDR_PAGING, nothing]) => {
    const vendor = await startLyingEdr(
      eventsIn(FROM, 900, 1000),
      { text: (json, { nth }) => (nth % 5 === 4 ? nothing : json) },
      { EDR_PAGING, EDR_PAGE_SIZE: '100' },
    );
    await vendor.feed.ingest(FROM, TO, 10);
    await expectAll(vendor);
    expect(vendor.calls.pages).toBeLessThan(20);
  });

  test('of which one names no next cursor hide nothing behind a count that is too low', async () => {
    let lost = 0;
    const vendor = await startLyingEdr(
      eventsIn(FROM, 900, 1000),
      {
        count: ({ events }) => events.length / 10,
        cursor: (page) => ((page === 4 && lost++ === 0) || page === 9 ? undefined : String(page + 1)),
      },
      { EDR_PAGING: 'searchAfter', EDR_PAGE_SIZE: '100' },
    );
    await vendor.feed.ingest(FROM, TO, 5);
    await expectAll(vendor);
    expect(vendor.calls.pages).toBeLessThan(14);
  });

  test('of which the first is blank are no empty window', async () => {
    for (const EDR_PAGING of ['pages', 'searchAfter']) {
      const vendor = await startLyingEdr(
        eventsIn(FROM, 900, 30),
        { text: (json, { nth }) => (nth === 0 ? ' ' : json) },
        { EDR_PAGING },
      );
      await vendor.feed.ingest(FROM, TO);
      await expectAll(vendor);
    }
  });

  test('that wrap end the read', async () => {
    const vendor = await startLyingEdr(eventsIn(FROM, 900, 8), {
      count: () => 9,
      page: (right, { events }) => (right.length === 0 ? events : right),
    });
    await vendor.feed.ingest(FROM, TO, 0);
    expect(vendor.calls.pages).toBeLessThan(6);
    expect((await vendor.feed.windows())[0]).toMatchObject({ state: 'planned', counts: { fetched: 8, rows: 8 } });
  });

  test('in a circle of cursors end the read, and the window does not close short', async () => {
    const vendor = await startLyingEdr(
      eventsIn(FROM, 900, 100),
      { cursor: (page) => (page === 1 ? '2' : '1') },
      { EDR_PAGING: 'searchAfter', EDR_PAGE_SIZE: '10' },
    );
    await vendor.feed.ingest(FROM, TO, 0);
    expect(vendor.calls.pages).toBeLessThan(10);
    expect((await vendor.feed.windows())[0]?.state).toBe('planned');
  });

  test('that miss another record at each read do not close the window', async () => {
    let reads = 0;
    const vendor = await startLyingEdr(eventsIn(FROM, 900, 10), {
      page: (right, { page }) => {
        const missed = reads % 10;
        if (page > 0) return [];
        reads++;
        return right.filter((_, at) => at !== missed);
      },
    });
    await vendor.feed.ingest(FROM, TO, 4);
    expect((await vendor.feed.windows())[0]).toMatchObject({ state: 'planned', counts: { expected: 10 } });
  });

  test('that miss another record do not close a window that has started over with what earlier reads have brought', async () => {
    let reads = 0;
    const vendor = await startLyingEdr(eventsIn(FROM, 900, 10), {
      page: (right, { page }) => {
        if (page > 0) return [];
        const missed = reads++ % 10;
        return right.filter((_, at) => at !== missed);
      },
    });
    const { feed } = vendor;
    await feed.ingest(FROM, TO, 2);
    const [record] = await feed.windows();
    const item: WorkItem = { version: 1, stream: record!.stream, run: 'live', window: record!.key };
    await failWindow(item, 'refused', feed.bench.deps);
    await retryWindow(item, feed.bench.deps);
    await feed.workOff(1);
    const [again] = await feed.windows();
    expect(again).toMatchObject({ state: 'planned', counts: { expected: 10, fetched: 10, rows: 10 } });
    expect(again?.lastError).toContain('counts 10 records');
  });

  test('that miss another record do not close a window that fell short and has started over because a page was refused', async () => {
    let [reads, refused] = [0, 0];
    const vendor = await startLyingEdr(eventsIn(FROM, 900, 10), {
      page: (right, { page }) => {
        if (page > 0) return [];
        const missed = reads++ % 10;
        return right.filter((_, at) => at !== missed);
      },
    });
    await vendor.feed.ingest(FROM, TO, 2);
    expect((await vendor.feed.windows())[0]).toMatchObject({ counts: { fetched: 10 } });
    vendor.lies.status = ({ from }) => (from === '2026-05-01T09:59:59Z' && refused++ === 0 ? 400 : undefined);
    await vendor.feed.workOff(2);
    expect(refused).toBeGreaterThan(1);
    expect((await vendor.feed.windows())[0]).toMatchObject({ state: 'planned', startedOver: true });
  });

  test('that are too heavy are asked for in smaller pieces, at whatever place they come', async () => {
    for (const EDR_PAGING of ['pages', 'searchAfter']) {
      const vendor = await startLyingEdr(
        eventsIn(FROM, 900, 1000),
        { status: ({ size, page, from }) => (from < FROM && size > 40 && page * size >= 250 ? 504 : undefined) },
        { EDR_PAGING, EDR_PAGE_SIZE: '250' },
      );
      await vendor.feed.ingest(FROM, TO);
      await expectAll(vendor);
    }
  });

  test('that are too heavy are asked for from the very place that failed, by one event at the least', async () => {
    const [places, sizes]: number[][] = [[], []];
    let failures = 0;
    const vendor = await startLyingEdr(
      eventsIn(FROM, 900, 60),
      {
        status: ({ size, page, from }) => {
          if (from >= FROM || from.startsWith('2026-04-30')) return undefined;
          places!.push(page * size);
          sizes!.push(size);
          return page * size >= 25 && failures++ < 20 ? 504 : undefined;
        },
      },
      { EDR_PAGE_SIZE: '25' },
    );
    await vendor.feed.ingest(FROM, TO);
    await expectAll(vendor);
    expect(places).toEqual(places!.toSorted((left, right) => left - right));
    expect(new Set(sizes)).toEqual(new Set([25, 5, 1]));
  });

  test('that were uploaded in part are no pages that come again', async () => {
    const events = eventsIn(FROM, 900, 30).map((event) => ({ ...event, note: 'x'.repeat(50_000) }));
    const vendor = await startLyingEdr(events);
    const { upload } = vendor.feed.bench.sink;
    let uploads = 0;
    const failing: typeof upload = (...given) =>
      ++uploads === 2 ? Promise.reject(new RetryableError('500')) : upload(...given);
    Object.assign(vendor.feed.bench.sink, { upload: failing });
    const [window] = await vendor.feed.ingest(FROM, TO);
    expect(window).toMatchObject({ state: 'closed', counts: { fetched: 30, rows: 30 } });
    await expectAll(vendor);
    expect(uploads).toBe(3);
    expect(vendor.feed.bench.log.events()).not.toContain('WindowReadAgain');
  });

  test('with a record that cannot be read keep it as text, and it is told', async () => {
    const text = (json: string): string => json.replace(/\{[^{}]*"e-000001"[^{}]*\}/, '["e-000001"]');
    const { feed } = await startLyingEdr(eventsIn(FROM, 900, 3), { text });
    expect(await feed.ingest(FROM, TO)).toMatchObject([{ state: 'closed', counts: { fetched: 3, rows: 3 } }]);
    expect(feed.column('ParseError').filter((error) => error !== undefined)).toHaveLength(1);
    expect(feed.bench.log.events()).toContain('RecordUnreadable');
  });

  test('with several documents of one id are whole', async () => {
    const [first] = eventsIn(FROM, 900, 1);
    const vendor = await startLyingEdr([{ ...first!, note: 'a' }, { ...first!, note: 'b' }, ...eventsIn(FROM, 900, 5)]);
    const [window] = await vendor.feed.ingest(FROM, TO, 5);
    expect(window).toMatchObject({ state: 'closed', counts: { fetched: 7, rows: 7, expected: 7 } });
  });

  test('with a document twice are whole, and it is uploaded once', async () => {
    const [first] = eventsIn(FROM, 900, 1);
    const vendor = await startLyingEdr([first!, first!, ...eventsIn(FROM, 900, 5, 'f')]);
    const [window] = await vendor.feed.ingest(FROM, TO, 5);
    expect(window).toMatchObject({ state: 'closed', counts: { fetched: 7, rows: 6 } });
  });
});

test.for([
  ['live', 2],
  ['backfill-1', 0],
] as const)('events of a window of the run %s give %i alerts', async ([run, count]) => {
  const settings = { ALERT_WEBHOOK_URL: 'https://soar.example.test/hook', ALERT_MIN_SCORE: '4' };
  const text = (json: string): string => json.replaceAll('"action"', '"score":"9","action"');
  const { feed } = await startLyingEdr(eventsIn(FROM, 900, 2), { text }, settings);
  const sent: string[] = [];
  const alerts = { send: ({ id }: { readonly id: string }) => Promise.resolve(void sent.push(id)) };
  await feed.bench.process(await feed.bench.open(FROM, TO, { run }), { alerts });
  expect(feed.bench.sink.rows).toHaveLength(2);
  expect(sent).toHaveLength(count);
});

describe('what is asked for a window', () => {
  test.for(['pages', 'searchAfter'])('by %s has the state that is set, counts and pages alike', async (EDR_PAGING) => {
    const events = eventsIn(FROM, 900, 250).map((event, at) => ({ ...event, note: at % 5 === 0 ? 'old' : 'active' }));
    const states = new Set<string | null>();
    const given = (state: string | null, all: readonly TestEvent[]): readonly TestEvent[] => {
      states.add(state);
      return state === 'true' ? all.filter(({ note }) => note === 'active') : all;
    };
    const lies: Lies = {
      count: ({ state, events: all }) => given(state, all).length,
      page: (right, { state }) => given(state, right),
    };
    const settings = { EDR_STATE: 'true', EDR_PAGING, EDR_PAGE_SIZE: '1000' };
    const vendor = await startLyingEdr(events, lies, settings);
    const [window] = await vendor.feed.ingest(FROM, TO, 5);
    expect(window).toMatchObject({ state: 'closed', counts: { expected: 200, fetched: 200, rows: 200 } });
    expect(vendor.calls.counts).toBeGreaterThan(0);
    expect(states).toEqual(new Set(['true']));
  });

  test.for(['pages', 'searchAfter'])(
    'by %s stays the same when a setting changes between pages',
    async (EDR_PAGING) => {
      const filters = new Set<string>();
      let cut = 0;
      const lies: Lies = {
        count: ({ filter, events }) => {
          filters.add(filter);
          return events.length;
        },
        text: (json, { filter, page, to }) => {
          // The probe behind a page that fails asks for the day before.
          if (to === FROM) return json;
          filters.add(filter);
          if (page === 1) vendor.feed.change({ EDR_FILTER: 'type: PROCESS', EDR_PAGING, EDR_PAGE_SIZE: '100' });
          // The third page is asked for by a further try as well, which has the cursor only.
          return page === 2 && cut++ === 0 ? json.slice(0, -2) : json;
        },
      };
      const settings = { EDR_FILTER: 'type: FILE', EDR_PAGING, EDR_PAGE_SIZE: '100' };
      const vendor = await startLyingEdr(eventsIn(FROM, 900, 450), lies, settings);
      await vendor.feed.ingest(FROM, TO);
      await expectAll(vendor);
      expect(cut).toBe(2);
      expect(vendor.calls.counts).toBeGreaterThan(0);
      expect([...filters]).toEqual([expect.stringContaining('type: FILE')]);
    },
  );
});

describe('times of the vendor', () => {
  test('that say that a record is far from its window do not drop it', async () => {
    const events = eventsIn(FROM, 900, 30).map((event) => ({ ...event, time: '2026-05-01T12:00:00.000+0000' }));
    const vendor = await startLyingEdr(events, { selects: (_, { from }) => from === '2026-05-01T09:59:59Z' });
    const [window] = await vendor.feed.ingest(FROM, TO, 5);
    expect(window).toMatchObject({ state: 'closed', counts: { fetched: 30, rows: 30, outside: 30 } });
    expect(vendor.feed.bench.log.events()).toContain('RecordsOutside');
  });

  test('far from the window are counted once, however often it is read and wherever reading stops', async () => {
    const times = eventsIn(FROM, 900, 400);
    const events = times.map((event, at) =>
      at % 100 < 5 ? { ...event, time: '2026-05-01T12:00:00.000+0000' } : event,
    );
    let cut = 0;
    const vendor = await startLyingEdr(
      events,
      {
        selects: (_, { from }) => from === '2026-05-01T09:59:59Z',
        count: ({ events: { length } }) => (cut < 4 ? length + 1 : length),
        text: (json, { page }) => (page === 1 && cut++ < 2 ? json.slice(0, -2) : json),
      },
      { EDR_PAGE_SIZE: '100' },
    );
    const [window] = await vendor.feed.ingest(FROM, TO);
    expect(vendor.calls.pages).toBeGreaterThan(8);
    expect(window).toMatchObject({ state: 'closed', counts: { fetched: 400, rows: 400, outside: 20 } });
  });

  test('that are of another time for more than a tenth of a full page fail the window before a row is uploaded', async () => {
    const vendor = await startLyingEdr(
      eventsIn('2026-04-01T00:00:00Z', 86_400, 300),
      { selects: () => true },
      { EDR_PAGE_SIZE: '100' },
    );
    const [window] = await vendor.feed.ingest(FROM, TO, 0);
    expect(window).toMatchObject({ state: 'failed', counts: { rows: 0 } });
    expect(window?.lastError).toContain('Qualys ignores the time filter');
    const { bench } = vendor.feed;
    const item = { version: 1, stream: bench.deps.stream.name, run: 'live', window: window!.key } as const;
    await retryWindow(item, { ...bench.deps, accept: 'outside' });
    await bench.process(window!);
    expect(vendor.ids()).toEqual(ids(vendor.events));
  });

  test.for([
    [10, 'closed'],
    [11, 'failed'],
  ] as const)('far from the window for %i of a page of 100 have the window %s', async ([outside, state]) => {
    const events = eventsIn(FROM, 900, 100).map((event, at) =>
      at < outside ? { ...event, time: '2026-05-01T12:00:00.000+0000' } : event,
    );
    const selects = (_: TestEvent, { from }: { readonly from: string }): boolean => from === '2026-05-01T09:59:59Z';
    const vendor = await startLyingEdr(events, { selects }, { EDR_PAGE_SIZE: '100' });
    const [window] = await vendor.feed.ingest(FROM, TO, 0);
    expect(window?.state).toBe(state);
  });

  test('without a zone are read by EDR_TIME_ZONE', async () => {
    const local = (time: string): string => new Date(Date.parse(time) + 7_200_000).toISOString().slice(0, -1);
    const events = eventsIn(FROM, 900, 30).map((event) => ({ ...event, time: local(event.time) }));
    const selects = ({ time }: { time: string }, { from, to }: { from: string; to: string }): boolean =>
      Date.parse(`${time}+02:00`) >= Date.parse(from) && Date.parse(`${time}+02:00`) <= Date.parse(to);
    const vendor = await startLyingEdr(events, { selects }, { EDR_TIME_ZONE: '+02:00' });
    const [window] = await vendor.feed.ingest(FROM, TO, 5);
    expect(window).toMatchObject({ state: 'closed', counts: { fetched: 30, rows: 30 } });
    expect(window?.counts.outside).toBeUndefined();
    expect(vendor.feed.column('ProcessedTime')).toContain('2026-05-01T10:00:00.000Z');
  });

  test('at a bound that the vendor excludes are read by the next window', async () => {
    const events = [FROM, TO].map((time, at) => ({ id: `e-${at}`, time }));
    const vendor = await startLyingEdr(events, {
      selects: ({ time }, { from, to }) => Date.parse(time) > Date.parse(from) && Date.parse(time) <= Date.parse(to),
    });
    await vendor.feed.ingest(FROM, TO);
    await vendor.feed.ingest(TO, '2026-05-01T10:30:00Z');
    await expectAll(vendor);
  });

  test('a second before a run begins are kept', async () => {
    const vendor = await startLyingEdr([{ id: 'e-0', time: '2026-05-01T09:59:59.500Z' }]);
    const first = await vendor.feed.bench.open(FROM, TO, { isFirst: true });
    await vendor.feed.bench.process(first);
    expect(vendor.ids()).toEqual(['e-0']);
  });

  test('of neighbours only are told in the log', async () => {
    const vendor = await startLyingEdr([{ id: 'e-0', time: '2026-05-01T09:59:59.500Z' }]);
    const [window] = await vendor.feed.ingest(FROM, TO, 3);
    expect(window).toMatchObject({ state: 'closed', counts: { fetched: 1, rows: 0 } });
    expect(vendor.feed.bench.log.events()).toContain('RecordsLeftToNeighbours');
  });
});

describe('a window that is to be cut', () => {
  test('is counted before its first page behind a busy one, which a backfill is not', async () => {
    const asked: string[] = [];
    const lies: Lies = {
      count: ({ events: { length } }) => (asked.push('count'), length),
      page: (right, { page }) => (asked.push(`page ${page}`), right),
    };
    const events = [...eventsIn(FROM, 900, 250), ...eventsIn('2026-05-01T10:16:00Z', 3000, 100, 'f')];
    const { feed } = await startLyingEdr(events, lies, { EDR_PAGE_SIZE: '100' });
    const firstAsked = async (minutes: number, run = 'live'): Promise<string | undefined> => {
      asked.length = 0;
      await feed.bench.process(await feed.bench.open(minute(minutes), minute(minutes + 15), { run }));
      return asked[0];
    };
    expect(await firstAsked(0)).toBe('page 0');
    expect(await firstAsked(15)).toBe('count');
    expect(await firstAsked(30)).toBe('page 0');
    expect(await firstAsked(0, 'backfill-1')).toBe('count');
    expect(await firstAsked(45)).toBe('page 0');
  });

  test('by pieces which hold less than was counted is read whole', async () => {
    const second = eventsIn(FROM, 1, 10_020).map((event) => ({ ...event, type: undefined as unknown as string }));
    const vendor = await startLyingEdr(
      second.map(({ id, time }) => ({ id, time })),
      { selects: (event, { from, to, filter }) => !filter.includes('type:') && isIn(event.time, from, to) },
      { EDR_PAGE_SIZE: '5000' },
    );
    const windows = await vendor.feed.ingest(FROM, '2026-05-01T10:00:01Z');
    expect(windows).toHaveLength(1);
    expect(new Set(vendor.ids()).size).toBe(10_020);
    expect(windows[0]?.state).toBe('closed');
    expect(vendor.feed.bench.log.events()).toContain('SplitRefused');
  });

  test('hands each piece its count', async () => {
    const vendor = await startLyingEdr(eventsIn(FROM, 900, 5400), {}, { EDR_PAGE_SIZE: '500' });
    const windows = await vendor.feed.ingest(FROM, TO);
    expect(windows).toHaveLength(2);
    await expectAll(vendor);
    // The first page that was not admitted, eleven that are full, two at the ends; and a count for the window and each piece.
    expect(vendor.calls.counts).toBe(3);
    expect(vendor.calls.pages).toBeLessThanOrEqual(13);
  });
});

function isIn(time: string, from: string, to: string): boolean {
  return Date.parse(time) >= Date.parse(from) && Date.parse(time) <= Date.parse(to);
}

test('an idle hour costs a call a window, a busy one a count a window and its pages', async () => {
  const vendor = await startLyingEdr([]);
  for (let at = 0; at < 12; at++) {
    await vendor.feed.ingest(minute(at * 5), minute(at * 5 + 5));
  }
  expect(vendor.calls).toEqual({ counts: 0, pages: 12 });
  vendor.events.push(
    ...eventsIn(minute(60), 3600, 4800).filter((_, at) => (Math.imul(at + 1, 2_654_435_761) >>> 24) % 2 === 0),
  );
  for (let at = 12; at < 24; at++) {
    await vendor.feed.ingest(minute(at * 5), minute(at * 5 + 5));
  }
  await expectAll(vendor);
  expect(vendor.calls.counts).toBe(12);
  // One page a window, and once or twice one more, as long as no longer page is known.
  expect(vendor.calls.pages).toBeLessThanOrEqual(12 + 12 + 6);
});

function minute(minutes: number): string {
  return new Date(Date.parse(FROM) + minutes * 60_000).toISOString().replace('.000Z', 'Z');
}
