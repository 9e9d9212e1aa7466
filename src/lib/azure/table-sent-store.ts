import { odata } from '@azure/data-tables';
import { randomUUID } from 'node:crypto';
import type { SentRow, SentStore } from '../cost/sent.ts';
import { TABLE_NAMES } from './names.ts';
import { attempt } from './storage-errors.ts';
import type { Storage } from './storage.ts';
import { deleteWhere, lazyTable } from './table-entities.ts';

/** `causes` is absent in rows of releases that did not know it. */
interface StoredSums {
  readonly since: string;
  readonly streams: string;
  readonly causes?: string;
}

/** What processes have sent, in Table Storage: a partition a day, a row a process. */
export function createTableSentStore(storage: Storage): SentStore {
  const table = lazyTable(storage, TABLE_NAMES.sent);
  // Names of hosts and ids of processes come again after a restart, which would put its sums in the place of those before.
  const own = randomUUID();
  return {
    save: ({ day, since, streams, causes = {} }) =>
      attempt('storing what was sent', async () => {
        const entity = {
          partitionKey: day,
          rowKey: own,
          since,
          streams: JSON.stringify(streams),
          causes: JSON.stringify(causes),
        };
        await (await table()).upsertEntity(entity, 'Replace');
      }),
    list: (fromDay) =>
      attempt('reading what was sent', async () => {
        const filter = odata`PartitionKey ge ${fromDay}`;
        const found: (SentRow & { isOwn: boolean })[] = [];
        const entities = (await table()).listEntities<StoredSums>({ queryOptions: { filter } });
        for await (const { partitionKey, rowKey, since, streams, causes = '{}' } of entities) {
          const sums = JSON.parse(streams) as SentRow['streams'];
          const reasons = JSON.parse(causes) as NonNullable<SentRow['causes']>;
          found.push({ day: partitionKey ?? '', since, streams: sums, causes: reasons, isOwn: rowKey === own });
        }
        return found;
      }),
    prune: (beforeDay) =>
      attempt('pruning what was sent', async () =>
        deleteWhere(
          await table(),
          { filter: odata`PartitionKey lt ${beforeDay}`, select: ['PartitionKey', 'RowKey'] },
          () => true,
        ),
      ),
  };
}
