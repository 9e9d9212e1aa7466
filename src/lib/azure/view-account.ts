import { AccountError } from '../errors.ts';
import type { Login } from '../pipeline/account.ts';
import type { AccountView } from '../pipeline/limit-view.ts';
import { apiWord } from '../pipeline/routes.ts';
import type { ApiName } from '../pipeline/stream.ts';
import { findLatest, loginsOf, otherThan, type AccountState, type SecretState } from './account-state.ts';
import { findStop } from './judge-login.ts';

const ADDRESSES: Readonly<Record<ApiName, string>> = { edr: 'QUALYS_GATEWAY_URL', vm: 'QUALYS_API_URL' };
/** Whoever is kept away looks again after so long: the secret may be another one by then. */
const LONGEST_WAIT_MS = 5 * 60_000;
/** The same where others use a newer secret: it can be read by then. */
const NEWER_WAIT_MS = 61_000;

/** How the account stands with an API; undefined where it is not refused there, nor kept away by what the other one refused. */
export function viewAccount(secret: SecretState | undefined, api: ApiName, now: number): AccountView | undefined {
  const own = loginsOf(secret, api);
  const stop = findStop(secret, api, now);
  if (own.refused === 0 && stop === undefined) return undefined;
  const refusing = own.refused > 0 ? api : otherThan(api);
  const { refusals, refused, error } = loginsOf(secret, refusing);
  const { nextAt } = stop ?? {};
  return {
    refusedSince: iso(refusals[0]?.at ?? 0),
    refusals: refused,
    ...(nextAt === undefined ? {} : { nextTryAt: iso(nextAt) }),
    error: `${error}${apartHint(secret, refusing)}`,
    ...(refusing === api ? {} : { heldBy: refusing }),
    ...(own.okAt === 0 ? {} : { lastOkAt: iso(own.okAt) }),
  };
}

/** What callers are told while no login may go out. */
export function accountErrorOf(
  state: AccountState,
  api: ApiName,
  { settings, digest }: Pick<Login, 'settings' | 'digest'>,
  now: number,
): AccountError {
  const secret = state.secrets[digest];
  const view = viewAccount(secret, api, now);
  const stop = findStop(secret, api, now);
  const names = settings.join(' or ');
  const next =
    stop?.nextAt === undefined
      ? `none is tried until ${names} changes or somebody asks for it ("try now")`
      : `the next one is tried at ${iso(stop.nextAt)}, or as soon as ${names} changes or somebody asks for it ("try now")`;
  const since = view === undefined ? '' : ` since ${view.refusedSince} (refused logins: ${view.refusals})`;
  const held = view?.heldBy === undefined ? '' : `, and none is tried on the ${apiWord(api)}`;
  const message = `Qualys refuses the account for the ${apiWord(view?.heldBy ?? api)}${since}${held}: ${view?.error ?? 'no login may go out'}; ${next}`;
  const longest = findLatest(state, digest, api) === secret ? LONGEST_WAIT_MS : NEWER_WAIT_MS;
  const waitMs = Math.min((stop?.nextAt ?? Number.POSITIVE_INFINITY) - now, longest);
  return new AccountError(message, Math.max(waitMs, 1000));
}

/** Where the same secret works on the other API, it is not what is wrong. */
function apartHint(secret: SecretState | undefined, api: ApiName): string {
  const other = otherThan(api);
  const last = loginsOf(secret, api).refusals.at(-1)?.at ?? 0;
  if (loginsOf(secret, other).okAt <= last) return '';
  return `; the same account works on the ${apiWord(other)}, so check ${ADDRESSES[api]} and its right to the ${apiWord(api)}`;
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
