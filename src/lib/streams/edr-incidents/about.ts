import { recordTime, tableColumns } from '../../records/table-columns.ts';
import type { StreamAbout } from '../stream-about.ts';
import { incidentTable } from './incident-columns.ts';

export const about: StreamAbout = {
  description:
    'Qualys EDR incidents, one row an incident and update; an incident above 60,000 bytes takes several rows. Of the fields of an incident Qualys documents none: columns are filled where the usual names fit, `Record` has all.',
  columns: tableColumns(
    incidentTable({ EDR_TIME_ZONE: 0, INCIDENTS_ID_FIELD: 'id', INCIDENTS_TIME_FIELD: 'updatedOn' }),
    { record: 'incident', key: "the incident's JSON with sorted keys", time: recordTime('Time of the update') },
  ),
  api: 'EDR gateway: `/ioc/incidents/searchAfter`',
  role: 'as `edr-events`',
  schedule: 'every 10 minutes',
  proof:
    'Qualys does not count; a window is complete when the chain of pages is proven to have ended. It ends with an empty page; a page that names no next one is asked for again, one incident shorter, and must then name it.',
  // Weeks without an incident are no fault.
  kql: { newest: 'max(UpdatedTime)', source: 'coalesce(IncidentId, HostName)' },
};
