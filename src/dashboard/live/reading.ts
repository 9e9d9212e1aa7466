import { CallError } from '../calls/call-app.ts';

/** What was read of one route: the last good answer stays when a later call fails, beside the failure. */
export interface Reading<T> {
  readonly data?: T;
  /** When the data was read, epoch milliseconds of this machine. */
  readonly readAt?: number;
  /** Why the last call failed; absent when it did not. */
  readonly error?: CallError;
  /** Since when calls fail, epoch milliseconds. */
  readonly failingSince?: number;
}

/** Reads anew; a failure keeps what was known before. */
export async function readAnew<T>(before: Reading<T>, call: () => Promise<T>): Promise<Reading<T>> {
  try {
    return { data: await call(), readAt: Date.now() };
  } catch (thrown) {
    const error = thrown instanceof CallError ? thrown : new CallError(0, String(thrown));
    return { ...before, error, failingSince: before.failingSince ?? Date.now() };
  }
}
