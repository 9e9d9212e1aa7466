import * as z from 'zod';
import type { AlertView } from '../../alerts/operate-alerts.ts';
import { alertsQuery, replayAlertsQuery } from '../../http/requests.ts';
import { SERVICE_PROBLEMS, type Operation } from '../operation.ts';
import { count, time } from '../values.ts';

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

/** Alerts that are not posted. */
export const alertOperations: readonly Operation[] = [
  {
    operationId: 'listAlerts',
    method: 'get',
    route: 'alerts',
    tag: 'Alerts',
    summary: 'List alerts that are not posted',
    description: 'What the webhook has not taken yet, or not surely, and why.',
    query: alertsQuery,
    answers: {
      200: { description: 'Alerts.', schema: z.strictObject({ alerts: z.array(alert) }).meta({ id: 'AlertList' }) },
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
        schema: z.strictObject({ replayed: count('Alerts queued.') }).meta({ id: 'AlertReplayResult' }),
      },
    },
    problems: [400, ...SERVICE_PROBLEMS],
    connector: 'advanced',
  },
];
