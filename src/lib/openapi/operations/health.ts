import * as z from 'zod';
import { HEADLINES } from '../../health/problem-codes.ts';
import { pingResult } from '../../http/ping-answers.ts';
import type { StatusAnswer } from '../../actions/view-connector.ts';
import { apiLimits } from '../../pipeline/limit-view.ts';
import { streamStatus } from '../../pipeline/status-answer.ts';
import { alertStatus } from '../../alerts/alert-answers.ts';
import { dailyLimit } from '../../cost/daily-limit-answer.ts';
import { judgement } from '../judgement.ts';
import type { Operation } from '../operation.ts';
import { anyObject, count, time } from '../../answer-values.ts';

/** What `health` answers. */
export const health = z
  .strictObject({
    version: z.string().describe('Version of the connector.'),
    time: time("The app's clock."),
    ...judgement,
  })
  .meta({ id: 'Health' });

/** What `status` answers. */
export const status = z
  .strictObject({
    version: z.string().describe('Version of the connector.'),
    time: time("The app's clock."),
    ...judgement,
    streams: z.array(streamStatus).describe('None where settings or storage cannot be read.'),
    limits: z.array(apiLimits).describe('Limits of the APIs that enabled streams read.'),
    queue: z
      .strictObject({
        waiting: count('Work items, delayed ones included; approximate.'),
        poison: count('Work items that the host gave up and nobody has recorded yet.'),
      })
      .nullable()
      .describe('null where it cannot be read.'),
    deadLetters: count('Dead letters, counted up to 5000; null where they cannot be read.').nullable(),
    alerts: alertStatus.nullable(),
    dailyLimit,
  })
  .meta({
    id: 'Status',
    examples: [
      {
        version: '1.0.0',
        time: '2026-05-01T12:07:12.031Z',
        ok: true,
        verdict: 'ok',
        headline: HEADLINES.ok,
        problems: [],
        streams: [
          {
            name: 'edr-events',
            enabled: true,
            api: 'edr',
            isSnapshot: false,
            scheduleSeconds: 300,
            watermark: '2026-05-01T11:58:00Z',
            lagSeconds: 552,
            normalLagSeconds: 780,
            lastTick: '2026-05-01T12:05:00.114Z',
            start: {
              state: 'known',
              note: '24 hours before the first tick: the table has no rows',
              since: '2026-03-02T09:10:00.412Z',
            },
            windows: { open: 1, failed: 0, incomplete: 0, since: null },
            held: [],
            progress: { movedAt: '2026-05-01T12:07:12.031Z', rowsLastHour: 2011, secondsLeft: 4, heldBy: null },
            outsideLast24h: 0,
            unchangedLast24h: 0,
            lateness: {
              lookedAt: '2026-05-01T12:00:01.000Z',
              rows: 0,
              usualSeconds: null,
              mostSeconds: null,
              addedLagSeconds: 0,
            },
            rowsLast24h: 48211,
            lastError: null,
          },
        ],
        limits: [
          {
            api: 'edr',
            permits: 2,
            inUse: 1,
            pausedUntil: null,
            pauseReason: null,
            pausedSince: null,
            outages: [],
            budget: { limit: 300, left: 212, reserve: 60, windowSeconds: 3600, seenAt: '2026-05-01T12:07:10.402Z' },
          },
        ],
        queue: { waiting: 1, poison: 0 },
        deadLetters: 0,
        alerts: {
          enabled: true,
          from: '2026-04-01T08:00:00.000Z',
          queued: 0,
          poison: 0,
          waiting: 0,
          undelivered: 0,
          uncertain: 0,
          summarised: 0,
          lastError: null,
        },
        dailyLimit: null,
      },
    ],
  }) satisfies z.ZodType<StatusAnswer>;

const ping = {
  route: 'ping',
  tag: 'Health',
  summary: 'Check every dependency',
  description: 'Settings, storage, both Qualys APIs and Logs Ingestion, side by side, each for at most 20 seconds.',
  answers: {
    200: { description: 'All checks passed.', schema: pingResult },
    503: { description: 'At least one check failed; the body names it.', schema: pingResult },
  },
  problems: [],
} as const satisfies Partial<Operation>;

/** Whether it works, and where it stands. */
export const healthOperations: readonly Operation[] = [
  {
    ...ping,
    operationId: 'ping',
    method: 'get',
    connector: 'important',
    description: `${ping.description} For monitors: each Qualys API is asked at most once in five minutes, over all instances; else the last answer is told with its age.`,
  },
  {
    ...ping,
    operationId: 'pingByPost',
    method: 'post',
    connector: 'none',
    description: `${ping.description} Qualys is asked now, but for an account that is known to be refused.`,
  },
  {
    operationId: 'getStatus',
    method: 'get',
    route: 'status',
    tag: 'Health',
    summary: 'Get the status of all streams',
    description:
      'The judgement, and what it is made of: watermark, lag, windows that need attention, rows of the last day, limits of both APIs, queues, dead letters, and alerts that are not posted.',
    answers: { 200: { description: 'Where each stream stands.', schema: status } },
    problems: [],
    connector: 'important',
  },
  {
    operationId: 'getHealth',
    method: 'get',
    route: 'health',
    tag: 'Health',
    summary: 'Get the judgement alone',
    description: 'For availability tests: as status judges, without its figures. Calls nothing of Qualys.',
    answers: {
      200: { description: 'Nobody needs to act: ok, catching-up or waiting.', schema: health },
      503: { description: 'A person is needed: attention or down.', schema: health },
    },
    problems: [],
    connector: 'none',
  },
  {
    operationId: 'getOpenapi',
    method: 'get',
    route: 'openapi.json',
    tag: 'Health',
    summary: 'Get this document',
    description: 'Made from the schemas that check requests, with the address at which it was asked for.',
    answers: { 200: { description: 'OpenAPI 3.1.', schema: anyObject('An OpenAPI document.') } },
    problems: [],
    connector: 'none',
  },
];
