import type { TableClient } from '@azure/data-tables';
import { ClaimLostError } from '../errors.ts';
import { faultOf, isConflict } from './storage-errors.ts';

/** A row as the SDK gives and takes it. */
export type Entity = { partitionKey: string; rowKey: string; etag?: string } & Record<string, unknown>;

/** Reads a row; undefined where there is none. */
export async function getEntity(table: TableClient, partitionKey: string, rowKey: string): Promise<Entity | undefined> {
  try {
    const found: unknown = await table.getEntity(partitionKey, rowKey);
    return found as Entity;
  } catch (thrown) {
    if (faultOf(thrown).status === 404) return undefined;
    throw thrown;
  }
}

/** Creates without an ETag, replaces with one. @throws ClaimLostError when somebody else was faster. */
export async function putEntity(table: TableClient, entity: Entity, etag: string | undefined): Promise<string> {
  const present = Object.fromEntries(Object.entries(entity).filter(([, value]) => value !== undefined)) as Entity;
  try {
    const { etag: stored } =
      etag === undefined ? await table.createEntity(present) : await table.updateEntity(present, 'Replace', { etag });
    return stored ?? '';
  } catch (thrown) {
    if (isConflict(thrown))
      throw new ClaimLostError(`record ${entity.rowKey} was changed by another worker`, { cause: thrown });
    throw thrown;
  }
}

/** Deletes rows as they were listed: one that somebody has changed since stays. A `select` names the properties that `isWanted` needs. */
export async function deleteWhere(
  table: TableClient,
  queryOptions: { readonly filter: string; readonly select?: string[] },
  isWanted: (entity: Entity) => boolean | Promise<boolean>,
): Promise<void> {
  for await (const listed of table.listEntities({ queryOptions })) {
    const entity = listed as Entity;
    if (!(await isWanted(entity))) continue;
    await table
      .deleteEntity(entity.partitionKey, entity.rowKey, { etag: entity.etag ?? '' })
      .catch((thrown: unknown) => {
        if (!isConflict(thrown)) throw thrown;
      });
  }
}
