import * as z from 'zod';
import { time, type Answered } from '../answer-values.ts';

/** How a day stands against its limit. */
export const dailyLimit = z
  .strictObject({
    gigabytes: z.number().describe('The setting DAILY_GB_LIMIT, in GB of 10^9 bytes.'),
    sentGigabytes: z.number().describe('Billed GB sent since midnight UTC, by all streams.'),
    isReached: z.boolean().describe('Whether the streams named here wait.'),
    streams: z.array(z.string()).describe('Streams that wait once it is reached.'),
    until: time('The next midnight UTC: until then.'),
    resumedAt: time('The last midnight, where the day before had reached the limit.').nullable(),
  })
  .meta({ id: 'DailyLimit' })
  .nullable()
  .describe('How the day stands against DAILY_GB_LIMIT; null where that is not set or cannot be read.');

export type DailyLimitView = NonNullable<Answered<z.infer<typeof dailyLimit>>>;
