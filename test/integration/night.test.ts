import { QueueServiceClient } from '@azure/storage-queue';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSimulator, type Simulator } from '../../dev/simulator/start-simulator.ts';
import type { StatusAnswer } from '../../src/lib/actions/view-connector.ts';
import { POISON_QUEUE_NAME } from '../../src/lib/azure/names.ts';
import { startLocalApp, untilCaughtUp, type LocalApp } from '../support/local-app.ts';
import { runCli } from '../support/run-cli.ts';

// A night in the real stack: what goes wrong is told by status and command line in the same words, and what is mended is ingested.

/** As the page and a watching command line ask. */
const POLL = { timeout: 60_000, interval: 500 };

let simulator: Simulator;
let app: LocalApp;

beforeAll(async () => {
  simulator = await startSimulator({ eventCount: 300, rateLimit: 0 });
  app = await startLocalApp(simulator.url, { QUALYS_STREAMS: 'edr-events', EDR_WINDOW_MINUTES: '360' });
  await untilCaughtUp(app, 'edr-events');
});

afterAll(async () => {
  await app.close();
  await simulator.close();
});

async function status(): Promise<StatusAnswer> {
  return (await app.get('status')).body as StatusAnswer;
}

/** Waits until the problem stands first, and compares what the command line says with it. */
async function expectTold(code: string, verdict: string): Promise<void> {
  await expect.poll(async () => (await status()).problems[0]?.code, POLL).toBe(code);
  expect((await status()).verdict).toBe(verdict);
  const told = await runCli(['status'], { env: { CONNECTOR_URL: app.host.url } });
  expect(told.out).toContain(`${code}: `);
  expect(told.code).toBe(['attention', 'down'].includes(verdict) ? 1 : 0);
}

async function expectWell(): Promise<void> {
  await expect.poll(async () => (await status()).problems.map(({ code }) => code), POLL).toEqual([]);
  expect(await status()).toMatchObject({ ok: true, verdict: 'ok' });
  expect((await runCli(['status'], { env: { CONNECTOR_URL: app.host.url } })).code).toBe(0);
}

test('all is well at first', expectWell, 90_000);

test(
  'a role that is taken away is told, and what waited for it comes once it is there again',
  { timeout: 200_000 },
  async () => {
    app.ingestion.setFaults({ kind: 'status', status: 403, count: 'always' });
    const [from, to] = [20, 14].map((hours) => new Date(Date.now() - hours * 3_600_000).toISOString());
    const { id } = (await app.post('backfill', { stream: 'edr-events', from, to })) as { id: string };
    await expectTold('identity-refused', 'down');
    app.ingestion.setFaults();
    const { windows } = (await app.get(`windows/edr-events?run=${id}&state=planned,failed`)).body as {
      windows: { key: string }[];
    };
    for (const { key } of windows) await app.post(`windows/edr-events/${key}/retry?run=${id}`, {});
    await expect.poll(async () => (await app.get(`backfill/${id}`)).body, POLL).toMatchObject({ status: 'succeeded' });
    await expectWell();
  },
);

test('a message that nobody can read is told as long as it is there', { timeout: 200_000 }, async () => {
  const connection = process.env.AzureWebJobsStorage ?? '';
  const poison = QueueServiceClient.fromConnectionString(connection).getQueueClient(POISON_QUEUE_NAME);
  await poison.createIfNotExists();
  await poison.sendMessage(Buffer.from('{"hello":"world"}').toString('base64'));
  await expectTold('poison', 'attention');
  await poison.clearMessages();
  await expectWell();
});

test('settings that are wrong are told without the settings', { timeout: 200_000 }, async () => {
  await app.close();
  app = await startLocalApp(simulator.url, { EDR_PAGE_SIZE: 'many' });
  await expectTold('settings-wrong', 'down');
  expect((await status()).problems[0]?.text).toContain('EDR_PAGE_SIZE');
});
