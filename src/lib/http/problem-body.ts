import * as z from 'zod';
import type { Answered } from '../answer-values.ts';

/** What every refusal answers, RFC 9457. */
export const problemBody = z
  .strictObject({
    type: z.literal('about:blank'),
    title: z.string().describe('The status in words.'),
    status: z.int().min(400).max(599),
    detail: z.string().describe('What is wrong, and what is allowed.'),
    errors: z.array(z.string()).optional().describe('One entry for each wrong parameter, which it begins with.'),
    retryAfterSeconds: z.int().min(1).optional().describe('How long to wait.'),
    qualysCode: z.string().optional().describe("Qualys' own code."),
  })
  .meta({
    id: 'Problem',
    description: 'Why the request was refused (RFC 9457).',
    examples: [
      {
        type: 'about:blank',
        title: 'Bad Request',
        status: 400,
        detail: 'from must be before to',
        errors: ['from must be before to'],
      },
    ],
  });

export type ProblemBody = Answered<z.infer<typeof problemBody>>;
