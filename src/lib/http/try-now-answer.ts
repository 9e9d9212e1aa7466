import * as z from 'zod';
import { count, type Answered } from '../answer-values.ts';

/** What became of the act. */
export const tryNowAnswer = z
  .strictObject({
    login: z
      .enum(['granted', 'not-needed'])
      .describe('Whether one login may go out although it is not its time; `not-needed` where none is kept back.'),
    windows: count("Windows that waited for the account or for Azure's identity, and go on at once."),
  })
  .meta({ id: 'TryNow', examples: [{ login: 'granted', windows: 12 }] });

export type TryNowAnswer = Answered<z.infer<typeof tryNowAnswer>>;
