import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { TableClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startAzurite, type Azurite, type AzuriteOptions } from '../../dev/azurite/start-azurite.ts';

async function createDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'azurite-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  return dir;
}

async function run(options: AzuriteOptions): Promise<Azurite> {
  const azurite = await startAzurite(options);
  onTestFinished(azurite.close);
  return azurite;
}

/** One message, one row, one blob; on the second visit what the first has left. */
async function visit(connectionString: string): Promise<string[]> {
  const queue = QueueServiceClient.fromConnectionString(connectionString).getQueueClient('some-queue');
  await queue.createIfNotExists();
  const table = TableClient.fromConnectionString(connectionString, 'SomeTable', { allowInsecureConnection: true });
  await table.createTable();
  const container = BlobServiceClient.fromConnectionString(connectionString).getContainerClient('some-container');
  await container.createIfNotExists();
  const blob = container.getBlockBlobClient('a/b.json');
  const found: string[] = [];
  for (const { messageText } of (await queue.peekMessages()).peekedMessageItems) {
    found.push(messageText);
  }
  for await (const row of table.listEntities<{ text: string }>()) {
    found.push(row.text);
  }
  if (await blob.exists()) {
    found.push((await blob.downloadToBuffer()).toString());
  }
  await queue.sendMessage('message');
  await table.upsertEntity({ partitionKey: 'p', rowKey: 'r', text: 'row' });
  await blob.upload('blob', 4);
  return found;
}

describe('Azurite', () => {
  test('serves queues, tables and blobs through one connection string, and keeps them in its folder', async () => {
    const dir = await createDir();
    const first = await run({ dir });
    expect(await visit(first.connectionString)).toEqual([]);
    await first.close();
    const second = await run({ dir });
    expect(await visit(second.connectionString)).toEqual(['message', 'row', 'blob']);
    expect(second.queueUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/devstoreaccount1$/);
  });

  test('leaves nothing behind in memory, neither data nor files', async () => {
    const dir = await createDir();
    const first = await run({ dir, inMemory: true });
    await visit(first.connectionString);
    await first.close();
    await first.close();
    const second = await run({ dir, inMemory: true });
    expect(await visit(second.connectionString)).toEqual([]);
    expect(await readdir(dir)).toEqual([]);
  });

  test('runs twice in one process without sharing data', async () => {
    const [first, second] = [await run({ inMemory: true }), await run({ inMemory: true })];
    await visit(first.connectionString);
    expect(await visit(second.connectionString)).toEqual([]);
  });

  test('can do without blobs', async () => {
    const { connectionString, blobUrl } = await run({ inMemory: true, blob: false });
    expect(blobUrl).toBe('');
    expect(connectionString).not.toContain('BlobEndpoint');
    const service = QueueServiceClient.fromConnectionString(connectionString);
    expect((await service.createQueue('some-queue'))._response.status).toBe(201);
  });

  test('refuses a folder that another one keeps, and takes over that of a killed one', async () => {
    const dir = await createDir();
    const main = resolve(import.meta.dirname, '../../dev/azurite/main.ts');
    const child = spawn(process.execPath, [main, '--dir', dir, '--no-blob'], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    expect(line).toMatch(/^DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;/);
    await expect(startAzurite({ dir })).rejects.toThrow(`already keeps its data in ${dir} (process ${child.pid}`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const azurite = await run({ dir });
    expect(await visit(azurite.connectionString)).toEqual([]);
  });

  test('as a process saves its data when told to end', async () => {
    const dir = await createDir();
    const main = resolve(import.meta.dirname, '../../dev/azurite/main.ts');
    const child = spawn(process.execPath, [main, '--dir', dir], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    await visit(line);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(await visit((await run({ dir })).connectionString)).toEqual(['message', 'row', 'blob']);
  });

  test('names the port that is taken, and stops what it has started', async () => {
    const { tableUrl } = await run({ inMemory: true });
    const tablePort = Number(new URL(tableUrl).port);
    await expect(startAzurite({ inMemory: true, tablePort })).rejects.toThrow(`EADDRINUSE`);
  });
});
