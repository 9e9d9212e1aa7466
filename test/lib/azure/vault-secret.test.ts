import { describe, expect, onTestFinished, test } from 'vitest';
import { startSimulator } from '../../../dev/simulator/start-simulator.ts';
import { createVaultSecret } from '../../../src/lib/azure/vault-secret.ts';
import { parseSettings } from '../../../src/lib/config.ts';
import { ConfigError, WaitError } from '../../../src/lib/errors.ts';
import { basicAuth, tokenAuth } from '../../../src/lib/qualys/login/api-auth.ts';
import { createCredentials } from '../../../src/lib/qualys/login/credentials.ts';
import { createEdrApi } from '../../../src/lib/qualys/edr/edr-api.ts';
import { createEdrAuth } from '../../../src/lib/qualys/login/edr-auth.ts';
import { createVmApi } from '../../../src/lib/qualys/vm/vm-api.ts';
import { serveKeyVault } from '../../support/key-vault.ts';
import { keptLog } from '../../support/pipeline.ts';
import { LEAST_SETTINGS } from '../../support/settings.ts';
import { callDeps } from '../qualys/local-server.ts';

const NAME = 'qualys-password';

async function setUp(fallback?: string) {
  const vault = await serveKeyVault({ [NAME]: 'first' });
  let now = Date.parse('2026-01-31T12:00:00Z');
  const { log, lines } = keptLog();
  const secret = createVaultSecret({
    setting: 'QUALYS_PASSWORD_SECRET_URI',
    uri: vault.uriOf(NAME),
    fallback,
    isAllowed: (text) => text !== 'not allowed',
    credential: () => {
      throw new Error('a real credential must not be asked for on loopback');
    },
    clock: { now: () => new Date(now) },
    log,
  });
  return { vault, secret, lines, later: (seconds: number) => void (now += seconds * 1000) };
}

describe('a secret in Key Vault', () => {
  test('is read with its first use, once for all who ask', async () => {
    const { vault, secret } = await setUp('old');
    expect(await Promise.all([secret.current(), secret.current()])).toEqual(['first', 'first']);
    expect(await secret.current()).toBe('first');
    expect(vault.reads).toEqual([NAME]);
  });

  test('is read again when it is refused, at most once a minute', async () => {
    const { vault, secret, later } = await setUp();
    await secret.current();
    vault.secrets.set(NAME, 'second');
    expect(await secret.refresh('first')).toBe(false);
    later(59);
    expect(await secret.refresh('first')).toBe(false);
    later(1);
    expect(await Promise.all([secret.refresh('first'), secret.refresh('first')])).toEqual([true, true]);
    expect(await secret.current()).toBe('second');
    expect(vault.reads).toHaveLength(2);
    expect(secret.known()).toEqual(['first', 'second']);
  });

  test('is read again where a person asks for it, without the wait of a minute', async () => {
    const { vault, secret, later } = await setUp();
    await secret.current();
    vault.secrets.set(NAME, 'second');
    later(4);
    expect(await secret.refresh('first', true)).toBe(false);
    later(1);
    expect(await secret.refresh('first', true)).toBe(true);
    expect(vault.reads).toHaveLength(2);
  });

  test('whose newer version is known already is not read again for a late refusal of the old one', async () => {
    const { vault, secret, later } = await setUp();
    await secret.current();
    vault.secrets.set(NAME, 'second');
    later(60);
    await secret.refresh('first');
    later(60);
    expect(await secret.refresh('first')).toBe(true);
    expect(vault.reads).toHaveLength(2);
  });

  test.each([{ status: 503 }, { status: 403 }, 'no answer'] as const)(
    'stays in use while the vault is out (%j)',
    async (fault) => {
      const { vault, secret, later, lines } = await setUp();
      await secret.current();
      vault.fault = fault;
      later(60);
      expect(await secret.refresh('first')).toBe(false);
      expect(await secret.current()).toBe('first');
      expect(lines.join('\n')).toContain('SecretUnread');
    },
  );

  test('that cannot be read at the start is the one of the setting, until it can', async () => {
    const { vault, secret, later } = await setUp('as set');
    vault.fault = { status: 503 };
    expect(await secret.current()).toBe('as set');
    vault.fault = undefined;
    expect(await secret.current()).toBe('as set');
    later(60);
    expect(await secret.current()).toBe('first');
  });

  test('that cannot be read at all is waited for, and asked for once a minute', async () => {
    const { vault, secret, later } = await setUp();
    vault.fault = { status: 503 };
    const error = await secret.current().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WaitError);
    expect((error as WaitError).retryAfterMs).toBe(60_000);
    expect((error as WaitError).message).toMatch(
      /^QUALYS_PASSWORD_SECRET_URI: Key Vault \(127\.0\.0\.1:\d+\) answered 503/,
    );
    const { length } = vault.reads;
    later(45);
    await expect(secret.current()).rejects.toMatchObject({ retryAfterMs: 15_000 });
    expect(vault.reads).toHaveLength(length);
    vault.fault = undefined;
    later(15);
    expect(await secret.current()).toBe('first');
  });

  test.each([
    [403, /Key Vault Secrets User/],
    [404, /no such secret/],
  ])('that may not be read or is not there (%i) is told to a person', async (status, words) => {
    const { vault, secret } = await setUp();
    vault.fault = { status };
    const error = await secret.current().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).message).toMatch(words);
  });

  test('whose value is not allowed is not used, and not told', async () => {
    const { vault, secret, later, lines } = await setUp();
    await secret.current();
    vault.secrets.set(NAME, 'not allowed');
    later(60);
    expect(await secret.refresh('first')).toBe(false);
    expect(await secret.current()).toBe('first');
    expect(lines.join('\n')).toContain('no allowed value');
    expect(lines.join('\n')).not.toContain('not allowed');
  });
});

describe('a new password', () => {
  test('in Qualys and in the vault is used by both APIs without a restart', async () => {
    const { vault, secret, later } = await setUp();
    const simulator = await startSimulator({ username: 'reader', password: 'first', eventCount: 1, hostCount: 1 });
    onTestFinished(simulator.close);
    const deps = { ...callDeps(), baseUrl: simulator.url };
    const settings = { ...parseSettings(LEAST_SETTINGS), QUALYS_API_URL: simulator.url };
    const credentials = createCredentials('reader', secret);
    const vm = createVmApi({ ...deps, settings, auth: basicAuth(credentials) });
    const edr = createEdrApi({ ...deps, auth: tokenAuth(createEdrAuth({ ...deps, credentials })) });
    const callBoth = async (): Promise<void> => {
      await vm.about({ priority: 'live' });
      (await edr.events({ pageSize: 1 }, { priority: 'live' })).cancel();
    };
    await callBoth();
    simulator.configure({ password: 'second' });
    simulator.expireTokens();
    later(60);
    await expect(callBoth()).rejects.toThrow(ConfigError);
    vault.secrets.set(NAME, 'second');
    await expect(callBoth()).rejects.toThrow(ConfigError);
    later(60);
    await callBoth();
    expect(vault.reads).toHaveLength(3);
  });
});
