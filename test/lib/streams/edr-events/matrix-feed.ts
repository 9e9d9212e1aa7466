import type { Cell } from '../../../faults/cell.ts';
import { ALL_DOWN, type Feed } from '../../../faults/feeds.ts';
import { always, lie } from '../../../faults/lies.ts';

const MINUTE_MS = 60_000;
const iso = (time: number): string => new Date(time).toISOString();

/** What may be wrong with pages of events, by numbers and by searchAfter. */
const EDR_PAGES: readonly Cell[] = [
  lie('decode', 'pages capped at 3', { kind: 'page-cap', records: 3, count: always }),
  lie('decode', 'pages capped at 3 from the second one on', { kind: 'page-cap', records: 3, nth: 2, count: always }),
  lie('decode', 'documents come twice', { kind: 'duplicate-records', each: 2, count: always }),
  lie('decode', 'empty body instead of the first page', { kind: 'empty-body' }),
  lie('decode', 'empty body instead of the second page', { kind: 'empty-body', nth: 2 }),
  lie('decode', 'records missing, twice', { kind: 'missing-records', records: 2, count: 2 }),
];

/** What may be wrong with the count. */
const COUNTS: readonly Cell[] = [
  lie('count', 'count 0, always', { kind: 'wrong-count', factor: 0, at: 'first', count: always }),
  lie('count', 'count 0, once', { kind: 'wrong-count', factor: 0, at: 'first' }),
  lie('count', 'count too high, once', { kind: 'wrong-count', delta: 40, at: 'first' }),
  lie(
    'count',
    'count a third, pages capped at 3',
    { kind: 'wrong-count', factor: 0.34, at: 'first', count: always },
    { kind: 'page-cap', records: 3, count: always },
  ),
];

const EDR: readonly Cell[] = [
  ...COUNTS,
  ...EDR_PAGES,
  lie('decode', 'pages wrap onto the last one', { kind: 'page-wrap', count: always }),
  lie('decode', 'pages wrap onto the first one', { kind: 'page-wrap', onto: 'first', count: always }),
  lie('decode', 'a page comes twice', { kind: 'duplicate-page', nth: 2 }),
  lie('decode', 'order not stable', { kind: 'unstable-order', count: always }),
];

const EDR_CHAIN: readonly Cell[] = [
  ...COUNTS,
  ...EDR_PAGES,
  lie('decode', 'cursors in a circle, once round', { kind: 'cursor-circle', pages: 2, count: 2 }),
  lie('decode', 'cursor lost, once', { kind: 'lost-cursor' }),
  lie('decode', 'the same cursor twice', { kind: 'same-cursor', nth: 2 }),
];

/** Events that come at once, where there are many. */
const BURST = 200;

/** EDR: pages of five events. */
export const feed: Feed = {
  name: 'edr-events',
  table: 'QualysEdrEvents_CL',
  windowMinutes: 15,
  settings: {
    EDR_WINDOW_MINUTES: '15',
    EDR_SAFETY_LAG_SECONDS: '60',
    EDR_SCHEDULE: '* * * * * *',
    EDR_PAGE_SIZE: '5',
  },
  fatSettings: { EDR_PAGE_SIZE: '100' },
  routes: { first: '^GET /ioc/events/count', page: '^GET /ioc/events\\?' },
  proxied: { first: '^GET /ioc/events/count', page: '^GET /ioc/events\\?' },
  options: (shape) => ({ longEventEvery: shape === 'fat' ? 1 : 0 }),
  fill: (simulator, start, shape) => {
    const burst = (minute: number, count: number) => ({
      processedTime: iso(start + minute * MINUTE_MS),
      count,
      spreadMs: MINUTE_MS,
    });
    const late = shape === 'late' ? [burst(45, 3)] : [];
    simulator.changeData({ bursts: [burst(5, shape === 'fat' ? 13 : 8), burst(20, 3), ...late] });
  },
  ids: (simulator, span) => simulator.eventIds(span),
  idOf: ({ EventId }) => String(EventId),
  lies: EDR,
  outages: [
    ALL_DOWN,
    { of: 'the pages', route: '/ioc/events\\?', fault: { kind: 'reset' } },
    { of: 'the count', route: '/ioc/events/count', fault: { kind: 'html' } },
    { of: 'the login', route: '/auth', fault: ALL_DOWN.fault, options: { tokenTtlSeconds: 240 } },
  ],
  outageSettings: { EDR_PAGE_SIZE: '100', EDR_WINDOW_MINUTES: '10080' },
  largeSettings: { EDR_PAGE_SIZE: '1000', EDR_WINDOW_MINUTES: '60' },
  place: (simulator, times) => {
    const size = times.length > BURST * BURST ? BURST : 1;
    const firsts = times.filter((_, index) => index % size === 0);
    simulator.changeData({ bursts: firsts.map((processedTime) => ({ processedTime, count: size })) });
  },
  wholePath: {
    turn: 0,
    storage: ['ledger', 'letters'],
    // A large count, of the window and of its two pieces.
    split: { kind: 'wrong-count', factor: 750, count: 3 },
  },
  short: {
    storage: [
      'list windows: storage 500',
      'read ledger: storage cut half-way',
      'dead letter: storage 500',
      'send dead letter again: storage 500',
    ],
    backfill: ['plan: storage 500, five times', 'count: count a third, pages capped at 3'],
  },
};

const SEARCH_AFTER = '^GET /ioc/events/searchAfter';

const { short: _, wholePath: __, ...common } = feed;

/** EDR by `searchAfter`; it meets only what a vendor may say. */
const chainFeed: Feed = {
  ...common,
  lies: EDR_CHAIN,
  settings: { ...feed.settings, EDR_PAGING: 'searchAfter' },
  routes: { ...feed.routes, page: SEARCH_AFTER },
  proxied: { ...feed.proxied, page: SEARCH_AFTER },
};

export const variants: readonly Feed[] = [chainFeed];
