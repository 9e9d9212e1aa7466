/**
 * Errors grouped by what the pipeline does about them (ADR 0006): each class is a recovery, not an origin.
 */

/** Base of every error this connector throws on purpose. */
export class ConnectorError extends Error {
  override name = 'ConnectorError';
  static {
    // Seen from outside a bundle, too, which has classes of its own; not printed with the error.
    Object.defineProperty(this.prototype, 'isExpected', { value: true });
  }
}

/** Extra facts about a vendor answer that an operator needs to act. */
export interface VendorFault {
  /** HTTP status, when an answer came at all. */
  readonly status?: number;
  /** The vendor's own code, e.g. `1905`. */
  readonly code?: string | undefined;
}

/** What a person has to repair: the account at the vendor, the app's identity and its roles in Azure, or settings. */
export type RepairCause = 'account' | 'identity' | 'settings';

/** Something only a person can repair: settings, credentials, roles. The window stays open and is tried again with growing delays. */
export class ConfigError extends ConnectorError {
  override name = 'ConfigError';
  readonly fault: VendorFault;
  /** Whose repair it waits for; settings unless told otherwise. */
  readonly repair: RepairCause;
  /** The message without the values of settings, for answers over HTTP. */
  readonly publicMessage: string;
  /** Set where a login was refused: in words or by a code, or by nothing but the HTTP status, which an outage may send as well. */
  readonly login: 'refused' | 'unclear' | undefined;
  constructor(
    message: string,
    options?: ErrorOptions & {
      fault?: VendorFault;
      publicMessage?: string;
      repair?: RepairCause;
      login?: 'refused' | 'unclear' | undefined;
    },
  ) {
    super(message, options);
    this.login = options?.login;
    this.fault = options?.fault ?? {};
    this.repair = options?.repair ?? 'settings';
    this.publicMessage = options?.publicMessage ?? message;
  }
}

/**
 * The vendor refuses the account: no login goes out before its time. Says nothing about what was to be asked; costs no attempt.
 */
export class AccountError extends ConfigError {
  override name = 'AccountError';
  /** How long to stay away, in milliseconds: until the next try, or until it is worth to look again. */
  readonly retryAfterMs: number;
  constructor(message: string, retryAfterMs: number, options?: ErrorOptions & { fault?: VendorFault }) {
    super(message, { ...options, repair: 'account' });
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * Whose fault a passing fault is, as far as can be told: whether asking for less may help.
 *
 * - `route`: the vendor's route did not answer in its own terms: 5xx, a web page, a redirect, a refused or reset connection before any
 *   header came, a login. Another page would have failed as well.
 * - `timeout`: no first byte in time, or a server that says so (408, 504). Either: an outage, or a page that is too much for the vendor.
 * - `answer`: an answer began and is at fault: malformed, cut, foreign, stalled in its flow, or an error of the vendor's own about it.
 *   Asking for another part may help.
 * - `storage`: our own storage. Says nothing about the vendor.
 *
 * Absent where none of these fits, e.g. an upload that failed.
 */
export type FaultScope = 'route' | 'timeout' | 'answer' | 'storage';

/** A fault that passes: network, 5xx, a broken or foreign body. Tried again with backoff; costs an attempt. */
export class RetryableError extends ConnectorError {
  override name = 'RetryableError';
  readonly fault: VendorFault;
  readonly scope: FaultScope | undefined;
  constructor(message: string, options?: ErrorOptions & { fault?: VendorFault; scope?: FaultScope | undefined }) {
    super(message, options);
    this.fault = options?.fault ?? {};
    this.scope = options?.scope;
  }
}

/** Stored or sent by a newer release: left as it is, for an instance that runs that release. */
export class NewerReleaseError extends RetryableError {
  override name = 'NewerReleaseError';
}

/** A page cannot be read whose route answers others: asking for less may help, and only these failures let a reader give a record up. */
export class PageFaultError extends RetryableError {
  override name = 'PageFaultError';
}

/** Told to wait, by the vendor's limits or by our own permits. The message goes back with a delay; costs no attempt. */
export class WaitError extends ConnectorError {
  override name = 'WaitError';
  /** How long to stay away, in milliseconds. */
  readonly retryAfterMs: number;
  /** Set where a server in trouble asks for it, as a passing fault does. */
  readonly scope: FaultScope | undefined;
  constructor(message: string, retryAfterMs: number, options?: ErrorOptions & { scope?: FaultScope | undefined }) {
    super(message, options);
    this.retryAfterMs = retryAfterMs;
    this.scope = options?.scope;
  }
  /** The same in whole seconds, as callers are told. */
  get retryAfterSeconds(): number {
    return Math.max(1, Math.ceil(this.retryAfterMs / 1000));
  }
}

/**
 * A route of the vendor's API is out: nothing is asked of it until it is somebody's turn to try it. Says nothing about what was to be asked;
 * costs no attempt.
 */
export class OutageError extends WaitError {
  override name = 'OutageError';
  /** How long it has been out, in milliseconds. */
  readonly outMs: number;
  constructor(message: string, retryAfterMs: number, options: ErrorOptions & { readonly outMs: number }) {
    super(message, retryAfterMs, options);
    this.outMs = options.outMs;
  }
}

/** What a day may send is sent: the stream waits for the next day. Says nothing about what was to be sent; costs no attempt. */
export class DailyLimitError extends WaitError {
  override name = 'DailyLimitError';
}

/** The vendor refuses this request and would refuse it again: the window fails now, with the vendor's code and text. */
export class FatalError extends ConnectorError {
  override name = 'FatalError';
  readonly fault: VendorFault;
  constructor(message: string, options?: ErrorOptions & { fault?: VendorFault }) {
    super(message, options);
    this.fault = options?.fault ?? {};
  }
}

/** The sink refuses a chunk for its size or content: sending the same again is of no use, smaller chunks may pass. */
export class ChunkRefusedError extends ConnectorError {
  override name = 'ChunkRefusedError';
  /** Whether its content is refused: then settings may be at fault as well as a row, while too large a row is that of itself. */
  readonly isForContent: boolean;
  constructor(message: string, options?: ErrorOptions & { isForContent?: boolean }) {
    super(message, options);
    this.isForContent = options?.isForContent ?? false;
  }
}

/** Another worker has taken the window over: stop at once and touch nothing more. */
export class ClaimLostError extends ConnectorError {
  override name = 'ClaimLostError';
}

/** Waits for what may fail with an error of a class. @returns that error; undefined where it did not fail. @throws what else it throws. */
export async function failureOf<E extends Error>(
  kind: new (...args: never[]) => E,
  running: Promise<void>,
): Promise<E | undefined> {
  try {
    await running;
    return undefined;
  } catch (error) {
    if (error instanceof kind) return error;
    throw error;
  }
}

/** Whether an error is one of those above, which say all by their message. */
export function isExpected(thrown: unknown): boolean {
  return thrown instanceof Error && 'isExpected' in thrown && thrown.isExpected === true;
}

/** What any thrown thing says, on one line, without its stack. */
export function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const cause = thrown.cause === undefined ? '' : messageOf(thrown.cause);
  return thrown.message.includes(cause) ? thrown.message : `${thrown.message}: ${cause}`;
}
