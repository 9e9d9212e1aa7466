import * as z from 'zod';
import { backfillBody, backfillsQuery, estimateQuery } from '../../http/requests.ts';
import { backfill, estimate, started } from '../../pipeline/backfill-answer.ts';
import { SERVICE_PROBLEMS, type Operation } from '../operation.ts';
import { backfillId } from '../../answer-values.ts';

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
    answers: { 200: { description: 'Backfills, newest first.', schema: backfillList } },
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
