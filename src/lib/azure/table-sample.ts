import { odata } from '@azure/data-tables';
import { groupsOf } from '../groups.ts';
import type { SampleStore } from '../pipeline/record-sample.ts';
import { TABLE_NAMES } from './names.ts';
import { attempt, ifThere } from './storage-errors.ts';
import type { Storage } from './storage.ts';
import { lazyTable, listEntities } from './table-entities.ts';

/** Rows of a transaction: it may weigh 4 MiB, a row 80 KB. */
const TRANSACTION_SIZE = 40;
/** Digits of the largest id. */
const DIGITS = 19;

/** The sample in Table Storage: a partition a stream beside what is remembered of all records, a row a record. */
export function createTableSample(storage: Storage): SampleStore {
  const table = lazyTable(storage, TABLE_NAMES.memory);
  return {
    list: (stream) =>
      attempt('listing the sample', async () => {
        const queryOptions = { filter: odata`PartitionKey eq ${partitionOf(stream)}`, select: ['RowKey', 'Timestamp'] };
        const rows = await listEntities(await table(), queryOptions);
        return new Map(rows.map(({ rowKey, timestamp }) => [BigInt(rowKey), Date.parse(String(timestamp))]));
      }),
    read: (stream, first, last) =>
      attempt('reading the sample', async () => {
        const filter = odata`PartitionKey eq ${partitionOf(stream)} and RowKey ge ${keyOf(first)} and RowKey le ${keyOf(last)}`;
        const rows = await listEntities(await table(), { filter });
        return new Map(rows.flatMap(({ rowKey, p0 }) => (p0 instanceof Uint8Array ? [[BigInt(rowKey), p0]] : [])));
      }),
    save: (stream, changed, removed) =>
      attempt('storing the sample', async () => {
        const [client, partitionKey] = [await table(), partitionOf(stream)];
        const rows = [...changed].map(([id, p0]) => ({ partitionKey, rowKey: keyOf(id), p0 }));
        for (const some of groupsOf(rows, TRANSACTION_SIZE))
          await client.submitTransaction(some.map((row) => ['upsert', row, 'Replace']));
        // Another worker may have been faster.
        for (const id of removed) await ifThere(client.deleteEntity(partitionKey, keyOf(id)));
      }),
  };
}

function partitionOf(stream: string): string {
  return `${stream}~sample`;
}

function keyOf(id: bigint): string {
  return id.toString().padStart(DIGITS, '0');
}
