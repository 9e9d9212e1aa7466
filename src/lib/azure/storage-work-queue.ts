import type { QueueClient } from '@azure/storage-queue';
import type { WorkItem, WorkQueue } from '../pipeline/ports.ts';
import { POISON_QUEUE_NAME, QUEUE_NAME } from './names.ts';
import { faultOf, toStorageError } from './storage-errors.ts';
import type { Storage } from './storage.ts';

/** A message can stay invisible for at most seven days. */
const MAX_DELAY_SECONDS = 7 * 86_400;

/** Messages in a queue: about how many, in flight and delayed ones included. */
export interface QueueLengths {
  readonly waiting: number;
  readonly poison: number;
}

/** The work queue over Storage queues, and its lengths. */
export function createStorageWorkQueue(
  storage: Storage,
): WorkQueue & { readonly lengths: () => Promise<QueueLengths> } {
  const queue = lazyQueue(storage, QUEUE_NAME);
  return {
    send: async (item: WorkItem, delaySeconds = 0) => {
      try {
        const visibilityTimeout = Math.min(Math.max(0, Math.ceil(delaySeconds)), MAX_DELAY_SECONDS);
        // The Functions host expects base64; the SDK sends text as it is.
        const text = Buffer.from(JSON.stringify(item)).toString('base64');
        // A message must outlive its delay: the default life is seven days.
        await (await queue()).sendMessage(text, { visibilityTimeout, messageTimeToLive: -1 });
      } catch (thrown) {
        throw toStorageError('sending a work item', thrown);
      }
    },
    lengths: async () => ({
      waiting: await lengthOf(storage, QUEUE_NAME),
      poison: await lengthOf(storage, POISON_QUEUE_NAME),
    }),
  };
}

function lazyQueue(storage: Storage, name: string): () => Promise<QueueClient> {
  let ready: Promise<QueueClient> | undefined;
  return () => {
    ready ??= makeQueue(storage, name).catch((thrown: unknown) => {
      ready = undefined;
      throw thrown;
    });
    return ready;
  };
}

async function makeQueue(storage: Storage, name: string): Promise<QueueClient> {
  const client = storage.queue(name);
  await client.createIfNotExists();
  return client;
}

async function lengthOf(storage: Storage, name: string): Promise<number> {
  try {
    return (await storage.queue(name).getProperties()).approximateMessagesCount ?? 0;
  } catch (thrown) {
    if (faultOf(thrown).status === 404) return 0;
    throw toStorageError('reading a queue length', thrown);
  }
}
