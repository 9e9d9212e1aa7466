/** The judgement, and what is told beside it, declared once. The OpenAPI document alone loads the schemas; all others import types. */
import * as z from 'zod';
import { alertStatus } from '../alerts/alert-answers.ts';
import { count, time, type Answered } from '../answer-values.ts';
import { dailyLimit } from '../cost/daily-limit-answer.ts';
import { api, apiLimits } from '../pipeline/limit-view.ts';
import { streamStatus } from '../pipeline/status-answer.ts';
import { HEADLINES, PROBLEM_CODES, VERDICTS } from './problem-codes.ts';

/** What all routes and tools say of a problem. */
const problem = z
  .strictObject({
    code: z.enum(PROBLEM_CODES).describe('Its kind; each has a section of that name in docs/operate.md.'),
    severity: z.enum(['error', 'warning', 'info']).describe('info explains.'),
    stream: z.exactOptional(z.string().describe('The stream that it is about; absent where it is about more.')),
    api: z.exactOptional(api),
    since: time('Since when it is so; null where nobody knows.').nullable(),
    text: z.string().describe('What is so.'),
    act: z.string().describe('What a person does.'),
    docs: z.string().describe('Where it is explained, below the repository.'),
  })
  .meta({ id: 'HealthProblem' });

/** The one judgement of the whole, as it stands in answers. */
const judgement = z.strictObject({
  ok: z.boolean().describe('Whether nobody needs to act: the verdict is neither attention nor down.'),
  verdict: z
    .enum(VERDICTS)
    .describe(
      'ok: everything due is ingested; catching-up: it comes; waiting: for Qualys or the next try; attention: a person is needed; down: a stream stands still until a person acts.',
    ),
  headline: z.string().describe('The verdict in words.'),
  problems: z.array(problem).describe('Worst first, causes before what they make.'),
});

const head = z.strictObject({
  version: z.string().describe('Version of the connector.'),
  time: time("The app's clock."),
  ...judgement.shape,
});

/** What `health` answers. */
export const health = head.meta({ id: 'Health' });

/** What `status` answers. */
export const status = z
  .strictObject({
    ...head.shape,
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
  });

export type Problem = Answered<z.infer<typeof problem>>;
export type Health = Answered<z.infer<typeof judgement>>;
export type StatusAnswer = Answered<z.infer<typeof status>>;
