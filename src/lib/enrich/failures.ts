import { ConfigError, messageOf, RetryableError, WaitError } from '../errors.ts';
import { ambientLog, redact } from '../log.ts';
import { logUnexpected } from '../log-unexpected.ts';
import type { EnrichError, UnsearchedPlace } from './enrich-answer.ts';

/** A part that could not be read, or not wholly. */
export interface Failure extends Pick<EnrichError, 'part' | 'source'> {
  readonly error: unknown;
}

/** Runs a part; what goes wrong is noted and leaves null. */
export async function attempt<T>(
  failures: Failure[],
  place: Pick<Failure, 'part' | 'source'>,
  run: () => Promise<T>,
): Promise<T | null> {
  try {
    return await run();
  } catch (error) {
    logUnexpected(ambientLog, error);
    failures.push({ ...place, error });
    return null;
  }
}

/** A failure as the answer tells it. */
export function toError({ part, source, error }: Failure): EnrichError {
  const message = redact(error instanceof ConfigError ? error.publicMessage : messageOf(error));
  const wait = error instanceof WaitError ? { retryAfterSeconds: error.retryAfterSeconds } : {};
  return { source, part, message, ...wait };
}

/** One error for all: to wait, when that is all that is asked for. */
export function nothingRead(failures: readonly Failure[], notSearched: readonly UnsearchedPlace[]): Error {
  const errors = failures.map(({ error }) => error);
  const waits = errors.filter((error) => error instanceof WaitError);
  const longest = waits.sort((left, right) => right.retryAfterMs - left.retryAfterMs)[0];
  if (longest !== undefined && waits.length === errors.length) return longest;
  const config = errors.find((error) => error instanceof ConfigError);
  if (config !== undefined) return config;
  const reasons = notSearched.map(({ what, reason }) => `${what}: ${reason}`).join('; ');
  const message = `nothing could be read: ${reasons}`;
  return failures.length === 0 ? new ConfigError(message) : new RetryableError(message);
}
