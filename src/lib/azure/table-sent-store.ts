import { odata } from '@azure/data-tables';
import { randomUUID } from 'node:crypto';
import type { SentRow, SentStore } from '../cost/sent.ts';
import { TABLE_NAMES } from './names.ts';
import type { Storage } from './storage.ts';
import { deleteWhere, listEntities, openTable } from './table-entities.ts';

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
        return (await listEntities(table, { filter })).map(({ partitionKey: day, rowKey, since, streams, causes }) => ({
          day,
          since: String(since),
          streams: JSON.parse(String(streams)) as SentRow['streams'],
          // Absent in rows of releases that did not know it.
          causes: JSON.parse(typeof causes === 'string' ? causes : '{}') as NonNullable<SentRow['causes']>,
          isOwn: rowKey === own,
        }));
      }),
    prune: (beforeDay) =>
      inTable('pruning what was sent', (table) => {
        const filter = odata`PartitionKey lt ${beforeDay}`;
        return deleteWhere(table, { filter, select: ['PartitionKey', 'RowKey'] }, () => true);
      }),
  };
}
