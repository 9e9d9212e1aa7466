import { afterAll, beforeAll, expect, test } from 'vitest';
import { startIngestion, type Ingestion } from '../../dev/ingestion/start-ingestion.ts';
import { startSimulator, type Simulator } from '../../dev/simulator/start-simulator.ts';
import { startAzurite, type Azurite } from '../../dev/azurite/start-azurite.ts';
import { AccountError } from '../../src/lib/errors.ts';
import { probeEdr, probeVm } from '../../src/lib/qualys/probes.ts';
import { createServices, type Services } from '../../src/lib/services.ts';
import { isFinished } from '../../src/lib/pipeline/plan-windows.ts';
import { newWindow } from '../../src/lib/pipeline/new-window.ts';
import { processWindow } from '../../src/lib/pipeline/process-window.ts';

// Two instances on one storage account; the simulator locks its account at the fourth refused login.

let [azurite, ingestion]: [Azurite | undefined, Ingestion | undefined] = [undefined, undefined];
let simulator: Simulator;

beforeAll(async () => {
  simulator = await startSimulator({ eventCount: 200, hostCount: 20, concurrencyLimit: 0, rateLimit: 0 });
  [azurite, ingestion] = await Promise.all([startAzurite({ inMemory: true }), startIngestion({ keep: 'memory' })]);
});
afterAll(() => Promise.all([simulator.close(), azurite?.close(), ingestion?.close()]));

function open(password: string): Services {
  return createServices({
    QUALYS_USERNAME: 'qualys-reader',
    QUALYS_PASSWORD: password,
    QUALYS_API_URL: simulator.url,
    QUALYS_GATEWAY_URL: simulator.url,
    QUALYS_MAX_CONCURRENCY: '8',
    LOGS_INGESTION_ENDPOINT: ingestion?.url,
    LOGS_INGESTION_RULE_ID: ingestion?.ruleId,
    AzureWebJobsStorage: azurite?.connectionString,
  });
}

const STREAMS = ['edr-events', 'vm-detections'];
const HOUR_MS = 3_600_000;

/** Opens six windows of each stream. */
async function openWindows({ store }: Services): Promise<void> {
  const end = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  for (const stream of STREAMS) {
    const windows = Array.from({ length: 6 }, (_, place) => {
      const [from, to] = [place + 1, place].map((hours) => new Date(end - hours * HOUR_MS).toISOString());
      return newWindow({ stream, run: 'live', from: from ?? '', to: to ?? '' }, new Date());
    });
    await store.insertWindows(windows);
  }
}

/** Works on all windows that are due, in turn on each of the instances, all at once. */
async function workOnce(instances: readonly Services[]): Promise<void> {
  const [first] = instances;
  const records = (await Promise.all(STREAMS.map((stream) => first!.store.listWindows(stream, 'live')))).flat();
  const open = records.filter((record) => !isFinished(record));
  await Promise.all(
    open.map(({ stream, run, key }, place) => {
      const services = instances[place % instances.length]!;
      const bound = services.streams.find(({ name }) => name === stream)!;
      return processWindow({ version: 1, stream, run, window: key }, services.processing(bound));
    }),
  );
}

async function openLeft({ store }: Services): Promise<number> {
  const records = await Promise.all(STREAMS.map((stream) => store.listWindows(stream, 'live')));
  return records.flat().filter((record) => !isFinished(record)).length;
}

test('a password that was changed at the vendor costs three logins at most, and the new one brings everything', async () => {
  const old = [open('simulated-password'), open('simulated-password')];
  for (const { edr, vm } of old) await Promise.all([probeEdr(edr), probeVm(vm)]);
  await openWindows(old[0]!);
  simulator.configure({ password: 'new-password' });
  simulator.expireTokens();
  for (let round = 0; round < 3; round++) await workOnce(old);
  for (const { edr, vm } of old) {
    await expect(probeEdr(edr)).rejects.toThrow(AccountError);
    await expect(probeVm(vm)).rejects.toThrow('QUALYS_PASSWORD');
  }
  expect(simulator.stats().loginsRefused).toBeLessThanOrEqual(3);
  const waiting = await old[0]!.store.listWindows('vm-detections', 'live');
  expect(waiting.map(({ attempts, repair }) => ({ attempts, repair }))).toContainEqual({
    attempts: 0,
    repair: 'account',
  });
  expect((await old[1]!.limiter.view('vm')).account).toMatchObject({ refusals: expect.any(Number) as number });

  const repaired = [open('new-password'), open('new-password')];
  await Promise.all([probeEdr(repaired[0]!.edr), probeVm(repaired[1]!.vm)]);
  for (let round = 0; round < 20 && (await openLeft(repaired[0]!)) > 0; round++) await workOnce(repaired);
  expect(await openLeft(repaired[0]!)).toBe(0);
  expect((await repaired[0]!.limiter.view('edr')).account).toBeUndefined();
  expect(simulator.stats().loginsRefused).toBeLessThanOrEqual(3);
});
