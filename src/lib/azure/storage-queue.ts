import type { QueueClient } from '@azure/storage-queue';
import type { AlertItem } from '../alerts/ports.ts';
import type { WorkItem } from '../pipeline/ports.ts';
import { ALERT_QUEUE_NAME, poisonNameOf, QUEUE_NAME } from './names.ts';
import { attempt, ifThere } from './storage-errors.ts';
import type { Storage } from './storage.ts';

/** A message can stay invisible for at most seven days. */
const MAX_DELAY_SECONDS = 7 * 86_400;

/** A queue of JSON messages with its poison queue. */
export interface StorageQueue<T> {
  /** @throws RetryableError or ConfigError when the storage fails. */
  readonly send: (message: T, delaySeconds?: number) => Promise<void>;
  /** Messages in both: about how many, in flight and delayed ones included. */
  readonly lengths: () => Promise<{ readonly waiting: number; readonly poison: number }>;
}

/** The work queue, and its lengths. */
export function createStorageWorkQueue(storage: Storage): StorageQueue<WorkItem> {
  return createStorageQueue(storage, QUEUE_NAME, 'a work item');
}

/** The alert queue, and its lengths. */
export function createStorageAlertQueue(storage: Storage): StorageQueue<AlertItem> {
  return createStorageQueue(storage, ALERT_QUEUE_NAME, 'an alert');
}

/** Opens a queue; it is made with the first message, and again when somebody has removed it. */
export function createStorageQueue<T>(storage: Storage, name: string, what: string): StorageQueue<T> {
  let ready: Promise<QueueClient> | undefined;
  return {
    send: (message, delaySeconds = 0) =>
      attempt(`sending ${what}`, async () => {
        const visibilityTimeout = Math.min(Math.max(0, Math.ceil(delaySeconds)), MAX_DELAY_SECONDS);
        // The Functions host expects base64; the SDK sends text as it is.
        const text = Buffer.from(JSON.stringify(message)).toString('base64');
        ready ??= makeQueue(storage, name);
        try {
          // A message must outlive its delay: the default life is seven days.
          await (await ready).sendMessage(text, { visibilityTimeout, messageTimeToLive: -1 });
        } catch (thrown) {
          ready = undefined;
          throw thrown;
        }
      }),
    lengths: async () => ({
      waiting: await lengthOf(storage, name),
      poison: await lengthOf(storage, poisonNameOf(name)),
    }),
  };
}

async function makeQueue(storage: Storage, name: string): Promise<QueueClient> {
  const client = storage.queue(name);
  await client.createIfNotExists();
  return client;
}

function lengthOf(storage: Storage, name: string): Promise<number> {
  return attempt('reading a queue length', async () => {
    const properties = await ifThere(storage.queue(name).getProperties());
    return properties?.approximateMessagesCount ?? 0;
  });
}
