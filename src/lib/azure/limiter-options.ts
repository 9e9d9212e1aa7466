import type { Login } from '../pipeline/account.ts';
import type { ApiName } from '../pipeline/stream.ts';

/** Tuning of the permits, as in production; all in milliseconds. */
export const DEFAULT_TIMING = {
  /** A dead process loses its permits after so long. */
  leaseMs: 30_000,
  /** How long a worker waits for a permit before its item goes back to the queue. */
  patienceMs: 2500,
  /** How old the shared state may be when a call starts. */
  freshMs: 1000,
  /** A permit that nobody here needs is given back after so long. */
  idleMs: 500,
  /** A process hands a permit to a waiting one after holding it so long. */
  turnMs: 5000,
};

/** Some tuning of the permits. */
export type LimiterTiming = Readonly<typeof DEFAULT_TIMING>;

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
