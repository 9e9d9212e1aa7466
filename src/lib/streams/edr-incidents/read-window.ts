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
  const table = ofSubscription(incidentTable(settings), settings.QUALYS_SUBSCRIPTION);
  return readPageChain(task, {
    api: edr,
    clock,
    ...INCIDENT_PAGES,
    size: settings.INCIDENTS_PAGE_SIZE,
    filter: (span) => incidentFilter(settings, span),
    fetch: async ({ filter, size: pageSize }, cursor) => {
      const judged = { ...options, isJudged: true };
      const { answer, nextCursor: after } = await edr.searchAfter({ filter, pageSize }, cursor, judged, INCIDENT_PAGES);
      const { body, cancel, status } = answer;
      const page = { table, timeField: settings.INCIDENTS_TIME_FIELD, after, status };
      return { body, cancel, decode: (book, decoding) => createIncidentDecoder({ ...decoding, ...page }, book) };
    },
    probe: (filter) => edr.probe(INCIDENT_PAGES, filter, options),
    records: 'incidents',
    advice: ' by INCIDENTS_TIME_FIELD; check INCIDENTS_TIME_TOKEN, INCIDENTS_TIME_FIELD and EDR_TIME_ZONE',
  });
}
