import { apiVersion, integer, schedule, startTime } from '../../setting-kinds.ts';

/** Settings of the stream of the activity log. */
export const ACTIVITY_LOG_SETTINGS = {
  ACTIVITY_SCHEDULE: schedule
    .default('0 */15 * * * *')
    .describe('When windows of the activity log are planned: six-field NCRONTAB, UTC.'),
  ACTIVITY_START: startTime,
  ACTIVITY_WINDOW_MINUTES: integer({ min: 1, max: 10_080, fallback: 240, unit: 'minutes' }).describe(
    'Largest window planned, in minutes.',
  ),
  ACTIVITY_SAFETY_LAG_SECONDS: integer({ min: 0, max: 86_400, fallback: 600, unit: 'seconds' }).describe(
    "A window's end stays this far behind now, in seconds.",
  ),
  ACTIVITY_API_VERSION: apiVersion('2.0').describe('Version of the activity log API; only the path differs.'),
  ACTIVITY_PAGE_SIZE: integer({ min: 2, max: 10_000, fallback: 1000, unit: 'entries' }).describe('Entries a page.'),
};
