import type { Clock, WakeUp, WakeUps } from '../pipeline/ports.ts';
import { TABLE_NAMES, WAKE_UP_POISON_QUEUE_NAME, WAKE_UP_QUEUE_NAME } from './names.ts';
import { faultOf, isConflict, toStorageError } from './storage-errors.ts';
import { createStorageQueue } from './storage-queue.ts';
import type { Storage } from './storage.ts';
import { lazyTable } from './table-checkpoint-store.ts';

/** The row beside a stream's watermark while a wake-up is on its way. */
const WAKE_UP_KEY = 'wake-up';
/** Windows that end in this time after one another wake the planner once. */
const GATHER_SECONDS = 2;
/** A wake-up that was not taken after so long is lost, or late: the next ending sends another one. */
const LOST_AFTER_MS = 15_000;

/**
 * Wake-ups over a queue of their own, and a row a stream that says whether one is on its way. An ending that finds the row sends nothing:
 * the planner deletes it before it looks, so it will see what had ended until then.
 */
export function createStorageWakeUps(storage: Storage, clock: Clock): WakeUps {
  const table = lazyTable(storage, TABLE_NAMES.watermarks);
  const queue = createStorageQueue<WakeUp>(storage, {
    name: WAKE_UP_QUEUE_NAME,
    poisonName: WAKE_UP_POISON_QUEUE_NAME,
    what: 'a wake-up',
  });

  async function findSent(stream: string): Promise<{ etag: string; sentAt: string } | undefined> {
    try {
      return await (await table()).getEntity<{ etag: string; sentAt: string }>(stream, WAKE_UP_KEY);
    } catch (thrown) {
      if (faultOf(thrown).status === 404) return undefined;
      throw toStorageError('reading a wake-up', thrown);
    }
  }

  /** False where somebody else has changed the row since it was read: sent one, or taken one and not looked yet. */
  async function book(stream: string, etag: string | undefined): Promise<boolean> {
    const row = { partitionKey: stream, rowKey: WAKE_UP_KEY, sentAt: clock.now().toISOString() };
    try {
      if (etag === undefined) await (await table()).createEntity(row);
      else await (await table()).updateEntity(row, 'Replace', { etag });
      return true;
    } catch (thrown) {
      if (isConflict(thrown)) return false;
      throw toStorageError('booking a wake-up', thrown);
    }
  }

  return {
    ask: async (stream) => {
      const sent = await findSent(stream);
      // Either way: clocks of machines differ.
      const ageMs = sent === undefined ? Infinity : Math.abs(clock.now().getTime() - Date.parse(sent.sentAt));
      if (ageMs < LOST_AFTER_MS || !(await book(stream, sent?.etag))) return;
      await queue.send({ version: 1, stream }, GATHER_SECONDS);
    },
    take: async (stream) => {
      try {
        await (await table()).deleteEntity(stream, WAKE_UP_KEY);
      } catch (thrown) {
        if (faultOf(thrown).status !== 404) throw toStorageError('taking a wake-up', thrown);
      }
    },
  };
}
