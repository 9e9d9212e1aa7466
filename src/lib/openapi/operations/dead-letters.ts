import * as z from 'zod';
import { deadLettersQuery } from '../../http/requests.ts';
import type { ReplayResult } from '../../pipeline/replay-dead-letters.ts';
import { SERVICE_PROBLEMS, type Operation } from '../operation.ts';
import { count, time } from '../../answer-values.ts';

const deadLetter = z
  .strictObject({
    name: z.string().describe('Name of its blob.'),
    version: z.literal(1).describe('Version of its form.'),
    stream: z.string(),
    run: z.string().describe('`live`, or the id of a backfill.'),
    window: z.string().describe('Key of the window that it comes from.'),
    table: z.string().describe('Table that the rows are for.'),
    reason: z.string().describe('Why Azure refused the rows.'),
    at: time('When it was put aside.'),
    bytes: count('Size of the rows.'),
    broken: z
      .string()
      .optional()
      .describe('Why the letter cannot be read; then its table and reason are empty. Absent for one that can.'),
  })
  .meta({ id: 'DeadLetter' });

/** Dead letters. */
export const deadLetterList = z.strictObject({ deadLetters: z.array(deadLetter) }).meta({ id: 'DeadLetterList' });

/** What a replay did. */
export const replayResult = z
  .strictObject({
    replayed: count('Letters whose rows were accepted.'),
    rows: count('Rows in them.'),
    failed: z
      .array(z.strictObject({ name: z.string().describe('Name of the blob.'), error: z.string() }))
      .describe(
        'Letters that were refused again or are broken, at most 100; they stay and are tried last the next time.',
      ),
  })
  .meta({ id: 'ReplayResult', examples: [{ replayed: 3, rows: 3, failed: [] }] }) satisfies z.ZodType<ReplayResult>;

/** Rows that Azure refuses even one by one. */
export const deadLetterOperations: readonly Operation[] = [
  {
    operationId: 'listDeadLetters',
    method: 'get',
    route: 'dead-letters',
    tag: 'Dead letters',
    summary: 'List dead letters',
    description: 'What could not be ingested, and why; not the rows themselves.',
    query: deadLettersQuery,
    answers: { 200: { description: 'Dead letters.', schema: deadLetterList } },
    problems: [400, ...SERVICE_PROBLEMS],
    connector: 'advanced',
  },
  {
    operationId: 'replayDeadLetters',
    method: 'post',
    route: 'dead-letters/replay',
    tag: 'Dead letters',
    summary: 'Replay dead letters',
    description:
      'Sends rows again, after a fix. A letter goes only after its rows were accepted; one that is refused holds no other.',
    query: deadLettersQuery,
    answers: { 200: { description: 'What was accepted and what was refused again.', schema: replayResult } },
    problems: [400, ...SERVICE_PROBLEMS],
    connector: 'advanced',
  },
];
