import { ConfigError, type ConnectorError, WaitError } from '../errors.ts';
import { readRetryAfter } from '../read-wait.ts';
import { identityError } from './credential.ts';

/** Wait after a 429 without Retry-After, in milliseconds. */
const DEFAULT_WAIT_MS = 30_000;

/** What a person checks whom a service refuses. */
interface Advice {
  /** The role that the app's identity lacks. */
  readonly role: string;
  /** The settings that say where to ask. */
  readonly address: string;
}

/**
 * What a status means at all services of Azure that the connector sends rows to or asks for them; undefined for one of which each has its
 * own meaning.
 */
export function refusalOf(
  status: unknown,
  text: string,
  retryAfter: string | undefined,
  { role, address }: Advice,
): ConnectorError | undefined {
  if (status === 429) return new WaitError(text, readRetryAfter(retryAfter, new Date()) ?? DEFAULT_WAIT_MS);
  if (status === 401 || status === 403) return identityError(`${text}: ${role}`, { fault: { status } });
  if (status === 404) return new ConfigError(`${text}: ${address}`, { fault: { status } });
  return undefined;
}
