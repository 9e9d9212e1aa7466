import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startAzurite, type Azurite } from '../../dev/azurite/start-azurite.ts';
import { startFaultProxy, type FaultProxy } from '../../dev/fault-proxy/start-fault-proxy.ts';
import { startSimulator, type Simulator } from '../../dev/simulator/start-simulator.ts';
import { openStorage } from '../../src/lib/azure/storage.ts';
import { AccountError, isExpected, WaitError } from '../../src/lib/errors.ts';
import { probeEdr, probeVm } from '../../src/lib/qualys/probes.ts';
import { createServices, type Services } from '../../src/lib/services.ts';
import { forgetRefusals } from '../support/account.ts';

// Many instances on one storage account, whose windows, probes and look-ups all call at once. The simulator takes a moment to refuse a login,
// longer than calls wait for each other, and locks its account at the fourth in a row.

const INSTANCES = 6;
const REFUSED_AFTER_MS = 1100;
/** Writes of the row that all instances share. */
const WRITES = '^(PUT|PATCH|MERGE|POST) [^\n]*QualysLimits[^\n]*account';

let azurite: Azurite;
let table: FaultProxy;
let simulator: Simulator;
let passwords = 0;

beforeAll(async () => {
  azurite = await startAzurite({ inMemory: true });
  table = await startFaultProxy(new URL(azurite.tableUrl).origin, { now: () => Date.now() });
  simulator = await startSimulator({ eventCount: 50, hostCount: 5, concurrencyLimit: 0, rateLimit: 0 });
});
afterAll(() => Promise.all([azurite.close(), table.close(), simulator.close()]));

/** Each test has a new account and instances that know nothing. */
beforeEach(async () => {
  table.setFaults();
  simulator.configure({ password: `right-${++passwords}`, latencyMs: 0 });
  await forgetRefusals(openStorage(openWith('any').settings));
});

function openWith(password: string): Services {
  const connection = azurite.connectionString.replace(new URL(azurite.tableUrl).origin, table.url);
  return createServices({
    QUALYS_USERNAME: 'qualys-reader',
    QUALYS_PASSWORD: password,
    QUALYS_API_URL: simulator.url,
    QUALYS_GATEWAY_URL: simulator.url,
    QUALYS_MAX_CONCURRENCY: '10',
    LOGS_INGESTION_ENDPOINT: 'http://127.0.0.1:9',
    LOGS_INGESTION_RULE_ID: 'dcr-1',
    AzureWebJobsStorage: connection,
  });
}

function openAll(password: string): Services[] {
  return Array.from({ length: INSTANCES }, () => openWith(password));
}

/** Everything that calls, on all instances at once. @returns what failed, each with an error that the pipeline knows. */
async function callAll(instances: readonly Services[]): Promise<unknown[]> {
  const calls = instances.flatMap(({ vm, edr }) => [
    vm.about({ priority: 'live' }),
    vm.about({ priority: 'backfill' }),
    probeVm(vm),
    probeEdr(edr),
  ]);
  const failed = (await Promise.allSettled(calls)).flatMap((each) =>
    each.status === 'rejected' ? [each.reason as unknown] : [],
  );
  expect(failed.filter((error) => !isExpected(error))).toEqual([]);
  return failed;
}

/** Lets every instance learn that the password works. */
async function warmUp(instances: readonly Services[]): Promise<void> {
  await Promise.all(instances.map(({ vm, edr }) => Promise.all([probeVm(vm), probeEdr(edr)])));
}

/** Calls until it is told to stop. */
function keepCalling(instances: readonly Services[]): () => Promise<void> {
  const isOver = { value: false };
  const loops = instances.map(async (each) => {
    while (!isOver.value) {
      await callAll([each]);
      await sleep(50);
    }
  });
  return async () => {
    isOver.value = true;
    await Promise.all(loops);
  };
}

function refused(): number {
  return simulator.stats().loginsRefused;
}

test('a dead password is tried once by each API when all instances start with it at once', async () => {
  simulator.configure({ latencyMs: REFUSED_AFTER_MS });
  const [before, instances] = [refused(), openAll('wrong')];
  for (let round = 0; round < 2; round++) await callAll(instances);
  expect(refused() - before).toBeLessThanOrEqual(2);
});

test('a password that dies while people call on all instances, who need no permit, is refused three times at the most', async () => {
  const [before, instances] = [refused(), openAll(`right-${passwords}`)];
  await warmUp(instances);
  simulator.configure({ latencyMs: REFUSED_AFTER_MS });
  simulator.configure({ password: `changed-${passwords}` });
  simulator.expireTokens();
  await Promise.allSettled(instances.flatMap(({ vm }) => [probeVm(vm), probeVm(vm)]));
  expect(refused() - before).toBeGreaterThan(0);
  expect(refused() - before).toBeLessThanOrEqual(3);
});

/** Changes the password while all instances call with it; `stop` ends their calls. */
async function changeWhileCalling() {
  const [before, instances] = [refused(), openAll(`right-${passwords}`)];
  await warmUp(instances);
  simulator.configure({ latencyMs: REFUSED_AFTER_MS });
  const stop = keepCalling(instances);
  await sleep(REFUSED_AFTER_MS);
  simulator.configure({ password: `changed-${passwords}` });
  simulator.expireTokens();
  return { before, instances, stop };
}

test('a password that dies while all instances call is refused three times at the most', async () => {
  const { before, instances, stop } = await changeWhileCalling();
  const isKnown = async (): Promise<boolean> => (await instances[0]!.limiter.view('vm')).account !== undefined;
  await expect.poll(isKnown).toBe(true);
  await stop();
  const failed = await callAll(instances);
  expect(failed).toHaveLength(4 * INSTANCES);
  // Some find no permit.
  expect(failed.filter((error) => !(error instanceof AccountError || error instanceof WaitError))).toEqual([]);
  expect(refused() - before).toBeGreaterThan(0);
  expect(refused() - before).toBeLessThanOrEqual(3);
});

test.for(['status', 'cut-after'] as const)(
  'a row that cannot be written while logins are refused (%s) costs no further one',
  async (kind) => {
    const { before, instances, stop } = await changeWhileCalling();
    // The vendor has refused it, and its answer is on the way.
    await expect.poll(() => refused() - before, { interval: 20 }).toBeGreaterThan(0);
    const fault = kind === 'status' ? { kind, status: 500 } : { kind };
    table.setFaults({ ...fault, route: WRITES, count: 'always' });
    await sleep(2 * REFUSED_AFTER_MS);
    table.setFaults();
    await stop();
    for (let round = 0; round < 2; round++) await callAll(instances);
    expect(refused() - before).toBeLessThanOrEqual(3);
  },
);

test('a new password that is wrong, too, is tried by one instance alone', async () => {
  await callAll(openAll('wrong'));
  simulator.configure({ latencyMs: REFUSED_AFTER_MS });
  const before = refused();
  const renewed = openAll('wrong-again');
  await Promise.allSettled(renewed.map(({ vm }) => probeVm(vm)));
  expect(refused() - before).toBe(1);
});
