import { decimal, list } from '../setting-kinds.ts';

/** Settings of what ingestion costs, and may cost a day. */
export const COST_SETTINGS = {
  PRICE_PER_GB: decimal({ min: 0, max: 1000, unit: 'a GB' })
    .prefault('4.30')
    .describe(
      'Price of a billed GB, for what `qualys cost` reckons: default Analytics logs with Sentinel, pay as you go, East US, in dollars.',
    ),
  DAILY_GB_LIMIT: decimal({ min: 0.001, max: 100_000, unit: 'GB a day' })
    .optional()
    .describe(
      'Billed GB that all streams together may send a day (UTC) before some of them wait for the next, their backfills from 80 % of it on; unset: no limit.',
    ),
  DAILY_GB_LIMIT_STREAMS: list(() => true, 'must name at least one stream')
    .prefault('vm-detections,vm-knowledge-base,vm-hosts')
    .describe('Streams that wait then. edr-events never does while there is a webhook for alerts.'),
};
