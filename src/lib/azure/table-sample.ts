import { odata } from '@azure/data-tables';
import { groupsOf } from '../groups.ts';
import type { SampleStore } from '../pipeline/record-sample.ts';
import { TABLE_NAMES } from './names.ts';
import { faultOf } from './storage-errors.ts';
import type { Storage } from './storage.ts';
import { attempt, lazyTable } from './table-checkpoint-store.ts';

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
        const found = new Map<bigint, number>();
        for await (const { rowKey, timestamp } of (await table()).listEntities({ queryOptions }))
          found.set(BigInt(rowKey ?? ''), Date.parse(timestamp ?? ''));
        return found;
      }),
    read: (stream, first, last) =>
      attempt('reading the sample', async () => {
        const filter = odata`PartitionKey eq ${partitionOf(stream)} and RowKey ge ${keyOf(first)} and RowKey le ${keyOf(last)}`;
        const found = new Map<bigint, Uint8Array>();
        for await (const { rowKey, p0 } of (await table()).listEntities({ queryOptions: { filter } }))
          if (p0 instanceof Uint8Array) found.set(BigInt(rowKey ?? ''), p0);
        return found;
      }),
    save: (stream, changed, removed) =>
      attempt('storing the sample', async () => {
        const [client, partitionKey] = [await table(), partitionOf(stream)];
        const rows = [...changed].map(([id, p0]) => ({ partitionKey, rowKey: keyOf(id), p0 }));
        for (const some of groupsOf(rows, TRANSACTION_SIZE))
          await client.submitTransaction(some.map((row) => ['upsert', row, 'Replace']));
        for (const id of removed)
          await client.deleteEntity(partitionKey, keyOf(id)).catch((thrown: unknown) => {
            // Another worker was faster.
            if (faultOf(thrown).status !== 404) throw thrown;
          });
      }),
  };
}

function partitionOf(stream: string): string {
  return `${stream}~sample`;
}

function keyOf(id: bigint): string {
  return id.toString().padStart(DIGITS, '0');
}
