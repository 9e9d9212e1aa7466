import * as z from 'zod';
import { ConfigError, FatalError, OutageError, RetryableError } from '../../errors.ts';
import { jsonIn } from '../../json/json-in.ts';
import type { Priority } from '../../pipeline/ports.ts';
import type { RouteName } from '../../pipeline/routes.ts';
import type { ApiName } from '../../pipeline/stream.ts';
import type { LoginKind } from '../../setting-kinds.ts';
import { callQualys, type CallDeps, type CallOptions, type QualysRequest } from '../call/call-qualys.ts';
import { concludeLogin, loginOf } from './conclude-login.ts';
import { type Credentials, type Secret, settingsOf } from './credentials.ts';
import { logIn } from './log-in.ts';
import { isOfRoute, noteAnswer, noteOutage } from '../call/note-route.ts';
import { readVendorMessage } from '../refusals/read-vendor-message.ts';
import { untilAborted } from '../../until-aborted.ts';
import { vendorText } from '../refusals/vendor-text.ts';

/** The gateway's token of one API, shared by all its calls of this process. */
export interface EdrAuth {
  /** A valid token; logs in when there is none, once for all who ask meanwhile. @throws OutageError while logins are not answered, AccountError while they are refused. */
  readonly token: (options: Pick<CallOptions, 'priority' | 'signal'>) => Promise<string>;
  /** Forgets `token` after the vendor refused it; a newer one stays. */
  readonly invalidate: (token: string) => void;
}

/** Where and as whom to log in. */
export interface EdrAuthDeps extends CallDeps {
  /** EDR gateway, without a trailing slash. */
  readonly baseUrl: string;
  readonly credentials: Credentials;
  /** Whose calls need the token; the EDR API by itself. */
  readonly api?: ApiName;
  /** Limit for the answer, in milliseconds; for tests. */
  readonly timeoutMs?: number;
}

interface Token {
  readonly text: string;
  /** Renewed from this moment on, in milliseconds since 1970. */
  readonly renewAt: number;
}

/** The guide's lifetime of a token. */
const LIFETIME_MS = 4 * 3_600_000;
const MARGIN_MS = 300_000;
const LOGIN_TIMEOUT_MS = 60_000;
const MOST_TOKEN_BYTES = 65_536;
const JWT = /^[\w-]+={0,2}\.[\w-]+={0,2}\.[\w-]*={0,2}$/;
/** Of a token, seconds since 1970; what is no number counts as absent. */
const claim = z.number().optional().catch(undefined);
const claimsForm = z.object({ exp: claim, iat: claim });

/** One for each API: where they have two logins, the service may answer one and not the other. */
const routeOf = ({ api = 'edr' }: EdrAuthDeps): RouteName => `${api}/auth`;
/** Where each kind logs in. */
const PATHS: Readonly<Record<LoginKind, string>> = { password: '/auth', oidc: '/auth/oidc', oauth: '/auth/oauth' };

/**
 * Makes the keeper of the token (`POST /auth`, for API clients `/auth/oidc` or `/auth/oauth`, exempt from the vendor's limits, so without a permit).
 * The token is renewed five minutes before the guide's four hours or its own `exp` are over.
 */
export function createEdrAuth(deps: EdrAuthDeps): EdrAuth {
  let current: Token | undefined;
  let pending: Promise<Token> | undefined;
  const renew = (priority: Priority): Promise<Token> => {
    pending ??= login(deps, priority)
      .then((token) => (current = token))
      .finally(() => (pending = undefined));
    return pending;
  };
  return {
    token: async ({ priority, signal }) => {
      signal?.throwIfAborted();
      if (current !== undefined && deps.clock.now().getTime() < current.renewAt) return current.text;
      if (pending === undefined && priority !== 'interactive') await deps.limiter.routes.enter(routeOf(deps));
      try {
        return (await untilAborted(renew(priority), signal)).text;
      } catch (error) {
        throw priority !== 'interactive' || !(error instanceof OutageError) ? error : (error.cause ?? error);
      }
    },
    invalidate: (token) => {
      if (current?.text === token) current = undefined;
    },
  };
}

/** Logs in, and tells whether logins are answered. */
async function login(deps: EdrAuthDeps, priority: Priority): Promise<Token> {
  const startedAt = Date.now();
  try {
    const token = await logIn(deps.credentials, (secret) => loginAsked(deps, secret, priority));
    await noteAnswer(deps, routeOf(deps), startedAt);
    return token;
  } catch (error) {
    if (isOfRoute(error)) throw await noteOutage(deps, routeOf(deps), error);
    if (error instanceof ConfigError) await noteAnswer(deps, routeOf(deps), startedAt);
    throw error;
  }
}

/** Logs in where a login may go out, and tells what became of it. */
async function loginAsked(deps: EdrAuthDeps, secret: Secret, priority: Priority): Promise<Token> {
  const account = loginOf(deps.credentials, secret);
  const turn = await deps.limiter.account.enter(deps.api ?? 'edr', account, { priority });
  try {
    const token = await loginOnce(deps, secret);
    await turn.accepted();
    return token;
  } catch (error) {
    throw await concludeLogin(turn, account, deps.baseUrl, error);
  }
}

async function loginOnce(deps: EdrAuthDeps, secret: Secret): Promise<Token> {
  const timeoutMs = deps.timeoutMs ?? LOGIN_TIMEOUT_MS;
  try {
    const answer = await callQualys(deps, {
      priority: 'interactive',
      api: deps.api ?? 'edr',
      route: routeOf(deps),
      isJudged: true,
      url: `${deps.baseUrl}${PATHS[deps.credentials.kind]}`,
      method: 'POST',
      ...loginRequest(deps.credentials, secret),
      firstByteTimeoutMs: timeoutMs,
      idleTimeoutMs: timeoutMs,
      secrets: deps.credentials.hidden(),
      loginKind: deps.credentials.kind,
    });
    return readToken(deps, answer.status, (await answer.text(MOST_TOKEN_BYTES)).trim());
  } catch (error) {
    throw explainLogin(deps, error);
  }
}

/** An account goes in the form, a client in headers beside an empty form. */
function loginRequest({ kind, name }: Credentials, { text }: Secret): Pick<QualysRequest, 'headers' | 'body'> {
  if (kind === 'password') {
    return { headers: { accept: '*/*' }, body: new URLSearchParams({ username: name, password: text, token: 'true' }) };
  }
  return { headers: { accept: '*/*', clientId: name, clientSecret: text }, body: new URLSearchParams() };
}

/** A login is refused for reasons that only a person can repair: an empty name gives 400, a wrong host 404. A web page is a wrong host, perhaps. */
function explainLogin({ baseUrl, credentials, api = 'edr' }: EdrAuthDeps, error: unknown): unknown {
  const name = `${api.toUpperCase()} login`;
  const setting = `QUALYS_GATEWAY_URL (${new URL(baseUrl).host})`;
  if (error instanceof FatalError) {
    const message = `${name}: ${error.message}; check ${setting}, ${settingsOf(credentials.kind).join(' and ')}`;
    return new ConfigError(message, { cause: error.cause, fault: error.fault, repair: 'account' });
  }
  // A login service has no other reason to forbid than the account.
  if (error instanceof ConfigError && error.fault.status === 403 && error.login === undefined) {
    return new ConfigError(error.message, {
      cause: error.cause,
      fault: error.fault,
      repair: 'account',
      login: 'unclear',
    });
  }
  if (!(error instanceof RetryableError)) return error;
  const hint = (error.fault.status ?? 500) < 400 ? `; check ${setting}` : '';
  return new RetryableError(`${name}: ${error.message}${hint}`, {
    cause: error.cause,
    fault: error.fault,
    // Whatever page is asked for, it needs this login.
    scope: 'route',
  });
}

function readToken(deps: EdrAuthDeps, status: number, body: string): Token {
  if ((status === 200 || status === 201) && JWT.test(body)) {
    const now = deps.clock.now().getTime();
    return { text: body, renewAt: now + usableMs(body, now) };
  }
  const message = readVendorMessage(body);
  const said = vendorText(message.text, deps.credentials.hidden());
  const text = `the answer holds no token (HTTP ${status})${said === '' ? '' : `: ${said}`}`;
  const isRefused = message.refusedLogin === true || /authentication failure/i.test(body);
  throw isRefused
    ? new ConfigError(text, { fault: { status }, repair: 'account', login: 'refused' })
    : new RetryableError(text, { fault: { status } });
}

/**
 * How long a token may be used, in milliseconds. Its lifetime is taken from `exp` and `iat` together where both are there, so that
 * a clock that differs from ours does no harm. Short-lived tokens keep nine tenths of their life instead of losing five minutes.
 */
function usableMs(token: string, now: number): number {
  const payload = jsonIn(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
  const { exp, iat }: z.output<typeof claimsForm> = claimsForm.safeParse(payload).data ?? {};
  const told = exp === undefined ? undefined : exp * 1000 - (iat === undefined ? now : iat * 1000);
  const lifetime = told !== undefined && told > 0 ? Math.min(told, LIFETIME_MS) : LIFETIME_MS;
  return lifetime - Math.min(MARGIN_MS, lifetime / 10);
}
