import type { QueueClient } from '@azure/storage-queue';
import { faultOf, toStorageError } from './storage-errors.ts';
import type { Storage } from './storage.ts';

/** A message can stay invisible for at most seven days. */
const MAX_DELAY_SECONDS = 7 * 86_400;

/** Messages in a queue: about how many, in flight and delayed ones included. */
export interface QueueLengths {
  readonly waiting: number;
  readonly poison: number;
}

/** A queue of JSON messages with its poison queue. */
export interface StorageQueue<T> {
  /** @throws RetryableError or ConfigError when the storage fails. */
  readonly send: (message: T, delaySeconds?: number) => Promise<void>;
  readonly lengths: () => Promise<QueueLengths>;
}

/** Opens a queue; it is made with the first message, and again when somebody has removed it. */
export function createStorageQueue<T>(
  storage: Storage,
  { name, poisonName, what }: { readonly name: string; readonly poisonName: string; readonly what: string },
): StorageQueue<T> {
  const queue = lazyQueue(storage, name);
  return {
    send: async (message, delaySeconds = 0) => {
      try {
        const visibilityTimeout = Math.min(Math.max(0, Math.ceil(delaySeconds)), MAX_DELAY_SECONDS);
        // The Functions host expects base64; the SDK sends text as it is.
        const text = Buffer.from(JSON.stringify(message)).toString('base64');
        // A message must outlive its delay: the default life is seven days.
        await (await queue.open()).sendMessage(text, { visibilityTimeout, messageTimeToLive: -1 });
      } catch (thrown) {
        if (faultOf(thrown).status === 404) queue.forget();
        throw toStorageError(`sending ${what}`, thrown);
      }
    },
    lengths: async () => ({ waiting: await lengthOf(storage, name), poison: await lengthOf(storage, poisonName) }),
  };
}

function lazyQueue(storage: Storage, name: string): { open: () => Promise<QueueClient>; forget: () => void } {
  let ready: Promise<QueueClient> | undefined;
  const forget = (): void => void (ready = undefined);
  return {
    open: () => {
      ready ??= makeQueue(storage, name).catch((thrown: unknown) => {
        forget();
        throw thrown;
      });
      return ready;
    },
    forget,
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
