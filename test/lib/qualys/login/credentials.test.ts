import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../../src/lib/errors.ts';
import { basicAuth, tokenAuth } from '../../../../src/lib/qualys/login/api-auth.ts';
import { createCredentials } from '../../../../src/lib/qualys/login/credentials.ts';
import { createEdrApi } from '../../../../src/lib/qualys/edr/edr-api.ts';
import { createEdrAuth } from '../../../../src/lib/qualys/login/edr-auth.ts';
import { createVmApi } from '../../../../src/lib/qualys/vm/vm-api.ts';
import { parseSettings } from '../../../../src/lib/config.ts';
import { fixedSecret, type SecretValue } from '../../../../src/lib/secret-value.ts';
import { LEAST_SETTINGS } from '../../../support/settings.ts';
import { type Answerer, callDeps, serve } from '../local-server.ts';

const LIVE = { priority: 'live' } as const;
const NO_EVENTS: Answerer = (_, response) => void response.end('[]');

/** A secret that is replaced as soon as the first one is refused. */
function replaced(texts: readonly string[]): SecretValue & { refreshed: string[] } {
  const refreshed: string[] = [];
  const current = (): string => texts[Math.min(refreshed.length, texts.length - 1)] ?? '';
  return {
    refreshed,
    current: () => Promise.resolve(current()),
    known: () => texts,
    refresh: (refused) => {
      refreshed.push(refused);
      return Promise.resolve(current() !== refused);
    },
  };
}

/** Both APIs, whose account has the password `right`. */
async function apisWith(value: SecretValue) {
  const logins: string[] = [];
  const { url } = await serve((request, response) => {
    const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    const sent =
      basic === undefined
        ? new URLSearchParams(request.body).get('password')
        : Buffer.from(basic, 'base64').toString().replace(/^.*:/, '');
    if (request.url.startsWith('/ioc')) return NO_EVENTS(request, response);
    logins.push(String(sent));
    if (sent !== 'right') return void response.writeHead(401).end(`no account with ${String(sent)}`);
    return void response.end(request.url === '/auth' ? 'a.b.c' : '<ABOUT><WEB-VERSION>10</WEB-VERSION></ABOUT>');
  });
  const deps = { ...callDeps(), baseUrl: url };
  const credentials = createCredentials('reader', value);
  const settings = { ...parseSettings(LEAST_SETTINGS), QUALYS_API_URL: url };
  return {
    logins,
    vm: createVmApi({ ...deps, settings, auth: basicAuth(credentials) }),
    edr: createEdrApi({ ...deps, auth: tokenAuth(createEdrAuth({ ...deps, credentials })) }),
  };
}

describe('a digest', () => {
  const digest = async (name: string, text: string) =>
    (await createCredentials(name, fixedSecret(text)).current()).digest;

  test('is the same for the same name and secret, another for another of either, and tells neither', async () => {
    const [first, again, otherName, otherSecret] = await Promise.all([
      digest('reader', 'hunter2'),
      digest('reader', 'hunter2'),
      digest('writer', 'hunter2'),
      digest('reader', 'hunter3'),
    ]);
    expect(first).toBe(again);
    expect(new Set([first, otherName, otherSecret]).size).toBe(3);
    expect(first).toMatch(/^[0-9a-f]{12}$/);
  });
});

describe('a refused secret', () => {
  test('is looked up anew, and the call made once more with another one', async () => {
    const secret = replaced(['old', 'right']);
    const { vm, logins } = await apisWith(secret);
    expect(await vm.about(LIVE)).toEqual({ web: '10' });
    expect(logins).toEqual(['old', 'right']);
    expect(secret.refreshed).toEqual(['old']);
  });

  test('is looked up anew for a token too', async () => {
    const { edr, logins } = await apisWith(replaced(['old', 'right']));
    await (await edr.events({}, LIVE)).text(100);
    expect(logins).toEqual(['old', 'right']);
  });

  test.each(['vm', 'edr'] as const)('is not sent again by %s where there is no other one', async (api) => {
    const { logins, ...apis } = await apisWith(replaced(['old']));
    const call = api === 'vm' ? apis.vm.about(LIVE) : apis.edr.events({}, LIVE);
    await expect(call).rejects.toThrow(ConfigError);
    expect(logins).toEqual(['old']);
  });

  test('and the one after it stand in no error', async () => {
    const { vm } = await apisWith(replaced(['old-secret', 'new-secret']));
    await expect(vm.about(LIVE)).rejects.toThrow(/no account with \[redacted\]/);
  });
});
