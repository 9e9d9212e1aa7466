import * as z from 'zod';
import { count, time, type Answered } from '../answer-values.ts';

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
  .meta({ id: 'ReplayResult', examples: [{ replayed: 3, rows: 3, failed: [] }] });

export type DeadLetterView = Answered<z.infer<typeof deadLetter>>;
export type ReplayResult = Answered<z.infer<typeof replayResult>>;
