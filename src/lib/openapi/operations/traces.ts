import * as z from 'zod';
import type { CallTrace } from '../../pipeline/call-trace.ts';
import { SERVICE_PROBLEMS, type Operation } from '../operation.ts';
import { count, time } from '../../answer-values.ts';

const headers = z
  .record(z.string(), z.string())
  .describe('By lower-case names; those that may hold a secret redacted.');
const body = z.string().describe('The first 2 KB, redacted.');

const callTrace = z
  .strictObject({
    version: z.literal(1).describe('Version of its form.'),
    at: time('When the call began.'),
    api: z.enum(['edr', 'vm']),
    route: z.string().describe('What was asked, e.g. `vm/detections`.'),
    request: z.strictObject({ method: z.string(), url: z.string(), headers, body }),
    answer: z
      .strictObject({
        status: z.number().int(),
        headers,
        body,
        bytes: count('Bytes of the body that were read, decompressed.'),
        isWhole: z.boolean().describe('Whether the body was read to its end.'),
      })
      .nullable()
      .describe('Null where none came, or the call has not ended.'),
    error: z.string().nullable().describe('Why no answer came.'),
    firstByteMs: count('Milliseconds until the headers of the answer came.').nullable(),
    durationMs: count('Milliseconds until the call was over; null for one that has not ended.').nullable(),
  })
  .meta({ id: 'CallTrace' }) satisfies z.ZodType<CallTrace>;

/** Traced calls. */
export const traceList = z
  .strictObject({
    wanted: count('Calls to trace, by `QUALYS_TRACE`.'),
    traces: z.array(callTrace).describe('The oldest first.'),
  })
  .meta({ id: 'TraceList' });

/** What was deleted. */
export const clearedTraces = z.strictObject({ deleted: count('Traces deleted.') }).meta({ id: 'ClearedTraces' });

/** Calls to Qualys for a support case. */
export const traceOperations: readonly Operation[] = [
  {
    operationId: 'listTraces',
    method: 'get',
    route: 'traces',
    tag: 'Traces',
    summary: 'Fetch traced calls',
    description:
      'Calls to Qualys with the first 2 KB of both bodies, without secrets, as many as `QUALYS_TRACE` says. They hold data of yours. The audit log notes who asks.',
    answers: { 200: { description: 'Traces.', schema: traceList } },
    problems: [...SERVICE_PROBLEMS],
    connector: 'none',
  },
  {
    operationId: 'clearTraces',
    method: 'delete',
    route: 'traces',
    tag: 'Traces',
    summary: 'Delete traced calls',
    description: 'Deletes all traces, so that as many calls are traced again.',
    answers: { 200: { description: 'How many there were.', schema: clearedTraces } },
    problems: [...SERVICE_PROBLEMS],
    connector: 'none',
  },
];
