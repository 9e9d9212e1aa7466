import { alertList, alertReplayResult, alertTest } from '../../alerts/alert-answers.ts';
import { alertsQuery, replayAlertsQuery } from '../../http/requests.ts';
import { SERVICE_PROBLEMS, type Operation } from '../operation.ts';

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
    answers: { 200: { description: 'Alerts.', schema: alertList } },
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
    answers: { 200: { description: 'How many were queued.', schema: alertReplayResult } },
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
