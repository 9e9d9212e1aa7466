import type { Login } from '../pipeline/account.ts';
import type { ApiName } from '../pipeline/stream.ts';

/** Tuning of the permits; all in milliseconds. */
export interface LimiterTiming {
  /** A dead process loses its permits after so long. */
  readonly leaseMs: number;
  /** How long a worker waits for a permit before its item goes back to the queue. */
  readonly patienceMs: number;
  /** How old the shared state may be when a call starts. */
  readonly freshMs: number;
  /** A permit that nobody here needs is given back after so long. */
  readonly idleMs: number;
  /** A process hands a permit to a waiting one after holding it so long. */
  readonly turnMs: number;
}

/** Timing in production. */
export const DEFAULT_TIMING: LimiterTiming = {
  leaseMs: 30_000,
  patienceMs: 2500,
  freshMs: 1000,
  idleMs: 500,
  turnMs: 5000,
};

/** What the limiter needs. */
export interface LimiterOptions {
  /** Calls at once for each API, over all instances. */
  readonly concurrency: number;
  /** Part of the call budget that backfills leave, in percent. */
  readonly reservePercent: number;
  readonly timing?: Partial<LimiterTiming>;
  /** Who logs in to an API now, for the view of the account. */
  readonly login?: (api: ApiName) => Promise<Login>;
  /** Called when an API accepts a login again after refusals. */
  readonly onRecovered?: () => Promise<void>;
}
