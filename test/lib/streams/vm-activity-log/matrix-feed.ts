import { ALL_DOWN, type Feed } from '../../../faults/feeds.ts';
import { always, lie } from '../../../faults/lies.ts';

const MINUTE_MS = 60_000;
const ROUTE = '/fo/activity_log/';

/** Pages of five entries. */
export const feed: Feed = {
  name: 'vm-activity-log',
  table: 'QualysUserActivity_CL',
  windowMinutes: 15,
  settings: { ACTIVITY_WINDOW_MINUTES: '15', ACTIVITY_SAFETY_LAG_SECONDS: '60', ACTIVITY_PAGE_SIZE: '5' },
  routes: { first: ROUTE, page: ROUTE },
  proxied: { first: ROUTE, page: ROUTE },
  fill: (simulator, start) => {
    // Two entries a second, so that pages end within one.
    const burst = (minute: number, count: number) =>
      Array.from({ length: count }, (_, index) => {
        const time = new Date(start + minute * MINUTE_MS + Math.floor(index / 2) * 1000).toISOString();
        return { time, details: `entry ${minute}-${index}` };
      });
    simulator.changeData({ activity: [...burst(5, 8), ...burst(20, 3)] });
  },
  ids: (simulator, span) => simulator.ids('activity', span),
  lies: [
    lie('decode', 'pages capped at 3', { kind: 'page-cap', records: 3, count: always }),
    lie('decode', 'footer lost, once', { kind: 'lost-warning' }),
    lie('decode', 'footer lost on the second page', { kind: 'lost-warning', nth: 2 }),
  ],
  outages: [ALL_DOWN],
  outageSettings: { ACTIVITY_PAGE_SIZE: '100', ACTIVITY_WINDOW_MINUTES: '10080' },
  place: (simulator, times) => {
    simulator.changeData({ activity: times.map((time, index) => ({ time, details: `entry ${index}` })) });
  },
  idOf: ({ ActivityTime, Details }) => `${String(ActivityTime).slice(0, 19)}Z ${String(Details)}`,
};
