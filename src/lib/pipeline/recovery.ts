import {
  AccountError,
  ConfigError,
  DailyLimitError,
  FatalError,
  messageOf,
  OutageError,
  RetryableError,
  WaitError,
  type RepairCause,
} from '../errors.ts';
import { redact } from '../log.ts';
import type { WindowRecord } from './ports.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
/** Retries of a passing fault before the window counts as failed. */
export const MAX_ATTEMPTS = 5;
/** Failures after which a backfill's window is not tried again. */
export const MAX_BACKFILL_ATTEMPTS = 10;

/** What becomes of a window after an error. */
export interface Recovery {
  /** With `planned` its work item goes back to the queue; the planner brings a failed one back. */
  readonly state: 'planned' | 'failed';
  readonly attempts: number;
  /** When the window is tried again, in milliseconds from now. */
  readonly delayMs: number;
  /** What an operator reads; absent for an ordinary wait. */
  readonly lastError?: string;
  /** Why it waits without an attempt of its own: because it was asked to, or for something that is down for all. */
  readonly wait?: 'asked' | 'outage';
  /** Whose repair it waits for. */
  readonly repair?: RepairCause;
}

/**
 * Decides how to recover from an error, by its class. Pure.
 * @param isContinued whether an earlier worker had read pages, so that what is refused may be no more than to go on from there.
 */
export function recoverFrom(
  error: unknown,
  record: Pick<WindowRecord, 'attempts' | 'run' | 'startedOver'>,
  isContinued = false,
): Recovery {
  const lastError = redact(messageOf(error));
  if (error instanceof WaitError || error instanceof AccountError) return waitFor(error, record.attempts, lastError);
  const attempts = record.attempts + 1;
  const again = (firstMs: number, mostMs: number) =>
    ({ state: 'planned', attempts, delayMs: growing(attempts, firstMs, mostMs), lastError }) as const;
  if (error instanceof ConfigError) return { ...again(30 * SECOND_MS, 15 * MINUTE_MS), repair: error.repair };
  if (error instanceof FatalError && isContinued && record.startedOver !== true) {
    return again(5 * SECOND_MS, 5 * SECOND_MS);
  }
  if (error instanceof FatalError) {
    const final = record.run === 'live' ? attempts : Math.max(attempts, MAX_BACKFILL_ATTEMPTS);
    return { state: 'failed', attempts: final, delayMs: growing(attempts, 5 * MINUTE_MS, 60 * MINUTE_MS), lastError };
  }
  if (attempts < MAX_ATTEMPTS) return again(5 * SECOND_MS, 5 * MINUTE_MS);
  return {
    state: 'failed',
    attempts: isOutage(error) ? belowLast(attempts, record.run) : attempts,
    delayMs: growing(attempts - MAX_ATTEMPTS + 1, MINUTE_MS, 60 * MINUTE_MS),
    lastError,
  };
}

/** A wait costs no attempt, because it says nothing about what was to be asked. */
function waitFor(error: WaitError | AccountError, attempts: number, lastError: string): Recovery {
  const wait = { state: 'planned', attempts, delayMs: error.retryAfterMs } as const;
  if (error instanceof AccountError) return { ...wait, wait: 'outage', lastError, repair: error.repair };
  const isForAll = error instanceof OutageError || error instanceof DailyLimitError;
  return isForAll ? { ...wait, wait: 'outage', lastError } : { ...wait, wait: 'asked' };
}

/** Whether a window of a backfill is not tried again by itself. */
export function hasGivenUp({ run, state, attempts }: Pick<WindowRecord, 'run' | 'state' | 'attempts'>): boolean {
  return run !== 'live' && state === 'failed' && attempts >= MAX_BACKFILL_ATTEMPTS;
}

/** Whether something between us and the records is down, whatever window is read: that passes, and must not end a backfill for good. */
function isOutage(error: unknown): boolean {
  return error instanceof RetryableError && (error.scope === 'route' || error.scope === 'storage');
}

function belowLast(attempts: number, run: string): number {
  return run === 'live' ? attempts : Math.min(attempts, MAX_BACKFILL_ATTEMPTS - 1);
}

/** Delay before a window is read again whose answers fell short of the vendor's count, in milliseconds. */
export function shortReadDelay(shortReads: number): number {
  return growing(shortReads, MINUTE_MS, 60 * MINUTE_MS);
}

/** First delay, doubling with each attempt, up to a limit. */
function growing(attempt: number, first: number, limit: number): number {
  return Math.min(first * 2 ** Math.min(attempt - 1, 20), limit);
}
