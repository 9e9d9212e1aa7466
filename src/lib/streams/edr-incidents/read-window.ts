import type { Outcome, Progress, WindowTask } from '../../pipeline/stream.ts';
import type { EdrPages } from '../../qualys/edr/edr-api.ts';
import { ofSubscription } from '../../records/record-table.ts';
import { callOptionsOf } from '../call-options.ts';
import { readPageChain } from '../read-page-chain.ts';
import type { StreamServices } from '../stream-definition.ts';
import { createIncidentDecoder } from './decode-incidents.ts';
import { incidentFilter } from './incident-filter.ts';
import { incidentTable } from './incident-columns.ts';

/** Incidents in the vendor's own order. */
export const INCIDENT_PAGES: EdrPages = { route: 'edr/incidents', path: '/ioc/incidents/searchAfter' };

/** Reads a window of incidents by their last update: pages in the vendor's own order, each naming the next in a header. */
export function readIncidentWindow(
  task: WindowTask,
  { clock, edr, settings }: StreamServices,
): AsyncGenerator<Progress, Outcome> {
  const options = callOptionsOf(task);
  return readPageChain(task, {
    api: edr,
    clock,
    ...INCIDENT_PAGES,
    size: settings.INCIDENTS_PAGE_SIZE,
    filter: (span) => incidentFilter(settings, span),
    fetch: async ({ filter, size: pageSize }, cursor) => {
      const judged = { ...options, isJudged: true };
      const { answer, nextCursor: after } = await edr.searchAfter({ filter, pageSize }, cursor, judged, INCIDENT_PAGES);
      return { after, status: answer.status, body: answer.body, cancel: answer.cancel };
    },
    probe: (filter) => edr.probe(INCIDENT_PAGES, filter, options),
    decode: ({ after, status }, book, page) => {
      const table = ofSubscription(incidentTable(settings), settings.QUALYS_SUBSCRIPTION);
      return createIncidentDecoder({ ...page, table, timeField: settings.INCIDENTS_TIME_FIELD, after, status }, book);
    },
    records: 'incidents',
    advice: ' by INCIDENTS_TIME_FIELD; check INCIDENTS_TIME_TOKEN, INCIDENTS_TIME_FIELD and EDR_TIME_ZONE',
  });
}
