import * as z from 'zod';
import { backfillBody, backfillId, backfillsQuery, streamName } from '../../http/requests.ts';
import type { BackfillView } from '../../pipeline/backfill.ts';
import { SERVICE_PROBLEMS, type Operation } from '../operation.ts';
import { count, time } from '../values.ts';

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
      },
    ],
  }) satisfies z.ZodType<BackfillView>;

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
      'Reads a range again that lies before the watermark. The same range is not started twice while it runs.',
    body: backfillBody,
    answers: {
      200: { description: 'This range is being read already.', schema: started, headers: location },
      202: { description: 'The backfill was started.', schema: started, headers: location },
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
