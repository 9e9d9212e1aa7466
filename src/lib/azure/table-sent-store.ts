import { odata } from '@azure/data-tables';
import { randomUUID } from 'node:crypto';
import type { SentRow, SentStore } from '../cost/sent.ts';
import { TABLE_NAMES } from './names.ts';
import type { Storage } from './storage.ts';
import { deleteWhere, openTable } from './table-entities.ts';

/** `causes` is absent in rows of releases that did not know it. */
interface StoredSums {
  readonly since: string;
  readonly streams: string;
  readonly causes?: string;
}

/** What processes have sent, in Table Storage: a partition a day, a row a process. */
export function createTableSentStore(storage: Storage): SentStore {
  const inTable = openTable(storage, TABLE_NAMES.sent);
  // Names of hosts and ids of processes come again after a restart, which would put its sums in the place of those before.
  const own = randomUUID();
  return {
    save: ({ day, since, streams, causes = {} }) =>
      inTable('storing what was sent', async (table) => {
        const entity = {
          partitionKey: day,
          rowKey: own,
          since,
          streams: JSON.stringify(streams),
          causes: JSON.stringify(causes),
        };
        await table.upsertEntity(entity, 'Replace');
      }),
    list: (fromDay) =>
      inTable('reading what was sent', async (table) => {
        const filter = odata`PartitionKey ge ${fromDay}`;
        const found: (SentRow & { isOwn: boolean })[] = [];
        const entities = table.listEntities<StoredSums>({ queryOptions: { filter } });
        for await (const { partitionKey, rowKey, since, streams, causes = '{}' } of entities) {
          const sums = JSON.parse(streams) as SentRow['streams'];
          const reasons = JSON.parse(causes) as NonNullable<SentRow['causes']>;
          found.push({ day: partitionKey ?? '', since, streams: sums, causes: reasons, isOwn: rowKey === own });
        }
        return found;
      }),
    prune: (beforeDay) =>
      inTable('pruning what was sent', (table) => {
        const filter = odata`PartitionKey lt ${beforeDay}`;
        return deleteWhere(table, { filter, select: ['PartitionKey', 'RowKey'] }, () => true);
      }),
  };
}
