import { odata, type TableClient, type TransactionAction } from '@azure/data-tables';
import { groupsOf, runInGroups } from '../groups.ts';
import type { RecordItems } from '../pipeline/record-memory.ts';
import { byNumber } from './memory-shard.ts';
import { columnsOf, type Entity, listEntities, rowsBetween } from './table-entities.ts';

/** Bytes of a column: the table takes 64 KiB. */
const COLUMN_BYTES = 60_000;
/** A row takes 1 MiB, as JSON where that is counted: a third more than its bytes. */
const ROW_BYTES = 10 * COLUMN_BYTES;
/** A transaction takes 100 rows and 4 MiB of JSON, in which bytes take a third more. */
const TRANSACTION_ROWS = 100;
const TRANSACTION_BYTES = 2_500_000;
/** A filter takes 15 comparisons: the partition, two edges, and so many rows. */
const ROWS_A_QUERY = 12;
const QUERIES_AT_ONCE = 8;

/** Items of records, each record in one row or, where it has many, in several. */
export interface ItemMemory {
  /** See `OpenMemory.recallItems`. */
  readonly read: (digests: ReadonlyMap<string, string>) => Promise<Map<string, Uint8Array>>;
  /** See `OpenMemory.rememberItems`. */
  readonly write: (items: ReadonlyMap<string, RecordItems>) => Promise<void>;
}

/** The items of a stream's records, in a partition beside its memory. Rows of different states of a record do not go together: then it has none. */
export function createItemTable(table: TableClient, stream: string): ItemMemory {
  const partition = `${stream}~items`;

  async function query(filter: string, found: Map<string, Entity>): Promise<void> {
    for (const row of await listEntities(table, { filter })) found.set(row.rowKey, row);
  }

  async function readFirst(ids: readonly bigint[], found: Map<string, Entity>): Promise<void> {
    const keys = ids.map((id) => odata`RowKey eq ${keyOf(id, 0)}`);
    const [first = 0n, last = first] = [ids[0], ids.at(-1)];
    await query(`${rowsBetween(partition, keyOf(first, 0), keyOf(last, 1))} and (${keys.join(' or ')})`, found);
  }

  return {
    read: async (digests) => {
      const ids = [...digests.keys()].map(BigInt).sort(byNumber);
      const found = new Map<string, Entity>();
      await runInGroups(groupsOf(ids, ROWS_A_QUERY), QUERIES_AT_ONCE, (group) => readFirst(group, found));
      const longer = ids.filter((id) => Number(found.get(keyOf(id, 0))?.rows ?? 1) > 1);
      await runInGroups(longer, QUERIES_AT_ONCE, (id) =>
        query(rowsBetween(partition, keyOf(id, 1), keyOf(id + 1n, 0)), found),
      );
      const items = new Map<string, Uint8Array>();
      for (const [id, digest] of digests) {
        const bytes = joinRows(BigInt(id), digest, found);
        if (bytes !== undefined) items.set(id, bytes);
      }
      return items;
    },
    write: async (items) => {
      let some: TransactionAction[] = [];
      let bytes = 0;
      const flush = async (): Promise<void> => {
        if (some.length > 0) await table.submitTransaction(some);
        some = [];
        bytes = 0;
      };
      for (const [id, each] of items) {
        for (const [action, length] of actionsOf(partition, BigInt(id), each)) {
          if (some.length >= TRANSACTION_ROWS || bytes + length > TRANSACTION_BYTES) await flush();
          some.push(action);
          bytes += length;
        }
      }
      await flush();
    },
  };
}

function joinRows(id: bigint, digest: string, found: ReadonlyMap<string, Entity>): Uint8Array | undefined {
  const first = found.get(keyOf(id, 0));
  const rows = Array.from({ length: Number(first?.rows ?? 1) }, (_, number) => found.get(keyOf(id, number)));
  const isWhole = rows.every((row) => row?.digest === digest && row.rows === first?.rows);
  return isWhole ? Buffer.concat(rows.flatMap((row) => columnsOf(row ?? {}))) : undefined;
}

function* actionsOf(
  partitionKey: string,
  id: bigint,
  { bytes, digest }: RecordItems,
): Generator<[TransactionAction, number]> {
  // Of another view the client stores all that lies under it.
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const rows = Math.max(1, Math.ceil(bytes.length / ROW_BYTES));
  for (let number = 0; number < rows; number++) {
    const own = all.subarray(number * ROW_BYTES, (number + 1) * ROW_BYTES);
    const columns: Record<string, Buffer> = {};
    for (let column = 0; column * COLUMN_BYTES < own.length; column++)
      columns[`p${column}`] = own.subarray(column * COLUMN_BYTES, (column + 1) * COLUMN_BYTES);
    const entity = { partitionKey, rowKey: keyOf(id, number), digest, rows, ...columns };
    yield [['upsert', entity, 'Replace'], own.length];
  }
}

function keyOf(id: bigint, row: number): string {
  return `${id.toString(16).padStart(16, '0')}-${row.toString(16).padStart(4, '0')}`;
}
