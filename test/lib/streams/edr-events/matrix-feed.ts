import type { Feed } from '../../../faults/feeds.ts';

const MINUTE_MS = 60_000;
const iso = (time: number): string => new Date(time).toISOString();

/** EDR: pages of five events. */
export const feed: Feed = {
  name: 'edr-events',
  table: 'QualysEdrEvents_CL',
  windowMinutes: 15,
  settings: { EDR_WINDOW_MINUTES: '15', EDR_SAFETY_LAG_SECONDS: '60', EDR_SCHEDULE: '* * * * * *' },
  routes: { first: '^GET /ioc/events/count', page: '^GET /ioc/events\\?' },
  proxied: { first: '^GET /ioc/events/count', page: '^GET /ioc/events\\?' },
  options: (shape) => ({ eventCount: 0, hostCount: 0, longEventEvery: shape === 'fat' ? 1 : 0 }),
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
};

const SEARCH_AFTER = '^GET /ioc/events/searchAfter';

/** EDR by `searchAfter`; it meets only what a vendor may say. */
export const chainFeed: Feed = {
  ...feed,
  settings: { ...feed.settings, EDR_PAGING: 'searchAfter' },
  routes: { ...feed.routes, page: SEARCH_AFTER },
  proxied: { ...feed.proxied, page: SEARCH_AFTER },
};
