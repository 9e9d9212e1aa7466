import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import type * as PingModule from '../../src/lib/handlers/ping.ts';
import { STREAMS } from '../../src/lib/streams/index.ts';
import type { PingResult } from '../../src/lib/http/ping-answers.ts';
import { forgetRefusals } from '../support/account.ts';
import {
  call,
  clearSettings,
  isProblem,
  startBackends,
  useSettings,
  type Answered,
  type Backends,
} from '../support/http-app.ts';
import { serveKeyVault } from '../support/key-vault.ts';
import { testStorage } from '../support/storage.ts';

let backends: Backends;
let ping: typeof PingModule.ping;
let edrPing: typeof PingModule.qualysEdrPing;
const ALL = ['settings', 'storage', 'qualys-edr', 'qualys-vm', 'logs-ingestion'];

beforeAll(async () => {
  backends = await startBackends();
});
afterAll(() => backends.close());

beforeEach(async () => {
  vi.resetModules();
  ({ ping, qualysEdrPing: edrPing } = await import('../../src/lib/handlers/ping.ts'));
});
afterEach(async () => {
  await forgetRefusals(await testStorage());
  backends.simulator.setFaults();
  backends.ingestion.setFaults();
  backends.simulator.configure({ password: 'simulated-password' });
});

/** As people ask; a GET tells what was found last. */
const askNow = (): Promise<Answered> => call(ping, { method: 'POST' });
const resultOf = ({ json }: Answered): PingResult => json as PingResult;
const checkOf = (answered: Answered, name: string) => resultOf(answered).checks.find((check) => check.name === name);

describe('ping', () => {
  test('is 200 with all five checks where everything can be reached', async () => {
    const answered = await askNow();
    expect(answered.json).toMatchObject({ ok: true, version: packageJson.version });
    expect(answered.status).toBe(200);
    expect(resultOf(answered).checks.map(({ name }) => name)).toEqual(ALL);
    for (const { ok, latencyMs, detail } of resultOf(answered).checks) {
      expect(ok).toBe(true);
      expect(latencyMs).toBeGreaterThanOrEqual(0);
      expect(detail).not.toBe('');
    }
    expect(checkOf(answered, 'qualys-edr')?.detail).toContain('one event');
    expect(answered.headers.get('cache-control')).toBe('no-store');
  });

  test('takes the password from Key Vault where that is set, whether or not the platform can', async () => {
    const vault = await serveKeyVault({ 'qualys-password': 'simulated-password' });
    useSettings({
      QUALYS_PASSWORD: '@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/qualys-password)',
      QUALYS_PASSWORD_SECRET_URI: vault.uriOf('qualys-password'),
    });
    onTestFinished(() => useSettings({ QUALYS_PASSWORD: 'simulated-password', QUALYS_PASSWORD_SECRET_URI: undefined }));
    expect((await askNow()).status).toBe(200);
    expect(vault.reads).toEqual(['qualys-password']);
  });

  test('tells which API took the login of an API client, and a mixed set-up works', async () => {
    backends.simulator.configure({ clientApis: 'vm' });
    useSettings({
      QUALYS_AUTH: 'oidc',
      QUALYS_CLIENT_ID: 'simulated-client',
      QUALYS_CLIENT_SECRET: 'simulated-client-secret',
    });
    onTestFinished(() => {
      backends.simulator.configure({ clientApis: 'both' });
      for (const name of ['QUALYS_AUTH', 'QUALYS_CLIENT_ID', 'QUALYS_CLIENT_SECRET', 'EDR_AUTH'])
        useSettings({ [name]: undefined });
    });
    const answered = await askNow();
    expect(checkOf(answered, 'qualys-vm')).toMatchObject({
      ok: true,
      detail: expect.stringMatching(/\(login: API client, oidc\)$/) as string,
    });
    expect(checkOf(answered, 'qualys-edr')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('EDR_AUTH=password') as string,
    });

    vi.resetModules();
    useSettings({ EDR_AUTH: 'password' });
    const mixed = await import('../../src/lib/handlers/ping.ts');
    expect((await call(mixed.ping, { method: 'POST' })).status).toBe(200);
  });

  test('is 503 and names the check where an account may log in but not read events', async () => {
    backends.simulator.setFaults({ kind: 'status', status: 403, route: '/ioc/events', count: 'always' });
    const answered = await askNow();
    expect(answered.status).toBe(503);
    expect(resultOf(answered).checks.map(({ name, ok }) => `${name} ${ok}`)).toEqual([
      'settings true',
      'storage true',
      'qualys-edr false',
      'qualys-vm true',
      'logs-ingestion true',
    ]);
  });

  test('is 503 where the password is wrong, and shows none', async () => {
    backends.simulator.configure({ password: 'another' });
    const answered = await askNow();
    expect(answered.status).toBe(503);
    expect(checkOf(answered, 'qualys-edr')?.ok).toBe(false);
    expect(checkOf(answered, 'qualys-vm')?.ok).toBe(false);
    expect(answered.text).not.toContain('simulated-password');
  });

  test.for([
    [401, /401.*identity/],
    [403, /Monitoring Metrics Publisher/],
    [404, /LOGS_INGESTION_ENDPOINT/],
    [500, /500/],
  ] as const)('says why the ingestion endpoint cannot be used: %d', async ([status, why]) => {
    backends.ingestion.setFaults({ kind: 'status', status, count: 'always' });
    const answered = await askNow();
    expect(answered.status).toBe(503);
    expect(checkOf(answered, 'logs-ingestion')).toMatchObject({
      ok: false,
      detail: expect.stringMatching(why) as string,
    });
  });

  test('names the missing rule where its id is wrong', async () => {
    useSettings({ LOGS_INGESTION_RULE_ID: 'dcr-ffffffffffffffffffffffffffffffff' });
    const answered = await askNow();
    useSettings({ LOGS_INGESTION_RULE_ID: backends.ingestion.ruleId });
    expect(checkOf(answered, 'logs-ingestion')?.detail).toContain('LOGS_INGESTION_RULE_ID');
  });

  test('leaves the checks of a disabled stream out', async () => {
    useSettings({ QUALYS_STREAMS: 'vm-detections' });
    const answered = await askNow();
    useSettings({ QUALYS_STREAMS: undefined });
    expect(resultOf(answered).checks.map(({ name }) => name)).toEqual(ALL.filter((name) => name !== 'qualys-edr'));
    expect(answered.status).toBe(200);
  });

  test('checks what each enabled stream reads', async () => {
    const further = STREAMS.slice(2);
    useSettings({ QUALYS_STREAMS: further.map(({ name }) => name).join(',') });
    const answered = await askNow();
    useSettings({ QUALYS_STREAMS: undefined });
    expect(answered.json).toMatchObject({ ok: true });
    expect(resultOf(answered).checks.map(({ name }) => name)).toEqual([
      'settings',
      'storage',
      ...further.map(({ probe }) => probe.check),
      'logs-ingestion',
    ]);
    expect(checkOf(answered, 'qualys-edr-incidents')?.detail).toContain('one incident');
    expect(checkOf(answered, 'logs-ingestion')?.detail).toContain('Custom-QualysVmHosts_CL');
  });

  test('tells which list an account may not read, and why', async () => {
    useSettings({ QUALYS_STREAMS: 'vm-knowledge-base,vm-hosts' });
    backends.simulator.setFaults({
      kind: 'simple-return',
      code: '2012',
      text: 'no KnowledgeBase API for this subscription',
      status: 403,
      route: 'knowledge_base',
      count: 'always',
    });
    const answered = await askNow();
    useSettings({ QUALYS_STREAMS: undefined });
    expect(answered.status).toBe(503);
    expect(checkOf(answered, 'qualys-vm-knowledge-base')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('no KnowledgeBase API') as string,
    });
    expect(checkOf(answered, 'qualys-vm-hosts')?.ok).toBe(true);
  });

  test('warns of a version past its end, and so does the log of the start', async () => {
    useSettings({ VM_API_VERSION: '4.0' });
    const lines: string[] = [];
    const answered = await call(ping, { method: 'POST', onLog: (line) => lines.push(line) });
    useSettings({ VM_API_VERSION: undefined });
    expect(checkOf(answered, 'settings')).toMatchObject({
      ok: true,
      detail: expect.stringContaining('VM_API_VERSION is 4.0, a version past its end of life') as string,
    });
    const warnings = lines.filter((line) => line.includes('"SettingDoubtful"'));
    expect(warnings).toEqual([expect.stringContaining('VM_API_VERSION is 4.0')]);
  });

  test('with bad settings lists all five, says why, what could not run, and shows no value', async () => {
    useSettings({ QUALYS_API_URL: 'http://secret-host.example', EDR_PAGE_SIZE: '987654', QUALYS_PASSWORD: 'hunter2' });
    const answered = await askNow();
    useSettings({
      QUALYS_API_URL: backends.simulator.url,
      EDR_PAGE_SIZE: undefined,
      QUALYS_PASSWORD: 'simulated-password',
    });
    expect(answered.status).toBe(503);
    expect(resultOf(answered).checks.map(({ name, ok }) => `${name} ${ok}`)).toEqual(
      ALL.map((name) => `${name} false`),
    );
    expect(checkOf(answered, 'settings')?.detail).toMatch(/QUALYS_API_URL.*EDR_PAGE_SIZE/);
    expect(checkOf(answered, 'storage')?.detail).toMatch(/not run.*settings/);
    expect(answered.text).not.toMatch(/secret-host|987654|hunter2/);
  });

  test('without any setting lists all five and every setting that must be set', async () => {
    clearSettings();
    const answered = await askNow();
    vi.unstubAllEnvs();
    await backends.close();
    backends = await startBackends();
    expect(answered.status).toBe(503);
    expect(resultOf(answered).checks.map(({ name }) => name)).toEqual(ALL);
    for (const name of [
      'QUALYS_USERNAME',
      'QUALYS_PASSWORD',
      'QUALYS_API_URL',
      'LOGS_INGESTION_ENDPOINT',
      'AzureWebJobsStorage',
    ]) {
      expect(checkOf(answered, 'settings')?.detail).toContain(`${name} must be set`);
    }
  });

  test('with an unknown stream names those that exist', async () => {
    useSettings({ QUALYS_STREAMS: 'edr-events,was-findings' });
    const answered = await askNow();
    useSettings({ QUALYS_STREAMS: undefined });
    expect(answered.status).toBe(503);
    expect(checkOf(answered, 'settings')?.detail).toContain('edr-events, vm-detections');
  });

  test('works again once settings are repaired, without a restart', async () => {
    useSettings({ EDR_PAGE_SIZE: '0' });
    expect((await askNow()).status).toBe(503);
    useSettings({ EDR_PAGE_SIZE: undefined });
    expect((await askNow()).status).toBe(200);
  });

  test('waits for no pause: a person wants to know now', async () => {
    const { getServices } = await import('../../src/lib/services.ts');
    await getServices().limiter.pause('edr', 60_000, '1965');
    expect((await askNow()).status).toBe(200);
    await getServices().limiter.close();
  });
});

describe('a GET of ping, as monitors send it', () => {
  const vendorCalls = (): number => backends.simulator.stats().calls;
  const APIS = ['edr', 'vm'] as const;

  /** As if the APIs had been asked last so long ago. */
  async function askedAgo(seconds: number): Promise<void> {
    const { getServices } = await import('../../src/lib/services.ts');
    for (const api of APIS) {
      const row = getServices().probed(api);
      const at = new Date(Date.now() - seconds * 1000).toISOString();
      await row.write((state) => {
        const answers = Object.entries(state.answers).map(([name, answer]) => [name, { ...answer, at }]);
        return { ...state, askedAt: at, answers: Object.fromEntries(answers) as typeof state.answers };
      });
    }
  }

  test('asks no API for five minutes after it was asked, in any instance, and tells the age of the answer', async () => {
    await askNow();
    const before = vendorCalls();
    await askedAgo(120);
    vi.resetModules();
    const another = await import('../../src/lib/handlers/ping.ts');
    const answered = await call(another.ping);
    expect(answered.status).toBe(200);
    for (const name of ['qualys-edr', 'qualys-vm']) {
      expect(checkOf(answered, name)?.detail).toMatch(/asked 2 min ago/);
      expect(checkOf(answered, name)?.ageSeconds).toBeGreaterThanOrEqual(120);
    }
    expect(vendorCalls()).toBe(before);
    await askNow();
    expect(vendorCalls()).toBeGreaterThan(before);
  });

  test('asks after five minutes, once for all who look at the same time', async () => {
    await askNow();
    await askedAgo(301);
    const before = vendorCalls();
    await Promise.all(Array.from({ length: 6 }, () => call(ping)));
    expect(vendorCalls() - before).toBe(APIS.length);
  });

  test('tells a failure again, and that it is over as soon as somebody has asked', async () => {
    backends.simulator.setFaults({ kind: 'status', status: 403, route: '/ioc/events', count: 'always' });
    await askNow();
    backends.simulator.setFaults();
    expect(checkOf(await call(ping), 'qualys-edr')?.ok).toBe(false);
    await askNow();
    expect(checkOf(await call(ping), 'qualys-edr')?.ok).toBe(true);
  });

  test('is not green on an answer from before the account was refused', async () => {
    const before = await askNow();
    backends.simulator.configure({ password: 'another' });
    backends.simulator.expireTokens();
    await call(edrPing, { method: 'POST', body: { case_id: 'C-1', alert_group_identifiers: [] } });
    expect(before.status).toBe(200);
    const answered = await call(ping);
    expect(answered.status).toBe(503);
    expect(checkOf(answered, 'qualys-edr')?.detail).toContain('refuses the account');
  });

  test('asks one check of an API at a time, the one whose answer is the oldest', async () => {
    useSettings({ QUALYS_STREAMS: 'vm-knowledge-base,vm-hosts' });
    onTestFinished(() => useSettings({ QUALYS_STREAMS: undefined }));
    await askNow();
    await askedAgo(301);
    const fresh = resultOf(await call(ping)).checks.filter(({ ageSeconds }) => ageSeconds === undefined);
    expect(fresh.filter(({ name }) => name.startsWith('qualys-'))).toHaveLength(1);
    await askedAgo(301);
    expect((await call(ping)).status).toBe(200);
  });
});

describe('the action qualys_edr_ping', () => {
  const BODY = { case_id: 'C-1', alert_group_identifiers: ['a', 'b'] };

  test('is COMPLETED with case, message and check', async () => {
    const answered = await call(edrPing, { method: 'POST', body: BODY });
    expect(answered.status).toBe(200);
    expect(answered.json).toMatchObject({
      case_id: 'C-1',
      status: 'COMPLETED',
      scope: 'All entities',
      message: expect.stringContaining('Connected to Qualys EDR') as string,
      check: { name: 'qualys-edr', ok: true },
    });
  });

  test('is FAILED with 200 and the reason where EDR cannot be used', async () => {
    backends.simulator.configure({ password: 'another' });
    const answered = await call(edrPing, {
      method: 'POST',
      body: { ...BODY, scope: 'Internal', target_entities: [{ Identifier: 'h', EntityType: 'HOSTNAME' }] },
    });
    expect(answered.status).toBe(200);
    expect(answered.json).toMatchObject({ case_id: 'C-1', status: 'FAILED', scope: 'Internal', check: { ok: false } });
    expect(answered.text).not.toContain('simulated-password');
  });

  test('is FAILED with 200 where the settings are at fault', async () => {
    useSettings({ QUALYS_GATEWAY_URL: 'nowhere' });
    const answered = await call(edrPing, { method: 'POST', body: BODY });
    useSettings({ QUALYS_GATEWAY_URL: backends.simulator.url });
    expect(answered.json).toMatchObject({
      status: 'FAILED',
      message: expect.stringContaining('QUALYS_GATEWAY_URL') as string,
    });
  });

  test('refuses a body with 400 that names every wrong field', async () => {
    const answered = await call(edrPing, {
      method: 'POST',
      body: { case_id: 5, alert_group_identifiers: 'a', target_entities: [{ Identifier: 1 }], scope: [] },
    });
    expect(answered.status).toBe(400);
    expect(isProblem(answered)).toBe(true);
    const { errors, detail } = answered.json as { errors: string[]; detail: string };
    for (const field of [
      'case_id',
      'alert_group_identifiers',
      'target_entities.0.Identifier',
      'target_entities.0.EntityType',
      'scope',
    ]) {
      expect(errors.some((error) => error.startsWith(field))).toBe(true);
      expect(detail).toContain(field);
    }
  });

  test.for([
    ['no body', undefined],
    ['no JSON', 'case_id=1'],
    ['half a JSON', '{"case_id":'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a text', '"x"'],
  ] as const)('refuses %s with 400', async ([, text]) => {
    const answered = await call(edrPing, { method: 'POST', ...(text === undefined ? {} : { text }) });
    expect(answered.status).toBe(400);
    expect(isProblem(answered)).toBe(true);
  });

  test('refuses a body above 64 KB with 413', async () => {
    const answered = await call(edrPing, { method: 'POST', body: { ...BODY, scope: 'x'.repeat(70_000) } });
    expect(answered.status).toBe(413);
    expect(isProblem(answered)).toBe(true);
  });
});
