import { describe, expect, test } from 'vitest';
import { letPass } from '../../../support/late.ts';
import { eventsIn, startLyingEdr, type Lies, type TestEvent } from '../../../support/lying-edr.ts';

/** Where the bench's clock begins, and the stream. */
const NOW = '2026-05-01T12:00:00Z';
const MINUTE = 60;
const HOUR = 3600;

/** A vendor whose index shows an event so many seconds after its time. */
async function startLate(
  events: readonly TestEvent[],
  lagOf: (event: TestEvent, place: number) => number,
  lies: Lies = {},
  settings: Readonly<Record<string, string>> = {},
) {
  const lags = new Map(events.map((event, place) => [event.id, lagOf(event, place)]));
  const vendor = await startLyingEdr(events, lies, settings);
  const isShown = ({ id, time }: TestEvent): boolean =>
    Date.parse(time) + (lags.get(id) ?? 0) * 1000 <= vendor.feed.bench.clock.now().getTime();
  const selects = vendor.lies.selects ?? (() => true);
  vendor.lies.selects = (event, asked) =>
    isShown(event) &&
    Date.parse(event.time) >= Date.parse(asked.from) &&
    Date.parse(event.time) <= Date.parse(asked.to) &&
    selects(event, asked);
  return { ...vendor, passing: await letPass(vendor.feed, NOW) };
}

const idsOf = (events: readonly TestEvent[]): string[] => events.map(({ id }) => id).toSorted();

describe('a look back at events', () => {
  test.for([
    ['20 s beyond the safety lag', 140, 2],
    ['5 minutes', 5 * MINUTE, 2],
    ['2 hours', 2 * HOUR, 5],
  ] as const)('finds once what becomes visible late by %s', async ([, lag, hours]) => {
    const events = eventsIn(NOW, HOUR, 200);
    const vendor = await startLate(events, (_, place) => (place % 5 > 0 || lag < 200 ? lag : 0));
    await vendor.passing.pass(hours * 60, 15);
    expect(vendor.ids()).toEqual(idsOf(events));
    const { feed } = vendor;
    expect(new Set(feed.column('RowKey')).size).toBe(200);
    expect((await feed.windows()).every(({ state }) => state === 'closed')).toBe(true);
    // What is found late holds up nothing: the watermark is a tick behind.
    const mark = await feed.bench.store.readWatermark(feed.bench.deps.stream.name);
    expect(feed.bench.clock.now().getTime() - Date.parse(mark?.watermark ?? '')).toBeLessThan(20 * MINUTE * 1000);
  });

  test.for([
    ['20 hours', 20, true],
    ['30 hours', 30, false],
  ] as const)('over a day: what is late by %s', async ([, lag, isFound]) => {
    const events = [...eventsIn(NOW, HOUR, 20), { id: 'late', time: '2026-05-01T12:31:00.000Z' }];
    const vendor = await startLate(events, ({ id }) => (id === 'late' ? lag * HOUR : 0));
    await vendor.passing.pass((lag + 2) * 60, 60);
    expect(vendor.ids()).toEqual(idsOf(isFound ? events : events.slice(0, 20)));
  });

  test('takes no more than six calls, reads the place and not the day, and finds nothing twice', async () => {
    const events = [...eventsIn(NOW, 6 * HOUR, 2400), { id: 'late', time: '2026-05-01T13:03:00.000Z' }];
    const vendor = await startLate(events, ({ id }) => (id === 'late' ? 4 * HOUR : 0), {}, { EDR_PAGE_SIZE: '100' });
    await vendor.passing.pass(8 * 60, 15);
    expect(vendor.ids()).toEqual(idsOf(events));
    const [late, ...others] = await vendor.passing.late();
    expect(others).toEqual([]);
    expect(late).toMatchObject({ state: 'closed', counts: { rows: 1 } });
    // Beside the looks' own counts, the calls of what was read with the first late window.
    expect(late?.counts.fetched).toBeLessThan(200);
    for (const look of await vendor.passing.looks()) expect(look.counts.calls).toBeLessThanOrEqual(6);
  });

  test('tells how long it was missing', async () => {
    const events = [{ id: 'late', time: '2026-05-01T12:14:00.000Z' }];
    const vendor = await startLate(events, () => 2 * HOUR + 30 * MINUTE);
    await vendor.passing.pass(4 * 60, 15);
    // Last looked for at 14:00, found at 15:00.
    expect(await vendor.passing.late()).toMatchObject([{ counts: { missingSeconds: 106 * MINUTE } }]);
  });

  test('does not tell that it was missing when its time was not looked at yet', async () => {
    // Its window is read at 12:50; the look of 13:00 ends before it, as the watermark has not moved.
    const vendor = await startLate([{ id: 'late', time: '2026-05-01T12:47:50.000Z' }], () => 140);
    await vendor.passing.pass(2 * 60 + 10, 10);
    expect(await vendor.passing.late()).toMatchObject([{ counts: { rows: 1, missingSeconds: 130 } }]);
  });

  test('gives an empty first page its second witness', async () => {
    const events = eventsIn(NOW, 10 * MINUTE, 30);
    const vendor = await startLate(events, () => 0, { page: (right, { nth }) => (nth < 1 ? [] : right) });
    await vendor.passing.pass(15, 15);
    expect(vendor.ids()).toEqual([]);
    await vendor.passing.pass(60, 15);
    expect(vendor.ids()).toEqual(idsOf(events));
  });

  test('asks what the windows have asked, whatever has become of the settings', async () => {
    const events = [
      ...eventsIn(NOW, HOUR, 40),
      { id: 'late', time: '2026-05-01T12:20:00.000Z' },
      { id: 'other', time: '2026-05-01T12:21:00.000Z', type: 'PROCESS' },
    ];
    const vendor = await startLate(
      events,
      ({ id }) => (id === 'late' ? HOUR : 0),
      { selects: ({ type = 'FILE' }, { filter }) => !filter.includes("type:'file'") || type === 'FILE' },
      { EDR_EVENT_TYPES: 'file' },
    );
    await vendor.passing.pass(45, 15);
    vendor.feed.change({ EDR_EVENT_TYPES: 'file,process' });
    await vendor.passing.pass(2 * 60, 15);
    expect(vendor.ids()).toEqual(idsOf(events.filter(({ id }) => id !== 'other')));
  });

  test('in which a count lies once ends without a row, and is not looked into again', async () => {
    const events = eventsIn(NOW, HOUR, 40);
    let isLie = false;
    const vendor = await startLate(events, () => 0, {
      count: ({ events: truth }) => {
        const lie = isLie ? 3 : 0;
        isLie = false;
        return truth.length + lie;
      },
    });
    await vendor.passing.pass(105, 15);
    isLie = true;
    await vendor.passing.pass(3 * 60, 15);
    expect(vendor.ids()).toEqual(idsOf(events));
    expect(await vendor.passing.late()).toMatchObject([{ state: 'closed', counts: { rows: 0 } }]);
  });

  test('that a count contradicts for ever ends, visibly, and is not begun again', async () => {
    const events = eventsIn(NOW, HOUR, 40);
    let more = 0;
    const vendor = await startLate(events, () => 0, {
      count: ({ events: truth }) => (truth.length === 0 ? 0 : truth.length + more),
    });
    await vendor.passing.pass(105, 15);
    more = 1;
    await vendor.passing.pass(3 * 60, 15);
    const late = await vendor.passing.late();
    expect(late.length).toBeGreaterThan(0);
    for (const { counts, state } of late) expect([state, counts.rows]).toEqual(['incomplete', 0]);
    await vendor.passing.pass(4 * 60, 15);
    expect(await vendor.passing.late()).toHaveLength(late.length);
  });

  test('of two workers is one', async () => {
    const events = [...eventsIn(NOW, HOUR, 40), { id: 'late', time: '2026-05-01T12:20:00.000Z' }];
    const vendor = await startLate(events, ({ id }) => (id === 'late' ? 30 * MINUTE : 0));
    const { bench } = vendor.feed;
    await vendor.passing.pass(45, 15);
    const process = bench.process;
    Object.assign(bench, {
      process: async (record: Parameters<typeof process>[0]) => {
        await Promise.all([process(record), process(record, { owner: 'second' })]);
      },
    });
    await vendor.passing.pass(60, 15);
    expect(vendor.ids()).toEqual(idsOf(events));
    expect(new Set(vendor.feed.column('RowKey')).size).toBe(events.length);
  });
});
