import type { StartRecord, StartStore } from '../pipeline/ports.ts';
import { TABLE_NAMES } from './names.ts';
import type { Storage } from './storage.ts';
import { getEntity, openTable, pick } from './table-entities.ts';

/** The row beside a stream's watermark. */
const START_KEY = 'start';

/** How streams began, in the table of the watermarks. The last writer wins: planners that run at once find the same. */
export function createTableStartStore(storage: Storage): StartStore {
  const inTable = openTable(storage, TABLE_NAMES.watermarks);
  return {
    read: (stream) =>
      inTable('reading a start', async (table) => {
        const entity = await getEntity(table, stream, START_KEY);
        return entity && { stream, ...pick<Omit<StartRecord, 'stream'>>(entity, ['state', 'note', 'since']) };
      }),
    save: (record) =>
      inTable('storing a start', async (table) => {
        const entity = { ...record, partitionKey: record.stream, rowKey: START_KEY };
        await table.upsertEntity(entity, 'Replace');
      }),
  };
}
