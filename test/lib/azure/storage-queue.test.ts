import { describe, expect, test } from 'vitest';
import { poisonNameOf, QUEUE_NAME } from '../../../src/lib/azure/names.ts';
import { createStorageWorkQueue } from '../../../src/lib/azure/storage-queue.ts';
import { openStorage } from '../../../src/lib/azure/storage.ts';
import { RetryableError } from '../../../src/lib/errors.ts';
import type { WorkItem } from '../../../src/lib/pipeline/ports.ts';
import { parseWorkItem } from '../../../src/lib/pipeline/work-item.ts';
import { testAzurite, testStorage } from '../../support/storage.ts';

const ITEM: WorkItem = { version: 1, stream: 'edr-events', run: 'live', window: '20260501T000000Z-20260501T001500Z' };

describe('the work queue', () => {
  test('sends items as the Functions host reads them: base64 of JSON', async () => {
    const storage = await testStorage();
    const queue = createStorageWorkQueue(storage);
    await queue.send(ITEM);
    const { receivedMessageItems } = await storage.queue(QUEUE_NAME).receiveMessages();
    const text = receivedMessageItems[0]!.messageText;
    expect(text).toMatch(/^[A-Za-z0-9+/]+=*$/);
    expect(parseWorkItem(JSON.parse(Buffer.from(text, 'base64').toString()))).toEqual(ITEM);
    await storage.queue(QUEUE_NAME).clearMessages();
  });

  test('hides an item for its delay, fractions rounded up, and keeps it for ever', async () => {
    const storage = await testStorage();
    const queue = createStorageWorkQueue(storage);
    const sentAt = Date.now();
    await queue.send(ITEM, 1.2);
    expect((await storage.queue(QUEUE_NAME).receiveMessages()).receivedMessageItems).toEqual([]);
    let [message] = (await storage.queue(QUEUE_NAME).receiveMessages()).receivedMessageItems;
    while (message === undefined) [message] = (await storage.queue(QUEUE_NAME).receiveMessages()).receivedMessageItems;
    expect(Date.now() - sentAt).toBeGreaterThan(1000);
    expect(message.expiresOn.getTime()).toBeGreaterThan(Date.now() + 8 * 86_400_000);
    await storage.queue(QUEUE_NAME).clearMessages();
  });

  test.for([8 * 86_400, 7 * 86_400, -5, 0, Number.MIN_VALUE])('takes a delay of %d seconds', async (delay) => {
    const storage = await testStorage();
    await createStorageWorkQueue(storage).send(ITEM, delay);
    await storage.queue(QUEUE_NAME).clearMessages();
  });

  test('counts what waits and what was poisoned; a queue that does not exist yet is empty', async () => {
    const storage = await testStorage();
    const queue = createStorageWorkQueue(storage);
    await storage.queue(poisonNameOf(QUEUE_NAME)).deleteIfExists();
    await queue.send(ITEM);
    await queue.send(ITEM, 3600);
    expect(await queue.lengths()).toEqual({ waiting: 2, poison: 0 });
    await storage.queue(poisonNameOf(QUEUE_NAME)).create();
    await storage.queue(poisonNameOf(QUEUE_NAME)).sendMessage('x');
    expect(await queue.lengths()).toEqual({ waiting: 2, poison: 1 });
    await storage.queue(QUEUE_NAME).clearMessages();
  });

  test('that cannot be reached is a passing fault, and is tried again', async () => {
    const { connectionString } = await testAzurite();
    const storage = openStorage({
      AzureWebJobsStorage: connectionString.replace(
        /QueueEndpoint=[^;]+/,
        'QueueEndpoint=http://127.0.0.1:9/devstoreaccount1',
      ),
    });
    const queue = createStorageWorkQueue(storage);
    await expect(queue.send(ITEM)).rejects.toBeInstanceOf(RetryableError);
    await expect(queue.send(ITEM)).rejects.toThrow('storage failed sending a work item');
  });
});
