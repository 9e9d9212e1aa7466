import { ConfigError } from '../../errors.ts';
import type { Login } from '../../pipeline/account.ts';
import type { ApiName } from '../../pipeline/stream.ts';
import type { CallOptions } from '../call/call-qualys.ts';
import { loginOf } from './conclude-login.ts';
import { basicText, type Credentials } from './credentials.ts';
import { createEdrAuth, type EdrAuth, type EdrAuthDeps } from './edr-auth.ts';
import type { LoginKind } from '../../setting-kinds.ts';
import { logIn } from './log-in.ts';

/** How the calls of one API say who calls. */
export interface ApiAuth {
  /**
   * Makes a call with the value of its header `authorization`, and with the login that it is, if it is one; once more where a newer secret
   * or token may help.
   */
  readonly call: <T>(
    options: Pick<CallOptions, 'priority' | 'signal'>,
    send: (authorization: string, login?: Login) => Promise<T>,
  ) => Promise<T>;
  /** Texts that must not appear in an error. */
  readonly hidden: () => readonly string[];
  readonly kind: LoginKind;
}

/** How an API is logged in to. The VM API takes user and password as they are; all else needs a token of the gateway's. */
export function createApiAuth(
  api: ApiName,
  credentials: Credentials,
  gateway: Omit<EdrAuthDeps, 'credentials' | 'api'>,
): ApiAuth {
  if (api === 'vm' && credentials.kind === 'password') return basicAuth(credentials);
  return tokenAuth(createEdrAuth({ ...gateway, credentials, api }), credentials.kind);
}

/** User and password with each call. */
export function basicAuth(credentials: Credentials): ApiAuth {
  return {
    call: (_, send) =>
      logIn(credentials, (secret) =>
        send(`Basic ${basicText(credentials.name, secret.text)}`, loginOf(credentials, secret)),
      ),
    hidden: credentials.hidden,
    kind: credentials.kind,
  };
}

/** A token with each call. One that the vendor refuses is renewed once, and the call repeated once. */
export function tokenAuth(tokens: EdrAuth, kind: LoginKind = 'password'): ApiAuth {
  let recent: readonly string[] = [];
  const use = async <T>(token: string, send: (authorization: string) => Promise<T>): Promise<T> => {
    recent = [token, ...recent.filter((other) => other !== token)].slice(0, 2);
    return send(`Bearer ${token}`);
  };
  return {
    call: async (options, send) => {
      const token = await tokens.token(options);
      try {
        return await use(token, send);
      } catch (error) {
        if (!isTokenRefused(error)) throw error;
        tokens.invalidate(token);
        return use(await tokens.token(options), send);
      }
    },
    hidden: () => recent,
    kind,
  };
}

/** The VM API says it by its code as well. */
function isTokenRefused(error: unknown): boolean {
  return error instanceof ConfigError && (error.fault.status === 401 || error.fault.code === '2000');
}
