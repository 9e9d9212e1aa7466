import { ALL_DOWN, type Feed } from '../../../faults/feeds.ts';
import { always, lie } from '../../../faults/lies.ts';
import type { Simulator } from '../../../../dev/simulator/start-simulator.ts';

const MINUTE_MS = 60_000;

function place(simulator: Simulator, times: readonly string[]): void {
  const incidents = times.map((updatedTime, index) => {
    const id = `incident-${index}`;
    return { id, updatedTime, record: { id, updatedOn: updatedTime, status: 'New' } };
  });
  simulator.changeData({ incidents });
}

/** Pages of five incidents. */
export const feed: Feed = {
  name: 'edr-incidents',
  table: 'QualysEdrIncidents_CL',
  windowMinutes: 15,
  settings: { INCIDENTS_WINDOW_MINUTES: '15', INCIDENTS_SAFETY_LAG_SECONDS: '60', INCIDENTS_PAGE_SIZE: '5' },
  routes: { first: '^GET /ioc/incidents/', page: '^GET /ioc/incidents/' },
  proxied: { first: '^GET /ioc/incidents/', page: '^GET /ioc/incidents/' },
  fill: (simulator, start) => {
    const burst = (minute: number, count: number): string[] =>
      Array.from({ length: count }, (_, index) => new Date(start + minute * MINUTE_MS + index * 1000).toISOString());
    place(simulator, [...burst(5, 8), ...burst(20, 3)]);
  },
  ids: (simulator, span) => simulator.ids('incidents', span),
  idOf: ({ IncidentId }) => String(IncidentId),
  lies: [
    lie('decode', 'pages capped at 3', { kind: 'page-cap', records: 3, count: always }),
    lie('decode', 'empty body instead of the second page', { kind: 'empty-body', nth: 2 }),
    lie('decode', 'cursor lost, once', { kind: 'lost-cursor' }),
    lie('decode', 'cursors in a circle, once round', { kind: 'cursor-circle', pages: 2, count: 2 }),
  ],
  outages: [ALL_DOWN],
  outageSettings: { INCIDENTS_PAGE_SIZE: '100', INCIDENTS_WINDOW_MINUTES: '10080' },
  place,
};
