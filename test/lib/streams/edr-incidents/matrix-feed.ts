import type { Feed } from '../../../faults/feeds.ts';

const MINUTE_MS = 60_000;

/** Pages of five incidents. */
export const feed: Feed = {
  name: 'edr-incidents',
  table: 'QualysEdrIncidents_CL',
  windowMinutes: 15,
  settings: { INCIDENTS_WINDOW_MINUTES: '15', INCIDENTS_SAFETY_LAG_SECONDS: '60', INCIDENTS_PAGE_SIZE: '5' },
  routes: { first: '^GET /ioc/incidents/', page: '^GET /ioc/incidents/' },
  proxied: { first: '^GET /ioc/incidents/', page: '^GET /ioc/incidents/' },
  options: () => ({ eventCount: 0, hostCount: 0, incidentCount: 0 }),
  fill: (simulator, start) => {
    const burst = (minute: number, count: number): { id: string; updatedTime: string; record: object }[] =>
      Array.from({ length: count }, (_, index) => {
        const id = `incident-${minute}-${index}`;
        const updatedTime = new Date(start + minute * MINUTE_MS + index * 1000).toISOString();
        return { id, updatedTime, record: { id, updatedOn: updatedTime, status: 'New' } };
      });
    simulator.changeData({ incidents: [...burst(5, 8), ...burst(20, 3)] });
  },
  ids: (simulator, span) => simulator.ids('incidents', span),
  idOf: ({ IncidentId }) => String(IncidentId),
};
