import type { AccountError } from '../errors.ts';
import type { ApiName, Priority } from './stream.ts';

/** Who logs in, and with which secret. */
export interface Login {
  readonly user: string;
  /** Tells user and secret from others without telling them. */
  readonly digest: string;
  /** The settings that hold them, as an operator is told. */
  readonly settings: readonly string[];
  /** Looks for a newer secret, before this one is tried again or because a person asks for it. @returns whether there is one. */
  readonly renew?: (isAsked?: boolean) => Promise<boolean>;
}

/** A login that may go out now. What came of it is told once. */
export interface LoginTurn {
  readonly accepted: () => Promise<void>;
  /** @returns what the callers are told. */
  readonly refused: (refusal: LoginRefusal) => Promise<AccountError>;
  /** It was neither; `isAnswered`: an answer came, which says nothing of the account. */
  readonly ended: (isAnswered: boolean) => Promise<void>;
}

/** A login that the vendor refused. */
export interface LoginRefusal {
  /** Why, without secrets. */
  readonly error: string;
  /** Whether nothing but the HTTP status says so: an outage may send that, too. */
  readonly isBare: boolean;
}

/** Keeps the account from being locked: which logins may go out, shared over all instances and both APIs. */
export interface Account {
  /**
   * Passes where a login may go out; waits a moment while another one is tried.
   * @throws AccountError where none may; WaitError while another one is tried; RetryableError when the storage fails.
   */
  readonly enter: (api: ApiName, login: Login, caller: LoginCaller) => Promise<LoginTurn>;
}

/** Who asks for a login. */
export interface LoginCaller {
  readonly priority: Priority;
  readonly signal?: AbortSignal | undefined;
}
