import { RetryableError } from '../errors.ts';

/** Runs what ends when its signal does, after so many milliseconds at the latest, or when `outer` does. */
export async function withDeadline<T>(
  deadlineMs: number,
  run: (signal: AbortSignal) => Promise<T>,
  outer?: AbortSignal,
): Promise<T> {
  const stop = new AbortController();
  const timer = setTimeout(() => {
    stop.abort(new RetryableError(`there was no answer within ${deadlineMs / 1000} s`));
  }, deadlineMs);
  try {
    return await run(outer === undefined ? stop.signal : AbortSignal.any([outer, stop.signal]));
  } finally {
    clearTimeout(timer);
  }
}
