import { ClaimLostError, ConfigError, ConnectorError, RetryableError } from '../../errors.ts';
import type { Login, LoginTurn } from '../../pipeline/account.ts';
import { type Credentials, type Secret, settingsOf } from './credentials.ts';
import { platformHint } from '../platforms.ts';

/** The login with a secret, as it is told to the breaker. */
export function loginOf(credentials: Pick<Credentials, 'name' | 'kind' | 'refresh'>, secret: Secret): Login {
  const { name, kind } = credentials;
  const renew = (isAsked?: boolean): Promise<boolean> => credentials.refresh(secret, isAsked);
  return { user: name, digest: secret.digest, settings: settingsOf(kind), renew };
}

/** Takes note of what became of a login whose call failed. @returns the error for its callers. */
export async function concludeLogin(
  turn: LoginTurn | undefined,
  login: Login | undefined,
  url: string,
  error: unknown,
): Promise<unknown> {
  if (turn === undefined || login === undefined) return error;
  if (error instanceof ConfigError && error.login !== undefined) {
    const hint = platformHint(login.user, new URL(url).host);
    const text = hint === undefined ? error.message : `${error.message}; ${hint}`;
    return turn.refused({ error: text, isBare: error.login === 'unclear' });
  }
  await turn.ended(isAnswered(error));
  return error;
}

/** Whether Qualys has answered. A call that was given up for its window's sake may be refused all the same. */
function isAnswered(error: unknown): boolean {
  if (error instanceof RetryableError) return error.fault.status !== undefined;
  return error instanceof ConnectorError && !(error instanceof ClaimLostError);
}
