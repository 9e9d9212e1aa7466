import * as z from 'zod';
import type { Problem } from '../health/health.ts';
import { PROBLEM_CODES, VERDICTS } from '../health/problem-codes.ts';
import { time } from '../answer-values.ts';
import { api } from '../pipeline/limit-view.ts';

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
  .meta({ id: 'HealthProblem' }) satisfies z.ZodType<Problem>;

/** The one judgement of the whole, as it stands in answers. */
export const judgement = {
  ok: z.boolean().describe('Whether nobody needs to act: the verdict is neither attention nor down.'),
  verdict: z
    .enum(VERDICTS)
    .describe(
      'ok: everything due is ingested; catching-up: it comes; waiting: for Qualys or the next try; attention: a person is needed; down: a stream stands still until a person acts.',
    ),
  headline: z.string().describe('The verdict in words.'),
  problems: z.array(problem).describe('Worst first, causes before what they make.'),
};
