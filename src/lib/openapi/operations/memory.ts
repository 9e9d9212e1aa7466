import * as z from 'zod';
import { forgetQuery } from '../../http/requests.ts';
import { SERVICE_PROBLEMS, type Operation } from '../operation.ts';
import { count, streamName } from '../../answer-values.ts';

/** What was forgotten. */
export const forgetAnswer = z
  .strictObject({
    stream: z.string().describe('The stream.'),
    forgotten: count('Records named; null: all of the stream.').nullable(),
  })
  .meta({ id: 'Forgotten', examples: [{ stream: 'vm-detections', forgotten: 2 }] });

/** What an operator does about records that are not sent again while they do not change. */
export const memoryOperations: readonly Operation[] = [
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
