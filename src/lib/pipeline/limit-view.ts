import type { ApiName } from './stream.ts';

/** How an account stands that an API refuses, or that is kept away from it because the other one refuses it. */
export interface AccountView {
  /** When the first login was refused since one was accepted, ISO 8601. */
  readonly refusedSince: string;
  /** Refused logins since then. */
  readonly refusals: number;
  /** When the next login is tried, ISO 8601; absent where none is until the secret changes or a person asks for it. */
  readonly nextTryAt?: string;
  readonly error: string;
  /** The API that refuses it, where that is the other one: this one has refused nothing, and is kept from trying. */
  readonly heldBy?: ApiName;
  /** When this API accepted a login last, ISO 8601. */
  readonly lastOkAt?: string;
}

/** How the limits of an API stand. */
export interface LimitView {
  readonly api: ApiName;
  /** Calls allowed at once, over all instances. */
  readonly permits: number;
  /** Permits that instances hold now. */
  readonly inUse: number;
  /** The vendor asked to wait until then, ISO 8601; null when it does not. */
  readonly pausedUntil: string | null;
  readonly pauseReason: string | null;
  /** When it asked, ISO 8601; null when it does not. */
  readonly pausedSince: string | null;
  /** Routes that do not answer. */
  readonly outages: readonly {
    readonly route: string;
    /** When that was first found out, ISO 8601. */
    readonly since: string;
    /** When it is tried next, if somebody needs it, ISO 8601. */
    readonly nextTryAt: string;
    readonly error: string;
  }[];
  /** The vendor's call budget; null until it has told one. */
  readonly budget: {
    /** Calls allowed a window. */
    readonly limit: number;
    /** Calls left: what the vendor told last, and what has come free since. */
    readonly left: number;
    /** Calls of them that only live windows may use. */
    readonly reserve: number;
    /** Length of that rolling window. */
    readonly windowSeconds: number;
    /** When the vendor told it last, ISO 8601. */
    readonly seenAt: string;
  } | null;
  /** Absent where the account is not refused. */
  readonly account?: AccountView;
}
