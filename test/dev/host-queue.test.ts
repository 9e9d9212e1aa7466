import { QueueServiceClient, type QueueClient } from '@azure/storage-queue';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startAzurite, type Azurite } from '../../dev/azurite/start-azurite.ts';
import { decodeMessage } from '../../dev/host/queue-message.ts';
import { notes, runApp, type TestHost } from './host-test-app.ts';

let azurite: Azurite;
let service: QueueServiceClient;
let count = 0;

beforeAll(async () => {
  azurite = await startAzurite({ inMemory: true, blob: false });
  service = QueueServiceClient.fromConnectionString(azurite.connectionString);
});

afterAll(async () => {
  await azurite.close();
});

interface QueueSetup {
  readonly queue: QueueClient;
  readonly poison: QueueClient;
  readonly host: TestHost;
}

/** Runs an app whose source uses %QUEUE%, on a queue of its own. */
async function runQueueApp(
  source: string,
  queues: object = {},
  options: Parameters<typeof runApp>[1] = {},
): Promise<QueueSetup> {
  count += 1;
  const name = `work-${count}`;
  const host = await runApp(source, {
    hostJson: { extensions: { queues } },
    settings: { QUEUE: name, AzureWebJobsStorage: azurite.connectionString },
    ...options,
  });
  const [queue, poison] = [service.getQueueClient(name), service.getQueueClient(`${name}-poison`)];
  await queue.createIfNotExists();
  return { queue, poison, host };
}

function encode(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64');
}

/** Messages in a queue, the invisible ones included. */
async function size(queue: QueueClient): Promise<number> {
  return (await queue.exists()) ? ((await queue.getProperties()).approximateMessagesCount ?? 0) : 0;
}

const noteMessage = `
app.storageQueue('work', {
  queueName: '%QUEUE%', connection: 'AzureWebJobsStorage',
  handler: async (item, context) => note({ item, metadata: context.triggerMetadata }),
});
`;

describe('a queue function', () => {
  test('gets the decoded message, parsed where it is JSON, with its metadata; then the message is gone', async () => {
    const { queue, host } = await runQueueApp(noteMessage);
    const { messageId } = await queue.sendMessage(
      encode({ stream: 'edr-events', Nested: { A: 1 }, list: [1], no: null }),
    );
    await expect.poll(() => notes).toHaveLength(1);
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/) as string;
    expect(notes[0]).toEqual({
      item: { stream: 'edr-events', Nested: { A: 1 }, list: [1], no: null },
      metadata: {
        queueTrigger: { stream: 'edr-events', nested: { a: 1 }, list: [1], no: null },
        dequeueCount: 1,
        id: messageId,
        insertionTime: time,
        expirationTime: time,
        nextVisibleTime: time,
        popReceipt: expect.any(String) as string,
        stream: 'edr-events',
        nested: { a: 1 },
      },
    });
    await expect.poll(() => size(queue)).toBe(0);
    expect(host.listing).toContain('work: queueTrigger');
  });

  test('gets text as text, and a body property in place of the metadata of its name', async () => {
    const { queue } = await runQueueApp(noteMessage);
    await queue.sendMessage(encode('grüße'));
    await expect.poll(() => notes).toMatchObject([{ item: 'grüße' }]);
    await queue.sendMessage(encode({ ID: 'own', dequeueCount: 7 }));
    await expect.poll(() => notes.at(-1)).toMatchObject({ metadata: { id: 'own', dequeueCount: 7 } });
  });

  test('gets text without base64 where host.json says so', async () => {
    const { queue } = await runQueueApp(noteMessage, { messageEncoding: 'none' });
    await queue.sendMessage('{"plain":true}');
    await expect.poll(() => notes).toMatchObject([{ item: { plain: true } }]);
  });

  test('that fails sees the message again with a higher count, after the visibility timeout, until it succeeds', async () => {
    const { queue, poison, host } = await runQueueApp(
      `app.storageQueue('work', { queueName: '%QUEUE%', connection: 'AzureWebJobsStorage', handler: async (item, context) => {
        note({ at: Date.now(), dequeueCount: context.triggerMetadata.dequeueCount });
        if (context.triggerMetadata.dequeueCount < 3) { throw new Error('not yet'); }
      } });`,
      { visibilityTimeout: '00:00:02', maxDequeueCount: 3 },
    );
    await queue.sendMessage(encode('x'));
    await expect.poll(() => notes, { interval: 200 }).toHaveLength(3);
    const runs = notes as { at: number; dequeueCount: number }[];
    expect(runs.map(({ dequeueCount }) => dequeueCount)).toEqual([1, 2, 3]);
    expect(runs[1]!.at - runs[0]!.at).toBeGreaterThan(1000);
    await expect.poll(() => size(queue)).toBe(0);
    expect(await size(poison)).toBe(0);
    expect(host.logged.filter(({ level }) => level === 'error')).toHaveLength(2);
  });

  test('moves what failed too often to the poison queue, unchanged, where another function may take it', async () => {
    const { queue, poison, host } = await runQueueApp(
      `app.storageQueue('work', { queueName: '%QUEUE%', connection: 'AzureWebJobsStorage', handler: async () => {
        note('tried');
        throw new Error('never');
      } });
      app.storageQueue('poison', { queueName: '%QUEUE%-poison', connection: 'AzureWebJobsStorage', handler: async (item, context) => {
        note({ item, dequeueCount: context.triggerMetadata.dequeueCount });
      } });`,
      { maxDequeueCount: 2 },
    );
    await queue.sendMessage(encode({ a: 'ü' }));
    await expect.poll(() => notes).toEqual(['tried', 'tried', { item: { a: 'ü' }, dequeueCount: 1 }]);
    await expect.poll(async () => [await size(queue), await size(poison)]).toEqual([0, 0]);
    const warnings = host.logged.filter(({ level }) => level === 'warning').map(({ message }) => message);
    expect(warnings).toEqual([`Message has reached MaxDequeueCount of 2. Moving message to queue '${poison.name}'.`]);
  });

  test('on a poison queue has no poison queue of its own: what fails stays invisible', async () => {
    const { queue, poison } = await runQueueApp(
      `app.storageQueue('poison', { queueName: '%QUEUE%-poison', connection: 'AzureWebJobsStorage', handler: async () => {
        note('tried');
        throw new Error('never');
      } });`,
      { maxDequeueCount: 1 },
    );
    await poison.createIfNotExists();
    await poison.sendMessage(encode('x'));
    await queue.sendMessage(encode('not listened to'));
    await expect.poll(() => notes).toEqual(['tried']);
    expect((await poison.peekMessages()).peekedMessageItems).toEqual([]);
    expect(await size(poison)).toBe(1);
    expect(await service.getQueueClient(`${poison.name}-poison`).exists()).toBe(false);
  });

  test('never sees what is no base64: it goes to the poison queue as it is', async () => {
    const { queue, poison } = await runQueueApp(noteMessage);
    await queue.sendMessage('{"plain":1}');
    await expect.poll(() => size(poison)).toBe(1);
    expect((await poison.peekMessages()).peekedMessageItems[0]!.messageText).toBe('{"plain":1}');
    expect(notes).toEqual([]);
  });

  test('never sees a message that others have taken too often', async () => {
    const queue = service.getQueueClient(`work-${count + 1}`);
    await queue.create();
    await queue.sendMessage(encode('x'));
    for (let taken = 0; taken < 2; taken++) {
      const { receivedMessageItems } = await queue.receiveMessages();
      const [message] = receivedMessageItems;
      await queue.updateMessage(message!.messageId, message!.popReceipt, undefined, 0);
    }
    const { poison } = await runQueueApp(noteMessage, { maxDequeueCount: 2 });
    await expect.poll(() => size(poison)).toBe(1);
    expect(notes).toEqual([]);
  });

  test('runs at most batchSize + newBatchThreshold messages at once, and takes more as places get free', async () => {
    const queue = service.getQueueClient(`work-${count + 1}`);
    await queue.create();
    await Promise.all(Array.from({ length: 8 }, () => queue.sendMessage(encode('x'))));
    const ends: (() => void)[] = [];
    Object.assign(globalThis, { hostTestEnds: ends });
    await runQueueApp(
      `let running = 0;
      app.storageQueue('work', { queueName: '%QUEUE%', connection: 'AzureWebJobsStorage', handler: async () => {
        note(++running);
        await new Promise((resolve) => globalThis.hostTestEnds.push(resolve));
        running -= 1;
      } });`,
      { batchSize: 2, newBatchThreshold: 1 },
    );
    await expect.poll(() => notes).toEqual([1, 2]);
    ends.shift()!();
    await expect.poll(() => notes).toEqual([1, 2, 2, 3]);
    for (let ended = 1; ended < 8; ended++) {
      await expect.poll(() => ends.length).toBeGreaterThan(0);
      ends.shift()!();
    }
    await expect.poll(() => notes).toHaveLength(8);
    expect(Math.max(...(notes as number[]))).toBe(3);
    await expect.poll(() => size(queue)).toBe(0);
  });

  test('works in a chain without waiting for the next look into the queue', async () => {
    const { queue } = await runQueueApp(
      `const { QueueClient } = require(${JSON.stringify(new URL(import.meta.resolve('@azure/storage-queue')).pathname)});
      app.storageQueue('work', { queueName: '%QUEUE%', connection: 'AzureWebJobsStorage', handler: async (page) => {
        note(page);
        await new Promise((resolve) => setTimeout(resolve, 300));
        if (page < 8) {
          const queue = new QueueClient(process.env.AzureWebJobsStorage, process.env.QUEUE);
          await queue.sendMessage(Buffer.from(String(page + 1)).toString('base64'));
        }
      } });`,
      { batchSize: 1, newBatchThreshold: 1 },
    );
    const startedAt = performance.now();
    await queue.sendMessage(encode('1'));
    await expect.poll(() => notes).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(performance.now() - startedAt).toBeLessThan(8000);
  });

  test('keeps its message invisible for as long as it runs', async () => {
    const { queue } = await runQueueApp(
      `app.storageQueue('work', { queueName: '%QUEUE%', connection: 'AzureWebJobsStorage', handler: async () => {
        note('begin');
        await new Promise((resolve) => setTimeout(resolve, 3500));
        note('end');
      } });`,
      {},
      { invisibilityMs: 2000 },
    );
    await queue.sendMessage(encode('x'));
    await expect.poll(() => notes).toEqual(['begin', 'end']);
    await expect.poll(() => size(queue)).toBe(0);
    expect(notes).toEqual(['begin', 'end']);
  });

  test('waits for storage that is away, and says so once', async () => {
    const away = await startAzurite({ inMemory: true, blob: false });
    const ports = {
      queuePort: Number(new URL(away.queueUrl).port),
      tablePort: Number(new URL(away.tableUrl).port),
    };
    await away.close();
    const { host } = await runQueueApp(
      noteMessage,
      {},
      { settings: { QUEUE: 'late-queue', AzureWebJobsStorage: away.connectionString }, closeTimeoutMs: 500 },
    );
    const errors = (): string[] => host.logged.filter(({ level }) => level === 'error').map(({ message }) => message);
    await expect.poll(errors).toHaveLength(1);
    expect(errors()[0]).toContain("Queue 'late-queue' cannot be read");
    const back = await startAzurite({ inMemory: true, blob: false, ...ports });
    const queue = QueueServiceClient.fromConnectionString(back.connectionString).getQueueClient('late-queue');
    await expect.poll(() => queue.exists()).toBe(true);
    await queue.sendMessage(encode('here'));
    await expect.poll(() => notes).toMatchObject([{ item: 'here' }]);
    await host.close();
    await back.close();
    expect(errors()).toHaveLength(1);
  });
});

describe('the end of the host', () => {
  const slow = `
    app.storageQueue('work', { queueName: '%QUEUE%', connection: 'AzureWebJobsStorage', handler: async () => {
      note('begin');
      await new Promise((resolve) => setTimeout(resolve, 1000));
      note('end');
    } });
  `;

  test('waits for a running queue function and its message', async () => {
    const { queue, host } = await runQueueApp(slow);
    await queue.sendMessage(encode('x'));
    await expect.poll(() => notes).toEqual(['begin']);
    await host.close();
    expect(notes).toEqual(['begin', 'end']);
    expect(await size(queue)).toBe(0);
  });

  test('gives back the message of a function that does not end in time', async () => {
    const { queue, host } = await runQueueApp(slow, {}, { closeTimeoutMs: 50 });
    await queue.sendMessage(encode('x'));
    await expect.poll(() => notes).toEqual(['begin']);
    await host.close();
    expect((await queue.peekMessages()).peekedMessageItems).toHaveLength(1);
  });

  test('leaves new messages to the next host', async () => {
    const { queue, host } = await runQueueApp(noteMessage);
    await host.close();
    await queue.sendMessage(encode('later'));
    const { host: next } = await runQueueApp(
      noteMessage,
      {},
      {
        settings: { QUEUE: queue.name, AzureWebJobsStorage: azurite.connectionString },
      },
    );
    await expect.poll(() => notes).toMatchObject([{ item: 'later' }]);
    await next.close();
  });
});

describe('a connection', () => {
  const source = (connection: string): string =>
    `app.storageQueue('work', { queueName: 'some-queue', connection: '${connection}', handler: () => {} });`;

  test.each([
    ['Nowhere', {}, 'queue function "work": the setting "Nowhere" (its connection) is not set'],
    ['Mine', { Mine: 'rubbish' }, 'the setting "Mine" (its connection) is no storage connection string'],
    ['Mine', { Mine__accountName: 'x' }, '"Mine__accountName" connects by identity, which this local host does not'],
    ['Mine', { Mine__queueServiceUri: 'https://x' }, '"Mine__queueServiceUri" connects by identity'],
  ])('%s with %j is refused', async (connection, settings, message) => {
    await expect(runApp(source(connection), { settings: settings })).rejects.toThrow(message);
  });

  test('may be the name without AzureWebJobs, and UseDevelopmentStorage', async () => {
    const host = await runApp(source('Mine'), {
      settings: { AzureWebJobsMine: 'UseDevelopmentStorage=true' },
      closeTimeoutMs: 100,
    });
    expect(host.functions).toEqual(['work']);
  });

  test('needs a queue name that storage allows', async () => {
    const wrong = `app.storageQueue('work', { queueName: 'Not_Allowed', connection: 'AzureWebJobsStorage', handler: () => {} });`;
    await expect(runQueueApp(wrong)).rejects.toThrow('queueName "not_allowed" is not allowed');
  });
});

describe('base64', () => {
  test('of any bytes is decoded', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(decodeMessage(Buffer.from(bytes).toString('base64'), 'base64')).toEqual(Buffer.from(bytes));
      }),
    );
  });

  test.each(['{"a":1}', 'abc', 'ab=c', '====', 'YQ', 'Y-_='])('%s is none', (text) => {
    expect(decodeMessage(text, 'base64')).toBeUndefined();
  });
});
