import type { ApiName } from '../pipeline/stream.ts';
import {
  HOUR_MS,
  isGranted,
  loginsOf,
  lostOf,
  otherThan,
  pendingOf,
  type LoginLease,
  type SecretState,
} from './account-state.ts';

/** Whether a login may go out. */
export type Verdict =
  /** `isAlone`: nobody knows that the secret works, so no other such login is out; `isRefused`: it was refused before. */
  | { readonly kind: 'free'; readonly isAlone: boolean; readonly isRefused: boolean }
  /** Others are out, and it is not known what becomes of them. */
  | { readonly kind: 'busy'; readonly isAlone: boolean }
  | { readonly kind: 'stopped' };

/** Vendors lock an account after a handful. */
export const MOST_REFUSED = 3;
const MINUTE_MS = 60_000;
/** A login that was accepted so lately speaks for the next one. */
const KNOWN_MS = 10 * MINUTE_MS;
/**
 * Answers that refuse an account come at once, mostly: a login that is out for so long was let in, most likely, and another one may follow. So
 * it may where one was accepted that went out so lately: else calls of less than that would go one after the other.
 */
const STAGGER_MS = 1000;
/** After the first refusal, and after the second one. */
const DELAYS_MS = [10 * MINUTE_MS, 2 * HOUR_MS] as const;
/** After the third, and after each later one: where nothing but a bare 401 came. */
const BARE_DELAYS_MS = [6 * HOUR_MS, 24 * HOUR_MS] as const;

/**
 * Says whether a login of a secret to an API may go out. Those that are out and those that were refused since one was accepted are never
 * more than MOST_REFUSED together, whoever makes them: so many are refused at the most, whenever the secret dies.
 */
export function judgeLogin(secret: SecretState | undefined, api: ApiName, now: number): Verdict {
  const stop = findStop(secret, api, now);
  const isEarly = stop !== undefined && (stop.nextAt === undefined || stop.nextAt > now);
  if (isEarly && !isGranted(secret, api)) return { kind: 'stopped' };
  const out = (secret?.leases ?? []).filter(({ until }) => until > now);
  const isRefused = countAgainst(secret, api, now) > 0;
  const { okAt } = loginsOf(secret, api);
  const isAlone = stop !== undefined || isRefused || okAt <= now - KNOWN_MS;
  const isNext = isAlone
    ? out.every((lease) => !lease.isAlone)
    : okAt > now - STAGGER_MS || out.every(({ startedAt }) => startedAt <= now - STAGGER_MS);
  const pending = pendingOf(secret, now);
  // Where none is out the times above have decided.
  const hasRoom =
    pending.length === 0 || (pending.length + refusedInARow(secret) < MOST_REFUSED && keepsOne(secret, api, pending));
  return isNext && hasRoom ? { kind: 'free', isAlone, isRefused } : { kind: 'busy', isAlone };
}

/** When the next login may go out: without a time not before the secret changes, or a person asks for it; undefined where it may at once. */
export function findStop(
  secret: SecretState | undefined,
  api: ApiName,
  now: number,
): { readonly nextAt?: number } | undefined {
  const own = loginsOf(secret, api);
  const refusals = refusalsAgainst(secret, api);
  const last = refusals.at(-1);
  if (last === undefined) return undefined;
  const count = countAgainst(secret, api, now);
  // The other API's refusal does not speak for this one: it has one try of its own.
  if (own.refused === 0 && (count < MOST_REFUSED || own.okAt > now - HOUR_MS)) return undefined;
  const most = leavesOne(secret, api) ? MOST_REFUSED - 1 : MOST_REFUSED;
  if (count < most) return { nextAt: last.at + (DELAYS_MS[refusals.length - 1] ?? 2 * HOUR_MS) };
  if (refusals.some(({ isBare }) => !isBare)) return {};
  return { nextAt: last.at + (count === most ? BARE_DELAYS_MS[0] : BARE_DELAYS_MS[1]) };
}

/** Whether the other API, which this secret has worked on, has not been asked since: one login is left to it. */
function leavesOne(secret: SecretState | undefined, api: ApiName): boolean {
  const first = loginsOf(secret, api).refusals[0]?.at ?? 0;
  return isOtherFine(secret, api) && loginsOf(secret, otherThan(api)).okAt <= first;
}

/** Whether one of MOST_REFUSED is left to the other API, which may log in by itself once this one has been refused. */
function keepsOne(secret: SecretState | undefined, api: ApiName, pending: readonly LoginLease[]): boolean {
  const own = loginsOf(secret, api).refused + pending.filter((lease) => lease.api === api).length;
  return !isOtherFine(secret, api) || own < MOST_REFUSED - 1;
}

/** Whether the secret has worked on the other API, which has not refused it since. */
function isOtherFine(secret: SecretState | undefined, api: ApiName): boolean {
  const { okAt, refused } = loginsOf(secret, otherThan(api));
  return okAt > 0 && refused === 0;
}

/** Refused logins since this API accepted one last, of both APIs and in order of time: a success sets the two apart. */
function refusalsAgainst(secret: SecretState | undefined, api: ApiName) {
  const { okAt, refusals } = loginsOf(secret, api);
  const others = loginsOf(secret, otherThan(api)).refusals.filter(({ at }) => at >= okAt);
  return [...refusals, ...others].sort((left, right) => left.at - right.at);
}

/** How many they are, with those whose end nobody has told: these may have been refused. */
function countAgainst(secret: SecretState | undefined, api: ApiName, now: number): number {
  const own = loginsOf(secret, api);
  const kept = refusalsAgainst(secret, api).length - own.refusals.length;
  return own.refused + own.lost + kept + loginsOf(secret, otherThan(api)).lost + lostOf(secret, now).length;
}

/** Refused logins since one was accepted, by whichever API: what a vendor counts who locks. */
function refusedInARow(secret: SecretState | undefined): number {
  const [edr, vm] = [loginsOf(secret, 'edr'), loginsOf(secret, 'vm')];
  const okAt = Math.max(edr.okAt, vm.okAt);
  return [...edr.refusals, ...vm.refusals].filter(({ at }) => at >= okAt).length;
}
