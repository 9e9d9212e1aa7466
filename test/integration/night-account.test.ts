import { resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startSimulator } from '../../dev/simulator/start-simulator.ts';
import { startHosts } from '../faults/host-fleet.ts';
import { serveKeyVault } from '../support/key-vault.ts';
import { startLocalApp, untilCaughtUp } from '../support/local-app.ts';
import { runCli } from '../support/run-cli.ts';
import {
  backfill,
  expectDone,
  expectTold,
  expectToldNow,
  expectWell,
  PATIENCE,
  POLL,
  readStatus,
} from '../support/night.ts';

// The night in which the password expires, with two instances: two processes on one storage account, one vault and one vendor.

const STREAMS = ['edr-events', 'vm-detections'] as const;
const HOUR_MS = 3_600_000;
/** The vault is read once a minute at most, by each instance, and for a person who asks as often as this. */
const VAULT_REST_MS = 5000;

async function startNight() {
  const simulator = await startSimulator({ eventCount: 300, hostCount: 40, rateLimit: 0, concurrencyLimit: 0 });
  onTestFinished(() => simulator.close());
  const vault = await serveKeyVault({ 'qualys-password': 'simulated-password' });
  const start = new Date(Date.now() - 6 * HOUR_MS).toISOString();
  const app = await startLocalApp(simulator.url, {
    QUALYS_STREAMS: STREAMS.join(','),
    QUALYS_PASSWORD_SECRET_URI: vault.uriOf('qualys-password'),
    QUALYS_MAX_CONCURRENCY: '8',
    EDR_START: start,
    EDR_WINDOW_MINUTES: '120',
    VM_START: start,
    VM_WINDOW_MINUTES: '120',
  });
  onTestFinished(() => app.close());
  const lines: string[] = [];
  // The first instance has put its settings into the environment, which the second one inherits.
  const options = { env: {}, onLine: ({ message }: { message: string }) => void lines.push(message) };
  const [second] = await startHosts([resolve(import.meta.dirname, '../..')], options);
  onTestFinished(() => second!.end());
  return { simulator, vault, app, lines };
}

test(
  'a password that expires is told at once and costs no account; the new one brings all, without a restart',
  PATIENCE,
  async () => {
    const { simulator, vault, app, lines } = await startNight();
    for (const stream of STREAMS) await untilCaughtUp(app, stream, POLL.timeout);
    await expect.poll(() => lines.some((line) => line.includes('HealthJudged')), POLL).toBe(true);
    await expectWell(app);

    simulator.configure({ password: 'new-password' });
    simulator.expireTokens();
    const ids = await Promise.all(STREAMS.map((stream) => backfill(app, stream, [25, 5])));
    const isStored = (): boolean => [...app.log, ...lines].some((line) => line.includes('LoginRefused'));
    await expect.poll(isStored, { ...POLL, interval: 50 }).toBe(true);
    // Stored by whichever instance, it is in the next answer: nobody waits for it.
    expect(await expectToldNow(app, 'account-refused', 'down')).toContain('Qualys refuses the account');
    // Every window of both has asked by then, and every look-up and ping that comes.
    await expect.poll(async () => waitingFor(await readStatus(app)), POLL).toBeGreaterThan(8);
    await app.get('ping', { method: 'POST' });
    await expectTold(app, 'account-refused', 'down');
    expect(simulator.stats().loginsRefused).toBeLessThanOrEqual(3);

    await expect.poll(() => Date.now() - vault.lastReadAt, POLL).toBeGreaterThan(VAULT_REST_MS);
    vault.secrets.set('qualys-password', 'new-password');
    // Whoever does not wait for the next minute asks for it; the other instance waits that minute, so its windows are hurried to this one.
    const asked = await runCli(['try-now', '--reason', 'new password'], { env: { CONNECTOR_URL: app.host.url } });
    expect(asked.out).toContain('No login is kept back; ');
    for (const [place, stream] of STREAMS.entries()) await expectDone(app, stream, ids[place]!);
    await expectWell(app);
    expect(simulator.stats().loginsRefused).toBeLessThanOrEqual(3);
    for (const [stream, table, column, ids] of [
      ['edr-events', 'QualysEdrEvents_CL', 'EventId', simulator.eventIds],
      ['vm-detections', 'QualysHostDetectionV3_CL', 'HostId', simulator.hostIds],
    ] as const) {
      const { watermark } = (await readStatus(app)).streams.find(({ name }) => name === stream)!;
      const there = new Set(app.rows(table).map((row) => String(row[column])));
      const wanted = ids({ to: watermark ?? '' });
      expect(wanted.length).toBeGreaterThan(10);
      expect(wanted.filter((id) => !there.has(id))).toEqual([]);
    }
  },
);

/** Windows that wait for the account. */
function waitingFor({ streams }: Awaited<ReturnType<typeof readStatus>>): number {
  return streams
    .flatMap(({ held }) => held)
    .filter(({ repair }) => repair === 'account')
    .reduce((sum, { windows }) => sum + windows, 0);
}
