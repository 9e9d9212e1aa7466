import type { LoginRefusal } from '../pipeline/account.ts';
import type { ApiName } from '../pipeline/stream.ts';

/** Logins of one secret to one API. Times are epoch milliseconds, by the clock of the storage service. */
export interface ApiLogins {
  /** When the last one that was accepted went out. */
  readonly okAt: number;
  /** Refused ones since, the oldest first: the first, and the last few. */
  readonly refusals: readonly { readonly at: number; readonly isBare: boolean; readonly id?: string }[];
  /** How many those are, with those that are not kept. */
  readonly refused: number;
  /** Ones whose end nobody has told, because the process died. */
  readonly lost: number;
  /** What the vendor said last. */
  readonly error: string;
}

/** A login that is out: nobody knows yet what becomes of it. */
export interface LoginLease {
  readonly id: string;
  readonly api: ApiName;
  /** Whether nobody knows that the secret works: only one such login is out at a time. */
  readonly isAlone: boolean;
  readonly startedAt: number;
  /** A process that says nothing until then is dead. */
  readonly until: number;
}

/** What is known of one secret. */
export interface SecretState {
  readonly seenAt: number;
  readonly apis: Readonly<Partial<Record<ApiName, ApiLogins>>>;
  /** Logins that are out. */
  readonly leases?: readonly LoginLease[];
  /** A login beyond the schedule: of any API where a person asked for it, of this one when the other has recovered. */
  readonly granted?: ApiName | 'any' | undefined;
}

/** The row of the account. */
export interface AccountState {
  /** By the digest of user and secret: instances of two releases, or of an old and a new password, keep out of each other's way. */
  readonly secrets: Readonly<Record<string, SecretState>>;
  /** APIs that have refused a login since all windows were hurried last. */
  readonly waiting: Readonly<Partial<Record<ApiName, boolean>>>;
  /** When people asked for a try, within the last hour. */
  readonly presses: readonly number[];
}

/** Tries that a person may ask for in an hour. */
export const MOST_PRESSES = 3;
export const HOUR_MS = 3_600_000;
/** A process that tries a login and says nothing for so long is dead, as far as others wait for it. */
export const LEASE_MS = 90_000;
/** No call waits longer for its first byte: what became of its login is known by then, or nobody knows. */
const PENDING_MS = 310_000;
const MOST_SECRETS = 8;
const MOST_REFUSALS = 6;

const NO_LOGINS: ApiLogins = { okAt: 0, refusals: [], refused: 0, lost: 0, error: '' };

/** A state in which nothing is known. */
export function emptyAccountState(): AccountState {
  return { secrets: {}, waiting: {}, presses: [] };
}

/** Logins of a secret to an API, where there were any or none. */
export function loginsOf(secret: SecretState | undefined, api: ApiName): ApiLogins {
  return { ...NO_LOGINS, ...secret?.apis[api] };
}

/**
 * The state once a login goes out; one that goes alone uses the grant that there may be. A lease that has run out is that of a process that
 * died at its login.
 */
export function beginLogin(state: AccountState, digest: string, lease: LoginLease, now: number): AccountState {
  return change(state, digest, now, (secret) => {
    const counted = countLost(secret, now);
    const isUsed = lease.isAlone && isGranted(secret, lease.api);
    return { ...counted, leases: [...(counted.leases ?? []), lease], ...(isUsed ? { granted: undefined } : {}) };
  });
}

/** Whether a login to an API may go out although it is not its time. */
export function isGranted(secret: SecretState | undefined, api: ApiName): boolean {
  return secret?.granted === 'any' || secret?.granted === api;
}

/** A login, as it began. */
export type BegunLogin = Pick<LoginLease, 'id' | 'api' | 'startedAt'> & { readonly digest: string };

/** The state after a login that was accepted; one that was sent before the last refusal says nothing of what is true now. */
export function acceptLogin(state: AccountState, login: BegunLogin, now: number): AccountState {
  const { api, startedAt, digest } = login;
  const ended = endLogin(state, login, now);
  if ((loginsOf(ended.secrets[digest], api).refusals.at(-1)?.at ?? 0) > startedAt) return ended;
  const next = change(ended, digest, now, (secret) => {
    const { refused, okAt } = loginsOf(secret, api);
    const other = otherThan(api);
    const others = loginsOf(secret, other);
    const apis = {
      ...secret.apis,
      [api]: { ...NO_LOGINS, okAt: Math.max(okAt, startedAt) },
      [other]: { ...others, lost: 0 },
    };
    // What died before this one went out was let in as well, or its process has told otherwise.
    const leases = (secret.leases ?? []).filter((lease) => lease.until > now || lease.startedAt >= startedAt);
    // Where one has recovered the other is worth one try.
    return { ...secret, apis, leases, ...(refused > 0 && others.refused > 0 ? { granted: other } : {}) };
  });
  return { ...next, waiting: { ...next.waiting, [api]: false } };
}

/** The state after a login that was refused. */
export function refuseLogin(state: AccountState, login: BegunLogin, refusal: LoginRefusal, now: number): AccountState {
  const { api, digest, id: leaseId } = login;
  // A write that was taken while its answer was lost is made again.
  if (loginsOf(state.secrets[digest], api).refusals.some(({ id }) => id === leaseId)) return state;
  const next = change(endLogin(state, login, now), digest, now, (secret) => {
    const { refusals, refused, ...known } = loginsOf(secret, api);
    const all = [...refusals, { at: now, isBare: refusal.isBare, id: leaseId }];
    const kept = all.length > MOST_REFUSALS ? [...all.slice(0, 1), ...all.slice(1 - MOST_REFUSALS)] : all;
    const error = refusal.error.slice(0, 1000);
    return { ...secret, apis: { ...secret.apis, [api]: { ...known, refusals: kept, refused: refused + 1, error } } };
  });
  return { ...next, waiting: { ...next.waiting, [api]: true } };
}

/** The state after a login of which nothing is known, and before what is known of it. */
export function endLogin(state: AccountState, { digest, id: leaseId }: BegunLogin, now: number): AccountState {
  if (!(state.secrets[digest]?.leases ?? []).some(({ id }) => id === leaseId)) return state;
  return change(state, digest, now, (secret) => ({
    ...secret,
    leases: (secret.leases ?? []).filter(({ id }) => id !== leaseId),
  }));
}

/**
 * The state after a login without an answer. Where the secret was refused in words, it was refused again, for all anybody knows: the vendor
 * counts it although its answer was lost.
 */
export function loseAnswer(state: AccountState, login: BegunLogin, now: number): AccountState {
  const { refusals, error } = loginsOf(state.secrets[login.digest], login.api);
  return refusals.some(({ isBare }) => !isBare)
    ? refuseLogin(state, login, { error, isBare: false }, now)
    : endLogin(state, login, now);
}

/** The state after a person has asked for a try of a secret. */
export function grantLogin(state: AccountState, digest: string, now: number): AccountState {
  const next = change(state, digest, now, (secret) => ({ ...secret, granted: 'any' }));
  return { ...next, presses: [...recentPresses(state, now), now] };
}

/** When people asked for a try within the last hour. */
export function recentPresses({ presses }: AccountState, now: number): number[] {
  return presses.filter((at) => at > now - HOUR_MS);
}

/** The state with its times as far ahead as they can be: whatever lies beyond now was set by a clock that went wrong. */
export function boundAccountTimes(state: AccountState, now: number): AccountState {
  const past = (at: number): number => Math.min(at, now);
  const secrets = Object.entries(state.secrets).map(([digest, secret]): [string, SecretState] => {
    const apis = Object.entries(secret.apis).map(([api, logins]) => {
      const refusals = logins.refusals.map((each) => ({ ...each, at: past(each.at) }));
      return [api, { ...logins, okAt: past(logins.okAt), refusals }];
    });
    const leases = (secret.leases ?? []).map((lease) => ({
      ...lease,
      startedAt: past(lease.startedAt),
      until: Math.min(lease.until, now + LEASE_MS),
    }));
    return [digest, { ...secret, leases, apis: Object.fromEntries(apis) as SecretState['apis'] }];
  });
  return { ...state, secrets: Object.fromEntries(secrets), presses: state.presses.map(past) };
}

/**
 * The secret that tells how an API stands: the one that this process knows, unless that has not been tried, or another one was accepted
 * since: an instance that only shows the status does not learn of a new password.
 */
export function findLatest(state: AccountState, digest: string | undefined, api: ApiName): SecretState | undefined {
  const tried = (secret: SecretState): number =>
    Math.max(loginsOf(secret, api).okAt, loginsOf(secret, api).refusals.at(-1)?.at ?? 0);
  const mine = digest === undefined ? undefined : state.secrets[digest];
  const others = Object.entries(state.secrets).flatMap(([each, secret]) => (each === digest ? [] : [secret]));
  if (mine !== undefined && tried(mine) > 0) {
    return others.find((secret) => loginsOf(secret, api).okAt > tried(mine)) ?? mine;
  }
  return others.sort((left, right) => tried(right) - tried(left))[0] ?? mine;
}

/** The vendor's other API. */
export function otherThan(api: ApiName): ApiName {
  return api === 'edr' ? 'vm' : 'edr';
}

/** Logins whose process died before it told what became of them. */
export function lostOf(secret: SecretState | undefined, now: number): readonly LoginLease[] {
  return (secret?.leases ?? []).filter(({ until }) => until <= now);
}

/** Logins that may be refused yet, for all that anybody knows. */
export function pendingOf(secret: SecretState | undefined, now: number): readonly LoginLease[] {
  return (secret?.leases ?? []).filter(({ startedAt }) => startedAt > now - PENDING_MS);
}

function countLost(secret: SecretState, now: number): SecretState {
  const apis = { ...secret.apis };
  const leases = pendingOf(secret, now);
  for (const lease of secret.leases ?? []) {
    if (leases.includes(lease)) continue;
    const logins = { ...NO_LOGINS, ...apis[lease.api] };
    apis[lease.api] = { ...logins, lost: logins.lost + 1 };
  }
  return { ...secret, apis, leases };
}

function change(
  state: AccountState,
  digest: string,
  now: number,
  make: (secret: SecretState) => SecretState,
): AccountState {
  const secret = { ...make(state.secrets[digest] ?? { seenAt: now, apis: {} }), seenAt: now };
  const others = Object.entries(state.secrets)
    .filter(([each]) => each !== digest)
    .sort(([, left], [, right]) => right.seenAt - left.seenAt)
    .slice(0, MOST_SECRETS - 1);
  return { ...state, secrets: Object.fromEntries([...others, [digest, secret]]) };
}
