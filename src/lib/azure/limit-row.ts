import type { TableClient } from '@azure/data-tables';
import type { ApiName } from '../pipeline/stream.ts';
import { emptyLimitState, type LimitState } from './limit-state.ts';
import { dateOf, skewOf } from './storage-clock.ts';
import { faultOf, isConflict, toStorageError } from './storage-errors.ts';

/** The row as it was read. */
export interface ReadLimits {
  readonly state: LimitState;
  readonly etag?: string;
  /** How far the clock of the storage is ahead of ours. */
  readonly skewMs: number;
}

/** The row of one API that all instances share. Its methods throw RetryableError when the storage fails. */
export interface LimitRow {
  readonly read: () => Promise<ReadLimits>;
  /** Creates without an ETag, replaces with one; false when another instance was faster. */
  readonly store: (state: LimitState, etag: string | undefined) => Promise<boolean>;
}

/** Opens the row; nothing is read before it is needed. */
export function openLimitRow(api: ApiName, table: () => Promise<TableClient>): LimitRow {
  return { read: () => readRow(api, table), store: (state, etag) => storeRow(api, table, state, etag) };
}

async function readRow(api: ApiName, open: () => Promise<TableClient>): Promise<ReadLimits> {
  const table = await open();
  const sentAt = Date.now();
  let skewMs = 0;
  const onResponse = (answer: Parameters<typeof dateOf>[0]): void =>
    void (skewMs = skewOf(dateOf(answer), sentAt, Date.now()));
  try {
    const entity = await table.getEntity<{ state?: string }>('limits', api, { onResponse });
    const state = { ...emptyLimitState(api), ...(JSON.parse(entity.state ?? '{}') as LimitState) };
    return { state, etag: entity.etag, skewMs };
  } catch (thrown) {
    if (faultOf(thrown).status === 404) return { state: emptyLimitState(api), skewMs };
    throw toStorageError('reading the limits', thrown);
  }
}

async function storeRow(
  api: ApiName,
  open: () => Promise<TableClient>,
  state: LimitState,
  etag: string | undefined,
): Promise<boolean> {
  const table = await open();
  const entity = { partitionKey: 'limits', rowKey: api, state: JSON.stringify(state) };
  try {
    if (etag === undefined) await table.createEntity(entity);
    else await table.updateEntity(entity, 'Replace', { etag });
    return true;
  } catch (thrown) {
    if (isConflict(thrown)) return false;
    throw toStorageError('changing the limits', thrown);
  }
}
