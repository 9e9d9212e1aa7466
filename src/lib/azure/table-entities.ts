import {
  type GetTableEntityOptions,
  odata,
  type TableClient,
  type TableEntityQueryOptions,
  type TransactionAction,
} from '@azure/data-tables';
import { onceDone } from '../once-done.ts';
import { atMost } from './at-most.ts';
import { attempt, ifThere, unlessBeaten } from './storage-errors.ts';
import type { Storage } from './storage.ts';

/** A row as the SDK gives and takes it. */
export type Entity = { partitionKey: string; rowKey: string; etag?: string } & Record<string, unknown>;

/** A table client that makes its table before the first use; a failed try is tried again. */
export function lazyTable(storage: Storage, name: string): () => Promise<TableClient> {
  return onceDone(async () => {
    const table = storage.table(name);
    await table.createTable();
    return table;
  });
}

/** Does something with a table, which is made before the first use. @throws what a storage failure means to the pipeline, with the action in its message. */
export type InTable = <T>(action: string, run: (table: TableClient) => Promise<T>) => Promise<T>;

/** Opens a table for what is done with it. */
export function openTable(storage: Storage, name: string): InTable {
  const table = lazyTable(storage, name);
  return (action, run) => attempt(action, async () => run(await table()));
}

/** Reads a row; undefined where there is none. */
export function getEntity(
  table: TableClient,
  partitionKey: string,
  rowKey: string,
  options?: GetTableEntityOptions,
): Promise<Entity | undefined> {
  return ifThere(table.getEntity(partitionKey, rowKey, options));
}

/** A filter for the rows of a partition from one key on and before another. */
export function rowsBetween(partition: string, from: string, before: string): string {
  return odata`PartitionKey eq ${partition} and RowKey ge ${from} and RowKey lt ${before}`;
}

/** Reads rows in the order of their keys, at most so many. */
export function listEntities(
  table: TableClient,
  queryOptions: TableEntityQueryOptions,
  most = Infinity,
): Promise<Entity[]> {
  return atMost(most, table.listEntities<Entity>({ queryOptions }));
}

/** Those of the properties that a row has, as they were stored. */
export function pick<T>(entity: Entity, names: readonly (keyof T & string)[]): T {
  return Object.fromEntries(
    names.filter((name) => entity[name] !== undefined).map((name) => [name, entity[name]]),
  ) as T;
}

/** The bytes in the columns `p0`, `p1` … of a row, up to the first that is absent: one takes 64 KiB. */
export function columnsOf(entity: Readonly<Record<string, unknown>>): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (;;) {
    const bytes = entity[`p${found.length}`];
    if (!(bytes instanceof Uint8Array)) return found;
    found.push(bytes);
  }
}

/** Creates without an ETag, replaces with one; what is undefined is left out. @returns the new ETag. */
export async function putEntity(table: TableClient, entity: Entity, etag: string | undefined): Promise<string> {
  const { etag: stored = '' } =
    etag === undefined ? await table.createEntity(entity) : await table.updateEntity(entity, 'Replace', { etag });
  return stored;
}

/** The same in a transaction. */
export function putAction(entity: Entity, etag: string | undefined): TransactionAction {
  return etag === undefined ? ['create', entity] : ['update', entity, 'Replace', { etag }];
}

/** Deletes rows as they were listed: one that somebody has changed since stays. A `select` names the properties that `isWanted` needs. */
export async function deleteWhere(
  table: TableClient,
  queryOptions: TableEntityQueryOptions,
  isWanted: (entity: Entity) => boolean | Promise<boolean>,
): Promise<void> {
  for await (const listed of table.listEntities({ queryOptions })) {
    const entity = listed as Entity;
    if (!(await isWanted(entity))) continue;
    await unlessBeaten(table.deleteEntity(entity.partitionKey, entity.rowKey, { etag: entity.etag ?? '' }));
  }
}
