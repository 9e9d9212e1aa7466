import { describe, expect, onTestFinished, test } from 'vitest';
import type { SimulatorOptions } from '../../../../dev/simulator/settings.ts';
import { startSimulator } from '../../../../dev/simulator/start-simulator.ts';
import { ConfigError } from '../../../../src/lib/errors.ts';
import { parseSettings } from '../../../../src/lib/config.ts';
import { tokenAuth } from '../../../../src/lib/qualys/login/api-auth.ts';
import { createCredentials } from '../../../../src/lib/qualys/login/credentials.ts';
import { createEdrApi } from '../../../../src/lib/qualys/edr/edr-api.ts';
import { createEdrAuth } from '../../../../src/lib/qualys/login/edr-auth.ts';
import { createVmApi } from '../../../../src/lib/qualys/vm/vm-api.ts';
import { fixedSecret } from '../../../../src/lib/secret-value.ts';
import { LEAST_SETTINGS } from '../../../support/settings.ts';
import { callDeps, serve } from '../local-server.ts';

const LIVE = { priority: 'live' } as const;
const SECRET = 'simulated-client-secret';

function apisAt(baseUrl: string, kind: 'oidc' | 'oauth', secret = SECRET) {
  let now = Date.now();
  const deps = { ...callDeps(), clock: { now: () => new Date(now) }, baseUrl };
  const settings = { ...parseSettings(LEAST_SETTINGS), QUALYS_API_URL: baseUrl };
  const credentials = createCredentials('simulated-client', fixedSecret(secret), kind);
  const auth = (api: 'vm' | 'edr') => tokenAuth(createEdrAuth({ ...deps, credentials, api }), kind);
  const vm = createVmApi({ ...deps, settings, auth: auth('vm') });
  const edr = createEdrApi({ ...deps, auth: auth('edr') });
  return {
    callVm: () => vm.about(LIVE),
    callEdr: async () => (await edr.events({ pageSize: 1 }, LIVE)).text(1_000_000),
    later: (minutes: number) => void (now += minutes * 60_000),
  };
}

async function simulate(options: SimulatorOptions = {}) {
  const simulator = await startSimulator({ eventCount: 1, hostCount: 1, rateLimit: 0, ...options });
  onTestFinished(simulator.close);
  return simulator;
}

describe('an API client', () => {
  test.each(['oidc', 'oauth'] as const)('of kind %s reads both APIs with a token of its own address', async (kind) => {
    const simulator = await simulate({ clientKind: kind });
    const { callVm, callEdr } = apisAt(simulator.url, kind);
    await Promise.all([callVm(), callVm(), callEdr()]);
    await callVm();
    expect(simulator.stats().tokensIssued).toBe(2);
  });

  test('sends its id and secret as headers with an empty form', async () => {
    const { url, arrived } = await serve(
      (request, response) => void response.end(request.url === '/auth/oidc' ? 'a.b.c' : '<ABOUT></ABOUT>'),
    );
    await apisAt(url, 'oidc').callVm();
    expect(arrived[0]).toMatchObject({ method: 'POST', url: '/auth/oidc', body: '' });
    expect(arrived[0]?.headers).toMatchObject({ clientid: 'simulated-client', clientsecret: SECRET });
    expect(arrived[0]?.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/);
    expect(arrived[1]?.headers).toMatchObject({
      authorization: 'Bearer a.b.c',
      'x-requested-with': expect.any(String) as string,
    });
  });

  test('has its token renewed before its end', async () => {
    const simulator = await simulate();
    const { callVm, later } = apisAt(simulator.url, 'oidc');
    await callVm();
    later(230);
    await callVm();
    expect(simulator.stats().tokensIssued).toBe(1);
    later(6);
    await callVm();
    expect(simulator.stats().tokensIssued).toBe(2);
  });

  test('has a token that is refused renewed once', async () => {
    const simulator = await simulate();
    const { callVm, callEdr } = apisAt(simulator.url, 'oidc');
    await Promise.all([callVm(), callEdr()]);
    simulator.expireTokens();
    await Promise.all([callVm(), callEdr()]);
    expect(simulator.stats().tokensIssued).toBe(4);
    simulator.configure({ clientApis: 'edr' });
    await expect(callVm()).rejects.toThrow(ConfigError);
    expect(simulator.stats().tokensIssued).toBe(5);
  });

  test('of the wrong kind is refused with the settings to check, and no secret', async () => {
    const simulator = await simulate({ clientKind: 'oauth' });
    const { callVm } = apisAt(simulator.url, 'oidc');
    const error = await callVm().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toMatch(/Invalid Client ID; check QUALYS_CLIENT_ID and QUALYS_CLIENT_SECRET/);
    expect((error as Error).message).not.toMatch(/QUALYS_PASSWORD|simulated-client/);
  });
});
