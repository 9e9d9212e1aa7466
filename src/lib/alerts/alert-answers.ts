import * as z from 'zod';
import { count, time, type Answered } from '../answer-values.ts';

const alert = z
  .strictObject({
    id: z.string().describe('Id of the event.'),
    state: z
      .enum(['waiting', 'undelivered', 'uncertain'])
      .describe('Tried again by itself; given up; or nobody knows whether it was taken.'),
    attempts: count('Posts that were refused.'),
    since: time('When it was first to be posted, or was queued again.'),
    nextAttempt: time('Not before then; null for those given up.').nullable(),
    error: z.string().nullable().describe('Why it is not posted.'),
  })
  .meta({ id: 'Alert' });

/** Alerts that the webhook has not taken. */
export const alertList = z
  .strictObject({
    alerts: z.array(alert),
    isWebhookSet: z.boolean().describe('Whether alerts are posted at all, which is so where ALERT_WEBHOOK_URL is set.'),
  })
  .meta({ id: 'AlertList' });

/** What a replay answers. */
export const alertReplayResult = z
  .strictObject({ replayed: count('Alerts queued.') })
  .meta({ id: 'AlertReplayResult' });

/** What a test answers. */
export const alertTest = z
  .strictObject({
    ticketId: z.string().describe('`ticket_id` of what was posted.'),
    outcome: z.enum(['accepted', 'refused', 'unknown']).describe('Taken; surely not taken; or sent and not answered.'),
    status: z.int().nullable().describe('HTTP status that the webhook answered; null where it did not.'),
    error: z.string().nullable().describe('Why it was not taken, naming the host of the webhook only.'),
    isSigned: z.boolean().describe('Whether it was signed, which is so where ALERT_WEBHOOK_SECRET is set.'),
    durationMs: count('Time until the answer, in milliseconds.'),
  })
  .meta({
    id: 'AlertTest',
    examples: [
      {
        ticketId: 'test-5f0c8a52-6d0e-4f4e-9a8e-3a4c1d2b7f60',
        outcome: 'accepted',
        status: 202,
        error: null,
        isSigned: true,
        durationMs: 84,
      },
    ],
  });

/** Alerts in the answer of status. */
export const alertStatus = z
  .strictObject({
    enabled: z.boolean().describe('Whether a webhook is set.'),
    from: time('Events that Qualys processed from then on are posted; null where no webhook is set.').nullable(),
    queued: count('Messages of the alert queue, delayed ones included; approximate.'),
    poison: count('Messages that the host gave up and nobody has recorded yet.'),
    waiting: count('Alerts that are tried again, and summaries of a minute that is not over.'),
    undelivered: count('Alerts that were given up after a day of refusals.'),
    uncertain: count('Alerts of which nobody knows whether they were taken.'),
    summarised: count('Alerts of the last day that were too many for their minute and stand in its summary.'),
    lastError: z.string().nullable().describe('Latest reason of one that is not posted.'),
  })
  .meta({ id: 'AlertStatus' });

export type AlertView = Answered<z.infer<typeof alert>>;
export type AlertTest = Answered<z.infer<typeof alertTest>>;
export type AlertStatus = Answered<z.infer<typeof alertStatus>>;
