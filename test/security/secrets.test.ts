import { TableServiceClient, TableClient } from '@azure/data-tables';
import { QueueServiceClient } from '@azure/storage-queue';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSimulator, type Simulator } from '../../dev/simulator/start-simulator.ts';
import { startLocalApp, type LocalApp } from '../support/local-app.ts';

const PASSWORD = 'S3cret&+%"pass w0rd=ü';
const USERNAME = 'reader-of-secrets';

let simulator: Simulator;
let app: LocalApp;
let jwt = '';

beforeAll(async () => {
  simulator = await startSimulator({
    username: USERNAME,
    password: PASSWORD,
    eventCount: 300,
    hostCount: 10,
    rateLimit: 0,
  });
  const body = new URLSearchParams({ username: USERNAME, password: PASSWORD, token: 'true' });
  jwt = await (await fetch(`${simulator.url}/auth`, { method: 'POST', body })).text();
  app = await startLocalApp(simulator.url, {
    QUALYS_USERNAME: USERNAME,
    QUALYS_PASSWORD: PASSWORD,
    EDR_WINDOW_MINUTES: '360',
    VM_WINDOW_MINUTES: '720',
    QUALYS_TRACE: '200',
  });
});

afterAll(async () => {
  await app.close();
  await simulator.close();
});

/** All forms in which the credentials travel. */
function secretForms(): string[] {
  const basic = Buffer.from(`${USERNAME}:${PASSWORD}`).toString('base64');
  const form = new URLSearchParams({ p: PASSWORD }).toString().slice(2);
  return [
    PASSWORD,
    JSON.stringify(PASSWORD).slice(1, -1),
    encodeURIComponent(PASSWORD),
    form,
    basic,
    jwt.split('.')[2] ?? jwt,
  ];
}

async function storedText(): Promise<string> {
  const connection = process.env.AzureWebJobsStorage ?? '';
  const parts: string[] = [];
  const options = { allowInsecureConnection: true };
  for await (const { name = '' } of TableServiceClient.fromConnectionString(connection, options).listTables()) {
    for await (const entity of TableClient.fromConnectionString(connection, name, options).listEntities()) {
      parts.push(JSON.stringify(entity));
    }
  }
  const queues = QueueServiceClient.fromConnectionString(connection);
  for await (const { name } of queues.listQueues()) {
    const { peekedMessageItems } = await queues.getQueueClient(name).peekMessages({ numberOfMessages: 32 });
    parts.push(...peekedMessageItems.map(({ messageText }) => Buffer.from(messageText, 'base64').toString()));
  }
  const blobs = BlobServiceClient.fromConnectionString(connection);
  for await (const { name } of blobs.listContainers()) {
    const container = blobs.getContainerClient(name);
    for await (const blob of container.listBlobsFlat()) {
      parts.push((await container.getBlobClient(blob.name).downloadToBuffer()).toString());
    }
  }
  return parts.join('\n');
}

test('credentials appear in no log, answer, table, queue or blob, whatever fails', async () => {
  const answers: unknown[] = [];
  const ask = async (path: string, init?: RequestInit): Promise<void> =>
    void answers.push((await app.get(path, init)).body);
  simulator.setFaults({ kind: 'status', route: 'vm/detection', status: 401, count: 2 });
  await ask('ping', { method: 'POST' });
  await ask('status');
  await ask('edr/events?pageSize=2');
  await ask('edr/events?filter=nonsense%3A(');
  simulator.expireTokens();
  await ask('edr/events/count');
  simulator.configure({ password: 'changed' });
  simulator.expireTokens();
  await app.host.runTimer('plan-edr-events');
  await app.host.runTimer('plan-vm-detections');
  await ask('ping', { method: 'POST' });
  await ask('actions/qualys_edr_ping', {
    method: 'POST',
    body: JSON.stringify({ case_id: '1', alert_group_identifiers: [] }),
  });
  await ask('status');
  await ask('windows/edr-events');
  await ask('traces');
  const traced = (answers.at(-1) as { traces: { route: string }[] }).traces;
  expect(new Set(traced.map(({ route }) => route))).toContain('edr/auth');
  expect(traced.length).toBeGreaterThan(10);
  const everything = [app.log.join('\n'), JSON.stringify(answers), await storedText()].join('\n');
  expect(everything.length).toBeGreaterThan(5000);
  expect(secretForms().filter((secret) => everything.includes(secret))).toEqual([]);
});

test('the search would find a secret that is there', () => {
  const [password = ''] = secretForms();
  expect(secretForms().some((secret) => `…${password}…`.includes(secret))).toBe(true);
});
