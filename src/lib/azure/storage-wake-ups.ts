import type { Clock, WakeUp, WakeUps } from '../pipeline/ports.ts';
import { TABLE_NAMES, WAKE_UP_QUEUE_NAME } from './names.ts';
import { ifThere, unlessBeaten } from './storage-errors.ts';
import { createStorageQueue } from './storage-queue.ts';
import type { Storage } from './storage.ts';
import { getEntity, openTable, putEntity } from './table-entities.ts';

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
  const inTable = openTable(storage, TABLE_NAMES.watermarks);
  const queue = createStorageQueue<WakeUp>(storage, WAKE_UP_QUEUE_NAME, 'a wake-up');

  return {
    ask: async (stream) => {
      const isFirst = await inTable('booking a wake-up', async (table) => {
        const sent = await getEntity(table, stream, WAKE_UP_KEY);
        const now = clock.now();
        // Either way: clocks of machines differ.
        const ageMs = sent === undefined ? Infinity : Math.abs(now.getTime() - Date.parse(String(sent.sentAt)));
        if (ageMs < LOST_AFTER_MS) return false;
        const row = { partitionKey: stream, rowKey: WAKE_UP_KEY, sentAt: now.toISOString() };
        // Somebody else may have changed the row since it was read: sent one, or taken one and not looked yet.
        return (await unlessBeaten(putEntity(table, row, sent?.etag))) !== undefined;
      });
      if (isFirst) await queue.send({ version: 1, stream }, GATHER_SECONDS);
    },
    take: (stream) =>
      inTable('taking a wake-up', async (table) => {
        await ifThere(table.deleteEntity(stream, WAKE_UP_KEY));
      }),
  };
}
