import { integer, schedule, vmParams } from '../../setting-kinds.ts';

const DEFAULT_PARAMS = 'details=All/AGs&show_asset_id=1&show_tags=1&show_trurisk=1';

/** Settings of the snapshots of hosts. */
export const VM_HOST_SETTINGS = {
  HOSTS_SCHEDULE: schedule
    .default('0 */15 * * * *')
    .describe('When snapshots of the hosts are planned: six-field NCRONTAB, UTC.'),
  HOSTS_WINDOW_MINUTES: integer({ min: 60, max: 10_080, fallback: 1440, unit: 'minutes' }).describe(
    'A snapshot is taken once in so many minutes, on multiples of that (1440: at midnight UTC).',
  ),
  HOSTS_SAFETY_LAG_SECONDS: integer({ min: 0, max: 86_400, fallback: 0, unit: 'seconds' }).describe(
    'A snapshot begins so long after it is due, in seconds; for quiet hours.',
  ),
  HOSTS_PAGE_SIZE: integer({ min: 20, max: 10_000, fallback: 1000, unit: 'hosts' }).describe('Hosts a page.'),
  HOSTS_PARAMS: vmParams({ pattern: /^$/, text: '' }, DEFAULT_PARAMS).describe(
    'Parameters of the host list, as a query string.',
  ),
};
