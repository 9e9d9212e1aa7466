import * as z from 'zod';
import { count, time, type Answered } from '../answer-values.ts';

const headers = z
  .record(z.string(), z.string())
  .describe('By lower-case names; those that may hold a secret redacted.');
const body = z.string().describe('The first 2 KB, redacted.');

/** What support needs to know of one call to the vendor, without secrets. */
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
  .meta({ id: 'CallTrace' });

/** Traced calls. */
export const traceList = z
  .strictObject({
    wanted: count('Calls to trace, by `QUALYS_TRACE`.'),
    traces: z.array(callTrace).describe('The oldest first.'),
  })
  .meta({ id: 'TraceList' });

/** What was deleted. */
export const clearedTraces = z.strictObject({ deleted: count('Traces deleted.') }).meta({ id: 'ClearedTraces' });

export type CallTrace = Answered<z.infer<typeof callTrace>>;
