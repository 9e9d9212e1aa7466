import type { StartRecord, StartStore } from '../pipeline/ports.ts';
import { TABLE_NAMES } from './names.ts';
import { faultOf, toStorageError } from './storage-errors.ts';
import type { Storage } from './storage.ts';
import { lazyTable } from './table-checkpoint-store.ts';

/** The row beside a stream's watermark. */
const START_KEY = 'start';

/** How streams began, in the table of the watermarks. The last writer wins: planners that run at once find the same. */
export function createTableStartStore(storage: Storage): StartStore {
  const table = lazyTable(storage, TABLE_NAMES.watermarks);
  return {
    read: async (stream) => {
      try {
        const { state, note, since } = await (await table()).getEntity<Omit<StartRecord, 'stream'>>(stream, START_KEY);
        return { stream, state, note, since };
      } catch (thrown) {
        if (faultOf(thrown).status === 404) return undefined;
        throw toStorageError('reading a start', thrown);
      }
    },
    save: async (record) => {
      try {
        const entity = { ...record, partitionKey: record.stream, rowKey: START_KEY };
        await (await table()).upsertEntity(entity, 'Replace');
      } catch (thrown) {
        throw toStorageError('storing a start', thrown);
      }
    },
  };
}
