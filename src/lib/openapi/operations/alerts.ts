import * as z from 'zod';
import type { AlertView } from '../../alerts/operate-alerts.ts';
import type { AlertTest } from '../../alerts/test-alert.ts';
import { alertsQuery, replayAlertsQuery } from '../../http/requests.ts';
import { SERVICE_PROBLEMS, type Operation } from '../operation.ts';
import { count, time } from '../../answer-values.ts';

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
  .meta({ id: 'Alert' }) satisfies z.ZodType<AlertView>;

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
  }) satisfies z.ZodType<AlertTest>;

/** Alerts that are not posted. */
export const alertOperations: readonly Operation[] = [
  {
    operationId: 'listAlerts',
    method: 'get',
    route: 'alerts',
    tag: 'Alerts',
    summary: 'List alerts that are not posted',
    description: 'What the webhook has not taken yet, or not surely, and why; first what was given up.',
    query: alertsQuery,
    answers: {
      200: { description: 'Alerts.', schema: alertList },
    },
    problems: [400, ...SERVICE_PROBLEMS],
    connector: 'advanced',
  },
  {
    operationId: 'replayAlerts',
    method: 'post',
    route: 'alerts/replay',
    tag: 'Alerts',
    summary: 'Post alerts again',
    description: 'Queues alerts that were given up. An uncertain one may have been taken before, and then comes twice.',
    query: replayAlertsQuery,
    answers: {
      200: {
        description: 'How many were queued.',
        schema: alertReplayResult,
      },
    },
    problems: [400, ...SERVICE_PROBLEMS],
    connector: 'advanced',
  },
  {
    operationId: 'testAlert',
    method: 'post',
    route: 'alerts/test',
    tag: 'Alerts',
    summary: 'Post a test to the webhook',
    description:
      'Posts one alert that says it is a test, signed as all others, and tells what came back. Nothing of it is stored or posted again.',
    answers: { 200: { description: 'What came back.', schema: alertTest } },
    // 503: no webhook is set.
    problems: SERVICE_PROBLEMS,
    connector: 'advanced',
  },
];
