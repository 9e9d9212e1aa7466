import { QueueServiceClient } from '@azure/storage-queue';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSimulator, type Simulator } from '../../dev/simulator/start-simulator.ts';
import { poisonNameOf, QUEUE_NAME } from '../../src/lib/azure/names.ts';
import { startLocalApp, untilCaughtUp, type LocalApp } from '../support/local-app.ts';
import { backfill, expectDone, expectTold, expectWell, PATIENCE, readStatus } from '../support/night.ts';

// A night in the real stack: what goes wrong is told by status, health and command line in the same words, and what is mended is ingested.

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

test('all is well at first', PATIENCE, () => expectWell(app));

test('a role that is taken away is told, and what waited for it comes once it is there again', PATIENCE, async () => {
  app.ingestion.setFaults({ kind: 'status', status: 403, count: 'always' });
  const id = await backfill(app, 'edr-events', [20, 14]);
  await expectTold(app, 'identity-refused', 'down');
  app.ingestion.setFaults();
  await expectDone(app, 'edr-events', id);
  await expectWell(app);
});

test('a message that nobody can read is told as long as it is there', PATIENCE, async () => {
  const connection = process.env.AzureWebJobsStorage ?? '';
  const poison = QueueServiceClient.fromConnectionString(connection).getQueueClient(poisonNameOf(QUEUE_NAME));
  await poison.createIfNotExists();
  await poison.sendMessage(Buffer.from('{"hello":"world"}').toString('base64'));
  await expectTold(app, 'poison', 'attention');
  await poison.clearMessages();
  await expectWell(app);
});

test('settings that are wrong are told without the settings', PATIENCE, async () => {
  await app.close();
  app = await startLocalApp(simulator.url, { EDR_PAGE_SIZE: 'many' });
  await expectTold(app, 'settings-wrong', 'down');
  expect((await readStatus(app)).problems[0]?.text).toContain('EDR_PAGE_SIZE');
});
