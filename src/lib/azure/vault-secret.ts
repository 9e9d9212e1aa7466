import type { TokenCredential } from '@azure/core-auth';
import { ConfigError, ConnectorError, messageOf, WaitError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Clock } from '../pipeline/ports.ts';
import type { SecretValue } from '../secret-value.ts';
import { isLoopback } from '../setting-kinds.ts';
import { developmentCredential, identityError, isWithoutToken } from './credential.ts';

/** A secret of a Key Vault, and what stands in for it. */
export interface VaultSecretOptions {
  /** The setting with its address. */
  readonly setting: string;
  /** Address of the secret, without a version. */
  readonly uri: string;
  /** Used until the vault has been read; undefined: nothing is. */
  readonly fallback: string | undefined;
  /** Whether a value may be used. */
  readonly isAllowed: (text: string) => boolean;
  readonly credential: () => TokenCredential;
  readonly clock: Clock;
  readonly log: Log;
}

/** Between two reads. */
const INTERVAL_MS = 60_000;
/** The same where a person asks: a secret was written a moment ago, perhaps. */
const ASKED_INTERVAL_MS = 5000;
const TIMEOUT_MS = 10_000;

/**
 * Makes a secret that is read with its first use, and again when it is refused. The last value stays in use while the vault is out.
 * Its client is loaded with the first read. `current` throws WaitError or ConfigError while there is no value at all.
 */
export function createVaultSecret(options: VaultSecretOptions): SecretValue {
  const { setting, uri, fallback, clock, log } = options;
  const known = new Set(fallback === undefined ? [] : [fallback]);
  let value = fallback;
  let isRead = false;
  let readAt = Number.NEGATIVE_INFINITY;
  let problem: ConnectorError | undefined;
  let pending: Promise<void> | undefined;
  const readOnce = async (): Promise<void> => {
    try {
      const text = await readSecret(options);
      if (isRead && text !== value) log.info('SecretReplaced', { setting });
      [value, isRead, problem] = [text, true, undefined];
      known.add(text);
    } catch (error) {
      problem = toVaultError(setting, uri, error);
      log.warn('SecretUnread', { setting, error: problem.message, isKept: value !== undefined });
    }
  };
  const read = async (intervalMs = INTERVAL_MS): Promise<void> => {
    const now = clock.now().getTime();
    if (pending === undefined && now - readAt >= intervalMs) {
      readAt = now;
      pending = readOnce().finally(() => (pending = undefined));
    }
    await pending;
  };
  return {
    current: async () => {
      if (!isRead) await read();
      if (value !== undefined) return value;
      throw waitFor(problem, readAt + INTERVAL_MS - clock.now().getTime());
    },
    refresh: async (refused, isAsked = false) => {
      if (value === refused) await read(isAsked ? ASKED_INTERVAL_MS : INTERVAL_MS);
      return value !== refused;
    },
    known: () => [...known],
  };
}

/** Nobody else is asked before the next read, so that is how long there is to wait. */
function waitFor(problem: ConnectorError | undefined, waitMs: number): ConnectorError {
  if (problem instanceof ConfigError) return problem;
  return new WaitError(problem?.message ?? 'Key Vault is being read', Math.max(waitMs, 1000), {
    cause: problem?.cause,
  });
}

async function readSecret({ uri, isAllowed, credential }: VaultSecretOptions): Promise<string> {
  const { SecretClient } = await import('@azure/keyvault-secrets');
  const isLocal = isLoopback(uri);
  const client = new SecretClient(new URL(uri).origin, isLocal ? developmentCredential : credential(), {
    retryOptions: { maxRetries: 2, retryDelayInMs: 200, maxRetryDelayInMs: 1000 },
    disableChallengeResourceVerification: isLocal,
    allowInsecureConnection: isLocal,
  });
  const name = decodeURIComponent(new URL(uri).pathname.split('/')[2] ?? '');
  const { value = '' } = await client.getSecret(name, { abortSignal: AbortSignal.timeout(TIMEOUT_MS) });
  if (value === '' || !isAllowed(value)) throw new ConfigError(`the secret ${name} holds no allowed value`);
  return value;
}

/** What a read that failed means; never the secret. */
function toVaultError(setting: string, uri: string, thrown: unknown): ConnectorError {
  const prefix = `${setting}: Key Vault (${new URL(uri).host})`;
  if (thrown instanceof ConnectorError) return new ConfigError(`${prefix}: ${thrown.message}`);
  if (isWithoutToken(thrown)) {
    return identityError(`${prefix}: no token; check the identity of the app`, { cause: thrown });
  }
  const { statusCode: status } = thrown as { statusCode?: unknown };
  if (status === 401 || status === 403) {
    return identityError(
      `${prefix} answered ${status}: the identity of the app needs the role Key Vault Secrets User, the secret must be enabled, and the vault's network must let the app in`,
      { fault: { status } },
    );
  }
  if (status === 404) return new ConfigError(`${prefix} has no such secret: write it`, { fault: { status } });
  const said = typeof status === 'number' ? `answered ${status}` : `could not be read: ${messageOf(thrown)}`;
  return new WaitError(`${prefix} ${said}; it is read again in a minute`, INTERVAL_MS);
}
