import { odata } from '@azure/data-tables';
import { groupsOf, runInGroups } from '../groups.ts';
import type { SampleStore } from '../pipeline/record-sample.ts';
import { TABLE_NAMES } from './names.ts';
import { ifThere } from './storage-errors.ts';
import type { Storage } from './storage.ts';
import { listEntities, openTable } from './table-entities.ts';

/** Rows of a transaction: it may weigh 4 MiB, a row 80 KB. */
const TRANSACTION_SIZE = 40;
const DELETIONS_AT_ONCE = 10;
/** Digits of the largest id. */
const DIGITS = 19;

/** The sample in Table Storage: a partition a stream beside what is remembered of all records, a row a record. */
export function createTableSample(storage: Storage): SampleStore {
  const inTable = openTable(storage, TABLE_NAMES.memory);
  return {
    list: (stream) =>
      inTable('listing the sample', async (table) => {
        const queryOptions = { filter: odata`PartitionKey eq ${partitionOf(stream)}`, select: ['RowKey', 'Timestamp'] };
        const rows = await listEntities(table, queryOptions);
        return new Map(rows.map(({ rowKey, timestamp }) => [BigInt(rowKey), Date.parse(String(timestamp))]));
      }),
    read: (stream, first, last) =>
      inTable('reading the sample', async (table) => {
        const filter = odata`PartitionKey eq ${partitionOf(stream)} and RowKey ge ${keyOf(first)} and RowKey le ${keyOf(last)}`;
        const rows = await listEntities(table, { filter });
        return new Map(rows.flatMap(({ rowKey, p0 }) => (p0 instanceof Uint8Array ? [[BigInt(rowKey), p0]] : [])));
      }),
    save: (stream, changed, removed) =>
      inTable('storing the sample', async (table) => {
        const partitionKey = partitionOf(stream);
        const rows = [...changed].map(([id, p0]) => ({ partitionKey, rowKey: keyOf(id), p0 }));
        for (const some of groupsOf(rows, TRANSACTION_SIZE))
          await table.submitTransaction(some.map((row) => ['upsert', row, 'Replace']));
        // Another worker may have been faster: then a transaction would remove none.
        await runInGroups(removed, DELETIONS_AT_ONCE, (id) => ifThere(table.deleteEntity(partitionKey, keyOf(id))));
      }),
  };
}

function partitionOf(stream: string): string {
  return `${stream}~sample`;
}

function keyOf(id: bigint): string {
  return id.toString().padStart(DIGITS, '0');
}
