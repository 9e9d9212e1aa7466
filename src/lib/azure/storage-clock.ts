import { TABLE_NAMES } from './names.ts';
import { faultOf, toStorageError } from './storage-errors.ts';
import type { Storage } from './storage.ts';
import { lazyTable } from './table-checkpoint-store.ts';

/** An entity that nobody writes: what counts is the head of the answer. */
const NOBODY = 'clock';

/**
 * Reads the clock of the storage service, which all instances share, from the `Date` of an answer; undefined when it tells none.
 * @throws RetryableError when the storage fails.
 */
export function createStorageClock(storage: Storage): () => Promise<Date | undefined> {
  const table = lazyTable(storage, TABLE_NAMES.watermarks);
  return async () => {
    try {
      await (await table()).getEntity(NOBODY, NOBODY);
    } catch (thrown) {
      if (faultOf(thrown).status === 404) return dateOf(thrown);
      throw toStorageError('reading its clock', thrown);
    }
    return undefined;
  };
}

function dateOf(thrown: unknown): Date | undefined {
  const { response } = thrown as { response?: { headers: { get: (name: string) => string | undefined } } };
  const date = new Date(response?.headers.get('date') ?? '');
  return Number.isNaN(date.getTime()) ? undefined : date;
}
