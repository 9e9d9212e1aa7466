import { odata, type TableClient, type TransactionAction } from '@azure/data-tables';
import { groupsOf, runInGroups } from '../groups.ts';
import type { OpenMemory, RecordItems } from '../pipeline/record-memory.ts';
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

/** Items of records, as `OpenMemory` recalls and remembers them: each record in one row or, where it has many, in several. */
export interface ItemMemory {
  readonly read: OpenMemory['recallItems'];
  readonly write: OpenMemory['rememberItems'];
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
      const transactions: TransactionAction[][] = [];
      let bytes = 0;
      for (const [action, length] of [...items].flatMap(([id, each]) => actionsOf(partition, BigInt(id), each))) {
        const last = transactions.at(-1);
        const isFull = last === undefined || last.length >= TRANSACTION_ROWS || bytes + length > TRANSACTION_BYTES;
        if (isFull) transactions.push([action]);
        else last.push(action);
        bytes = isFull ? length : bytes + length;
      }
      for (const some of transactions) await table.submitTransaction(some);
    },
  };
}

function joinRows(id: bigint, digest: string, found: ReadonlyMap<string, Entity>): Uint8Array | undefined {
  const first = found.get(keyOf(id, 0));
  const rows = Array.from({ length: Number(first?.rows ?? 1) }, (_, number) => found.get(keyOf(id, number)));
  const isWhole = rows.every((row) => row?.digest === digest && row.rows === first?.rows);
  return isWhole ? Buffer.concat(rows.flatMap((row) => columnsOf(row ?? {}))) : undefined;
}

/** What stores the rows of a record, each with the bytes that it holds. */
function actionsOf(partitionKey: string, id: bigint, { bytes, digest }: RecordItems): [TransactionAction, number][] {
  // Of another view the client stores all that lies under it.
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const rows = all.length === 0 ? [all] : cut(all, ROW_BYTES);
  return rows.map((own, number) => {
    const columns = Object.fromEntries(cut(own, COLUMN_BYTES).map((piece, column) => [`p${column}`, piece]));
    const entity = { partitionKey, rowKey: keyOf(id, number), digest, rows: rows.length, ...columns };
    return [['upsert', entity, 'Replace'], own.length];
  });
}

function cut(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
}

function keyOf(id: bigint, row: number): string {
  return `${id.toString(16).padStart(16, '0')}-${row.toString(16).padStart(4, '0')}`;
}
