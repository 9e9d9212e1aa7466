import { dotted, integer, qqlFilter, schedule, startTime } from '../../setting-kinds.ts';

/** Settings of the stream of EDR incidents. */
export const EDR_INCIDENT_SETTINGS = {
  INCIDENTS_SCHEDULE: schedule
    .default('0 */10 * * * *')
    .describe('When windows of incidents are planned: six-field NCRONTAB, UTC.'),
  INCIDENTS_START: startTime,
  INCIDENTS_WINDOW_MINUTES: integer({ min: 1, max: 10_080, fallback: 60, unit: 'minutes' }).describe(
    'Largest window planned, in minutes.',
  ),
  INCIDENTS_SAFETY_LAG_SECONDS: integer({ min: 0, max: 86_400, fallback: 300, unit: 'seconds' }).describe(
    "A window's end stays this far behind now, in seconds.",
  ),
  INCIDENTS_FILTER: qqlFilter.describe(
    "Further QQL condition, joined by AND in parentheses, e.g. incident.source: 'EDR'.",
  ),
  INCIDENTS_TIME_TOKEN: dotted('a QQL token', 'incident.updatedon').describe('QQL token of the time that windows use.'),
  INCIDENTS_TIME_FIELD: dotted('a field of the incident', 'updatedOn').describe(
    'Field of the record that holds the same time; Qualys does not document it.',
  ),
  INCIDENTS_ID_FIELD: dotted('a field of the incident', 'id').describe(
    "Field of the record that holds the incident's id; Qualys does not document it.",
  ),
  INCIDENTS_PAGE_SIZE: integer({ min: 2, max: 10_000, fallback: 100, unit: 'incidents' }).describe('Incidents a page.'),
};
