import * as z from 'zod';
import { forgetQuery, operateQuery, retryQuery, windowsQuery } from '../../http/requests.ts';
import { window } from '../../pipeline/window-answer.ts';
import { SERVICE_PROBLEMS, type Operation } from '../operation.ts';
import { count, streamName, windowKey } from '../../answer-values.ts';

/** Windows of a stream. */
export const windowList = z
  .strictObject({ windows: z.array(window).describe('In order of time.') })
  .meta({ id: 'WindowList' });

/** How many windows were retried at once. */
export const retriedWindows = z
  .strictObject({ retried: count('Windows put into the queue.') })
  .meta({ id: 'RetriedWindows', examples: [{ retried: 12 }] });

/** What was forgotten. */
export const forgetAnswer = z
  .strictObject({
    stream: z.string().describe('The stream.'),
    forgotten: count('Records named; null: all of the stream.').nullable(),
  })
  .meta({ id: 'Forgotten', examples: [{ stream: 'vm-detections', forgotten: 2 }] });

const oneWindow = {
  method: 'post',
  tag: 'Windows',
  params: z.strictObject({ stream: streamName, window: windowKey }),
  query: operateQuery,
  answers: { 200: { description: 'The window as it is now.', schema: window } },
  // 409: a worker has it, or its state does not allow it.
  problems: [400, 404, 409, ...SERVICE_PROBLEMS],
  connector: 'advanced',
} as const satisfies Partial<Operation>;

/** Windows of a stream, and what an operator does with them and about records that are not sent again while they do not change. */
export const windowOperations: readonly Operation[] = [
  {
    operationId: 'listWindows',
    method: 'get',
    route: 'windows/{stream}',
    tag: 'Windows',
    summary: 'List the windows of a stream',
    description: 'Live ones of the last hours and all that need attention, or those of a backfill.',
    params: z.strictObject({ stream: streamName }),
    query: windowsQuery,
    answers: { 200: { description: 'Windows, newest last.', schema: windowList } },
    problems: [400, 404, ...SERVICE_PROBLEMS],
    connector: 'advanced',
  },
  {
    ...oneWindow,
    operationId: 'retryWindow',
    route: 'windows/{stream}/{window}/retry',
    query: retryQuery,
    summary: 'Retry a window now',
    description:
      'Puts a failed, waiting or incomplete window into the queue at once. A failed or incomplete one is read from its start.',
  },
  {
    operationId: 'retryWindows',
    method: 'post',
    route: 'windows/{stream}/retry',
    tag: 'Windows',
    summary: 'Retry all windows now',
    description:
      'Puts all windows of a stream into the queue at once that failed, are incomplete or wait for their next try. What waits for Qualys or for the account goes on waiting there.',
    params: z.strictObject({ stream: streamName }),
    query: operateQuery,
    answers: { 200: { description: 'How many were put into the queue.', schema: retriedWindows } },
    problems: [400, 404, ...SERVICE_PROBLEMS],
    connector: 'advanced',
  },
  {
    ...oneWindow,
    operationId: 'waiveWindow',
    route: 'windows/{stream}/{window}/waive',
    summary: 'Waive a window',
    description:
      'Gives an unfinished window up: the watermark passes it, and what it holds is not ingested. Acknowledges an incomplete one.',
  },
  {
    operationId: 'forgetRecords',
    method: 'post',
    route: 'memory/{stream}/forget',
    tag: 'Windows',
    summary: 'Forget what was sent',
    description:
      'Has hosts sent again when Qualys processes them next, whether they have changed or not: those named, or all. For rows that Azure accepted and then dropped, or that were deleted.',
    params: z.strictObject({ stream: streamName }),
    query: forgetQuery,
    answers: { 200: { description: 'How many were forgotten.', schema: forgetAnswer } },
    problems: [400, 404, ...SERVICE_PROBLEMS],
    connector: 'advanced',
  },
];
