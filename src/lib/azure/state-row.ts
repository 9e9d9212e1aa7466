import type { TableClient } from '@azure/data-tables';
import { dateOf, skewOf } from './storage-clock.ts';
import { faultOf, isConflict, toStorageError } from './storage-errors.ts';

/** The row as it was read. */
export interface ReadState<T> {
  readonly state: T;
  readonly etag?: string;
  /** How far the clock of the storage is ahead of ours. */
  readonly skewMs: number;
}

/** A row of the limits that all instances share. Its methods throw RetryableError when the storage fails. */
export interface StateRow<T> {
  readonly read: () => Promise<ReadState<T>>;
  /** Creates without an ETag, replaces with one; false when another instance was faster. */
  readonly store: (state: T, etag: string | undefined) => Promise<boolean>;
}

/** Opens a row; nothing is read before it is needed. What a newer release has added to its state stays in it. */
export function openStateRow<T extends object>(key: string, empty: T, table: () => Promise<TableClient>): StateRow<T> {
  return { read: () => readRow(key, empty, table), store: (state, etag) => storeRow(key, table, state, etag) };
}

async function readRow<T extends object>(
  key: string,
  empty: T,
  open: () => Promise<TableClient>,
): Promise<ReadState<T>> {
  const table = await open();
  const sentAt = Date.now();
  let skewMs = 0;
  const onResponse = (answer: Parameters<typeof dateOf>[0]): void =>
    void (skewMs = skewOf(dateOf(answer), sentAt, Date.now()));
  try {
    const entity = await table.getEntity<{ state?: string }>('limits', key, { onResponse });
    const state = { ...empty, ...(JSON.parse(entity.state ?? '{}') as T) };
    return { state, etag: entity.etag, skewMs };
  } catch (thrown) {
    if (faultOf(thrown).status === 404) return { state: empty, skewMs };
    throw toStorageError('reading the limits', thrown);
  }
}

async function storeRow(
  key: string,
  open: () => Promise<TableClient>,
  state: object,
  etag: string | undefined,
): Promise<boolean> {
  const table = await open();
  const entity = { partitionKey: 'limits', rowKey: key, state: JSON.stringify(state) };
  try {
    if (etag === undefined) await table.createEntity(entity);
    else await table.updateEntity(entity, 'Replace', { etag });
    return true;
  } catch (thrown) {
    if (isConflict(thrown)) return false;
    throw toStorageError('changing the limits', thrown);
  }
}
