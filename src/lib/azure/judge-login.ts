import type { ApiName } from '../pipeline/stream.ts';
import { HOUR_MS, isGranted, loginsOf, otherThan, type SecretState } from './account-state.ts';

/** Whether a login may go out. */
export type Verdict =
  | { readonly kind: 'free' }
  /** Alone: nobody knows that the secret works. */
  | { readonly kind: 'alone' }
  /** Another one is tried just now. */
  | { readonly kind: 'busy' }
  /** Not before then; without a time not before the secret changes, or a person asks for it. */
  | { readonly kind: 'stopped'; readonly nextAt?: number };

/** Vendors lock an account after a handful. */
export const MOST_REFUSED = 3;
const MINUTE_MS = 60_000;
/** A login that was accepted so lately speaks for the next one. */
const KNOWN_MS = 10 * MINUTE_MS;
/** After the first refusal, and after the second one. */
const DELAYS_MS = [10 * MINUTE_MS, 2 * HOUR_MS] as const;
/** After the third, and after each later one: where nothing but a bare 401 came. */
const BARE_DELAYS_MS = [6 * HOUR_MS, 24 * HOUR_MS] as const;

/** Says whether a login of a secret to an API may go out. */
export function judgeLogin(secret: SecretState | undefined, api: ApiName, now: number): Verdict {
  const stop = findStop(secret, api);
  const isEarly = stop !== undefined && (stop.nextAt === undefined || stop.nextAt > now);
  if (isEarly && !isGranted(secret, api)) return { kind: 'stopped', ...stop };
  const isKnown = stop === undefined && countAgainst(secret, api) === 0 && loginsOf(secret, api).okAt > now - KNOWN_MS;
  if (isKnown) return { kind: 'free' };
  return isTrying(secret, now) ? { kind: 'busy' } : { kind: 'alone' };
}

/** When the next login may go out; undefined where it may at once. */
export function findStop(secret: SecretState | undefined, api: ApiName): { readonly nextAt?: number } | undefined {
  const own = loginsOf(secret, api);
  const refusals = refusalsAgainst(secret, api);
  const last = refusals.at(-1);
  if (last === undefined) return undefined;
  const count = countAgainst(secret, api);
  if (count < MOST_REFUSED) {
    // The other API's refusal does not speak for this one: it has one try of its own.
    return own.refused === 0 ? undefined : { nextAt: last.at + (DELAYS_MS[refusals.length - 1] ?? 2 * HOUR_MS) };
  }
  if (refusals.some(({ isBare }) => !isBare)) return {};
  return { nextAt: last.at + (count === MOST_REFUSED ? BARE_DELAYS_MS[0] : BARE_DELAYS_MS[1]) };
}

/** Refused logins since this API accepted one last, of both APIs and in order of time: a success sets the two apart. */
function refusalsAgainst(secret: SecretState | undefined, api: ApiName) {
  const { okAt, refusals } = loginsOf(secret, api);
  const others = loginsOf(secret, otherThan(api)).refusals.filter(({ at }) => at > okAt);
  return [...refusals, ...others].sort((left, right) => left.at - right.at);
}

/** How many they are, with those whose end nobody has told: these may have been refused. */
function countAgainst(secret: SecretState | undefined, api: ApiName): number {
  const own = loginsOf(secret, api);
  const kept = refusalsAgainst(secret, api).length - own.refusals.length;
  return own.refused + own.lost + kept + loginsOf(secret, otherThan(api)).lost;
}

/** Whether a login is out whose process may still live. */
export function isTrying(secret: SecretState | undefined, now: number): boolean {
  return secret?.lease !== undefined && secret.lease.until > now;
}
