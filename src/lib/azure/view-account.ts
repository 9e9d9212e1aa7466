import { AccountError } from '../errors.ts';
import type { Login } from '../pipeline/account.ts';
import type { AccountView } from '../pipeline/limit-view.ts';
import { apiWord } from '../pipeline/routes.ts';
import type { ApiName } from '../pipeline/stream.ts';
import { loginsOf, otherThan, type SecretState } from './account-state.ts';
import { findStop } from './judge-login.ts';

const ADDRESSES: Readonly<Record<ApiName, string>> = { edr: 'QUALYS_GATEWAY_URL', vm: 'QUALYS_API_URL' };
/** Whoever is kept away looks again after so long: the secret may be another one by then. */
const LONGEST_WAIT_MS = 5 * 60_000;

/** How the account stands with an API; undefined where it is not refused there, nor kept away by what the other one refused. */
export function viewAccount(secret: SecretState | undefined, api: ApiName): AccountView | undefined {
  const own = loginsOf(secret, api);
  const stop = findStop(secret, api);
  if (own.refused === 0 && stop === undefined) return undefined;
  const refusing = own.refused > 0 ? api : otherThan(api);
  const { refusals, refused, error } = loginsOf(secret, refusing);
  const { nextAt } = stop ?? {};
  return {
    refusedSince: iso(refusals[0]?.at ?? 0),
    refusals: refused,
    ...(nextAt === undefined ? {} : { nextTryAt: iso(nextAt) }),
    error: `${error}${apartHint(secret, refusing)}`,
    ...(own.okAt === 0 ? {} : { lastOkAt: iso(own.okAt) }),
  };
}

/** What callers are told while no login may go out. */
export function accountErrorOf(
  secret: SecretState | undefined,
  api: ApiName,
  { settings }: Login,
  now: number,
): AccountError {
  const view = viewAccount(secret, api);
  const stop = findStop(secret, api);
  const names = settings.join(' or ');
  const next =
    stop?.nextAt === undefined
      ? `none is tried until ${names} changes or somebody asks for it ("try now")`
      : `the next one is tried at ${iso(stop.nextAt)}, or as soon as ${names} changes or somebody asks for it ("try now")`;
  const since = view === undefined ? '' : ` since ${view.refusedSince} (refused logins: ${view.refusals})`;
  const message = `Qualys refuses the account for the ${apiWord(api)}${since}: ${view?.error ?? 'no login may go out'}; ${next}`;
  const waitMs = Math.min((stop?.nextAt ?? Number.POSITIVE_INFINITY) - now, LONGEST_WAIT_MS);
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
