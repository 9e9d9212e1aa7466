import * as z from 'zod';
import { FatalError, NewerReleaseError } from '../errors.ts';

/** A message of a newer release comes back after so long, for an instance that reads it. */
export const LEFT_FOR_SECONDS = 30;

/**
 * Makes what reads the messages of a queue. Further fields are those of a newer release, and are ignored.
 * @returns throws NewerReleaseError for a message of a newer version; FatalError for one that is not ours: the host puts it into the poison
 * queue, where it stays.
 */
export function messageReader<T>(article: 'a' | 'an', what: string, schema: z.ZodType<T>): (message: unknown) => T {
  return (message) => {
    const parsed = schema.safeParse(message);
    if (parsed.success) return parsed.data;
    const newer = z.object({ version: z.int().min(2) }).safeParse(message);
    if (newer.success)
      throw new NewerReleaseError(`the ${what} is of version ${newer.data.version}, this connector reads version 1`);
    const problems = parsed.error.issues.map(({ path, message: text }) => `${path.join('.') || 'message'}: ${text}`);
    const told = problems.join('; ').slice(0, 500);
    throw new FatalError(`the message is not ${article} ${what} of this connector: ${told}`);
  };
}
