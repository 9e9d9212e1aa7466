import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startAzurite, type Azurite } from '../../dev/azurite/start-azurite.ts';
import { startSimulator, type Simulator } from '../../dev/simulator/start-simulator.ts';
import { openStorage } from '../../src/lib/azure/storage.ts';
import { AccountError } from '../../src/lib/errors.ts';
import { probeVm } from '../../src/lib/qualys/probes.ts';
import { createServices, type Services } from '../../src/lib/services.ts';
import { warpOffset, warpTime } from '../faults/warped-time.ts';
import { forgetRefusals } from '../support/account.ts';
import { serveKeyVault } from '../support/key-vault.ts';

// Hours and days of a refused account, on two instances: the clock of all that takes part is moved on.

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;

let azurite: Azurite;
let simulator: Simulator;

beforeAll(async () => {
  warpTime();
  azurite = await startAzurite({ inMemory: true });
  simulator = await startSimulator({ eventCount: 10, hostCount: 2, concurrencyLimit: 0, rateLimit: 0 });
});
afterAll(() => Promise.all([azurite.close(), simulator.close()]));
beforeEach(async () => {
  simulator.setFaults();
  simulator.configure({ password: 'simulated-password' });
  await forgetRefusals(openStorage(open().settings));
});

function open(more: Readonly<Record<string, string>> = {}): Services {
  return createServices({
    QUALYS_USERNAME: 'qualys-reader',
    QUALYS_PASSWORD: 'simulated-password',
    QUALYS_API_URL: simulator.url,
    QUALYS_GATEWAY_URL: simulator.url,
    LOGS_INGESTION_ENDPOINT: 'http://127.0.0.1:9',
    LOGS_INGESTION_RULE_ID: 'dcr-1',
    AzureWebJobsStorage: azurite.connectionString,
    ...more,
  });
}

function later(minutes: number): void {
  warpTime(warpOffset() + minutes * MINUTE_MS);
}

/** Logins that the vendor has had: each call of the VM API is one. */
function sent(): number {
  return Object.values(simulator.stats().routes).reduce((sum, { calls }) => sum + calls, 0);
}

/** Tries in turn on both instances, every so many minutes. @returns after how many minutes a login went out. */
async function tryFor(instances: readonly Services[], minutes: number, everyMinutes: number): Promise<number[]> {
  const times: number[] = [];
  for (let minute = 0; minute <= minutes; minute += everyMinutes) {
    const before = sent();
    await expect(probeVm(instances[(minute / everyMinutes) % 2]!.vm)).rejects.toThrow(AccountError);
    if (sent() > before) times.push(minute);
    later(everyMinutes);
  }
  return times;
}

test('a day with a password that Qualys refuses in words: three logins', async () => {
  simulator.configure({ password: 'changed' });
  const before = simulator.stats().loginsRefused;
  expect(await tryFor([open(), open()], DAY_MINUTES, 10)).toEqual([0, 10, 130]);
  expect(simulator.stats().loginsRefused - before).toBe(3);
  later(3 * DAY_MINUTES);
  await expect(probeVm(open().vm)).rejects.toThrow('none is tried until');
  expect(simulator.stats().loginsRefused - before).toBe(3);
});

test('days of a bare 401, which an outage may send: after six hours again, then daily', async () => {
  simulator.setFaults({ kind: 'status', status: 401, body: '', route: '/msp/', count: 'always' });
  const six = 130 + 360;
  expect(await tryFor([open(), open()], 2 * DAY_MINUTES + six, 10)).toEqual([
    ...[0, 10, 130, six],
    ...[six + DAY_MINUTES, six + 2 * DAY_MINUTES],
  ]);
  simulator.setFaults();
  later(DAY_MINUTES);
  const recovered = open();
  await probeVm(recovered.vm);
  expect((await recovered.limiter.view('vm')).account).toBeUndefined();
});

test('a new secret reaches each instance within a minute or two, and neither costs a refused login', async () => {
  const vault = await serveKeyVault({ 'qualys-password': 'simulated-password' });
  const settings = { QUALYS_PASSWORD_SECRET_URI: vault.uriOf('qualys-password') };
  const instances = [open(settings), open(settings)];
  for (const { vm } of instances) await probeVm(vm);
  simulator.configure({ password: 'new-password' });
  const before = simulator.stats().loginsRefused;
  for (const { vm } of instances) await expect(probeVm(vm)).rejects.toThrow(AccountError);
  expect(simulator.stats().loginsRefused - before).toBe(1);

  vault.secrets.set('qualys-password', 'new-password');
  // Its time comes before either has looked into the vault again: that comes first.
  later(11);
  await probeVm(instances[0]!.vm);
  later(0.5);
  await probeVm(instances[1]!.vm);
  expect(simulator.stats().loginsRefused - before).toBe(1);
  for (const { limiter } of instances) expect((await limiter.view('vm')).account).toBeUndefined();
});

test('an instance that looked into the vault just before waits a minute for the secret that others use', async () => {
  const vault = await serveKeyVault({ 'qualys-password': 'simulated-password' });
  const settings = { QUALYS_PASSWORD_SECRET_URI: vault.uriOf('qualys-password') };
  const [first, second] = [open(settings), open(settings)];
  for (const { vm } of [first, second]) await probeVm(vm);
  simulator.configure({ password: 'new-password' });
  later(2);
  await expect(probeVm(first.vm)).rejects.toThrow(AccountError);
  later(1);
  await expect(probeVm(second.vm)).rejects.toThrow(AccountError);
  vault.secrets.set('qualys-password', 'new-password');
  later(0.5);
  await probeVm(first.vm);
  await expect(probeVm(second.vm)).rejects.toMatchObject({ retryAfterMs: 61_000 });
  later(1);
  await probeVm(second.vm);
});

test('who asks for a try has the vault read first: no login goes out with the old secret', async () => {
  const vault = await serveKeyVault({ 'qualys-password': 'simulated-password' });
  const services = open({ QUALYS_PASSWORD_SECRET_URI: vault.uriOf('qualys-password') });
  simulator.configure({ password: 'new-password' });
  await expect(probeVm(services.vm)).rejects.toThrow(AccountError);
  const before = simulator.stats().loginsRefused;
  vault.secrets.set('qualys-password', 'new-password');
  later(0.2);
  expect(await services.limiter.grantLogin(['edr', 'vm'])).toBe('not-needed');
  await probeVm(services.vm);
  expect(simulator.stats().loginsRefused).toBe(before);
});
