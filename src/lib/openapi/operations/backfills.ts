import * as z from 'zod';
import { backfillBody, backfillId, backfillsQuery, estimateQuery, streamName } from '../../http/requests.ts';
import type { BackfillView } from '../../pipeline/backfill.ts';
import type { BackfillEstimate } from '../../pipeline/estimate-backfill.ts';
import { SERVICE_PROBLEMS, type Operation } from '../operation.ts';
import { count, time } from '../../answer-values.ts';

const range = {
  id: backfillId,
  stream: streamName,
  from: time('First instant of the range.'),
  to: time('First instant after the range.'),
  status: z.enum(['planning', 'running', 'succeeded', 'failed', 'cancelled']).meta({
    id: 'BackfillStatus',
    description: 'Where the backfill stands; failed: at least one window was given up.',
  }),
};
const EXAMPLE = {
  id: '9d3f0c1b77a2-1',
  stream: 'edr-events',
  from: '2026-04-01T00:00:00Z',
  to: '2026-04-08T00:00:00Z',
  status: 'running',
};

/** A backfill that was asked for. */
export const started = z.strictObject({ ...range, statusUrl: z.url().describe('Where to ask how far it is.') }).meta({
  id: 'StartedBackfill',
  examples: [{ ...EXAMPLE, statusUrl: 'https://func-qualys.azurewebsites.net/api/backfill/9d3f0c1b77a2-1' }],
});

/** A backfill and its progress. */
export const backfill = z
  .strictObject({
    ...range,
    windows: z.strictObject({
      total: count('Windows of the range.'),
      closed: count('Windows that are finished.'),
      failed: count('Windows that could not be read, or not wholly.'),
    }),
    rows: count('Rows accepted by Azure.'),
    percent: z.number().min(0).max(100).describe('Share of the range that is finished.'),
    startedAt: time('When it was started.'),
    updatedAt: time('When it last made progress.'),
    etaSeconds: count('Estimated time left; null when unknown.').nullable(),
    waits: z
      .strictObject({
        until: time('When it goes on or tries again; null where nobody knows.').nullable(),
        reason: z.string().describe('What it waits for.'),
      })
      .nullable()
      .describe('Why nothing of it goes on now; null where something does, or it has ended.'),
  })
  .meta({
    id: 'Backfill',
    examples: [
      {
        ...EXAMPLE,
        windows: { total: 672, closed: 168, failed: 0 },
        rows: 91204,
        percent: 25,
        startedAt: '2026-05-01T12:10:00.000Z',
        updatedAt: '2026-05-01T12:31:40.118Z',
        etaSeconds: 3902,
        waits: null,
      },
    ],
  }) satisfies z.ZodType<BackfillView>;

/** What a backfill would cost. */
export const estimate = z
  .strictObject({
    stream: streamName,
    from: range.from,
    to: range.to,
    windows: count('Windows of the range; each is at least one call, also where it holds nothing.'),
    calls: count(
      'Calls of the Qualys API, by those that the live windows of the last days took; null where there are none to go by.',
    ).nullable(),
    callsAnHour: count(
      'Calls that the budget of the API leaves backfills an hour; null until Qualys has told it, 0 where live windows need all.',
    ).nullable(),
    leastSeconds: count(
      'How long the budget alone makes it last; null where nobody knows, or it would never end.',
    ).nullable(),
  })
  .meta({
    id: 'BackfillEstimate',
    examples: [
      {
        stream: EXAMPLE.stream,
        from: EXAMPLE.from,
        to: EXAMPLE.to,
        windows: 672,
        calls: 1344,
        callsAnHour: 240,
        leastSeconds: 19_560,
      },
    ],
  }) satisfies z.ZodType<BackfillEstimate>;

/** All backfills. */
export const backfillList = z.array(backfill).meta({ id: 'BackfillList' });

const one = { route: 'backfill/{id}', tag: 'Backfills', params: z.strictObject({ id: backfillId }) } as const;
const location = { Location: 'Address of the backfill.' };

/** Ranges to be read again. */
export const backfillOperations: readonly Operation[] = [
  {
    operationId: 'startBackfill',
    method: 'post',
    route: 'backfill',
    tag: 'Backfills',
    summary: 'Start a backfill',
    description:
      'Reads a range again that lies before the watermark, and answers at once: ask for its progress until its status is neither planning nor running. The same range is not started twice while it runs.',
    body: backfillBody,
    answers: {
      200: { description: 'This range is being read already.', schema: started, headers: location },
      201: { description: 'The backfill was started.', schema: started, headers: location },
    },
    // 409: as many backfills as allowed run already.
    problems: [400, 409, 413, ...SERVICE_PROBLEMS],
    connector: 'important',
  },
  {
    operationId: 'listBackfills',
    method: 'get',
    route: 'backfill',
    tag: 'Backfills',
    summary: 'List backfills',
    description: 'Running and ended ones, with their progress.',
    query: backfillsQuery,
    answers: {
      200: { description: 'Backfills, newest first.', schema: backfillList },
    },
    problems: [400, ...SERVICE_PROBLEMS],
    connector: 'advanced',
  },
  {
    operationId: 'estimateBackfill',
    method: 'get',
    route: 'backfill-estimate',
    tag: 'Backfills',
    summary: 'Estimate a backfill',
    description: 'What a backfill would cost: windows, calls, and how long the budget makes it last. Starts nothing.',
    query: estimateQuery,
    answers: { 200: { description: 'What it would cost.', schema: estimate } },
    // 409: as many backfills as allowed run already.
    problems: [400, 409, ...SERVICE_PROBLEMS],
    connector: 'advanced',
  },
  {
    ...one,
    operationId: 'getBackfill',
    method: 'get',
    summary: 'Get the progress of a backfill',
    description: 'Windows, rows, percent and the estimated time left.',
    answers: { 200: { description: 'How far the backfill is.', schema: backfill } },
    problems: [404, ...SERVICE_PROBLEMS],
    connector: 'important',
  },
  {
    ...one,
    operationId: 'cancelBackfill',
    method: 'delete',
    summary: 'Cancel a backfill',
    description: 'Cancels what has not started; windows in work run to their end.',
    answers: { 200: { description: 'The backfill as it is now.', schema: backfill } },
    problems: [404, ...SERVICE_PROBLEMS],
    connector: 'advanced',
  },
];
