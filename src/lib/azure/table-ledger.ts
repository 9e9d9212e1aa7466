import type { TableClient, TransactionAction } from '@azure/data-tables';
import { onceDone } from '../once-done.ts';
import type { WindowRecord } from '../pipeline/ports.ts';
import { columnsOf, rowsBetween } from './table-entities.ts';
import { partitionOf } from './window-entity.ts';

/** Bytes of a key. */
const KEY_BYTES = 16;
/** The property at the end is written anew with each step, so it stays far below the 64 KiB that are allowed. */
const PROPERTY_BYTES = 8000;
/** An entity holds at most 1 MiB, and 252 properties. */
const ROW_BYTES = 900_000;
/** Sorts behind every window key, so that window queries never see ledgers. */
export const LEDGER_PREFIX = '~ledger';

/** Where a ledger ends. */
interface Tail {
  row: number;
  property: number;
  /** Keys of the last property. */
  bytes: Buffer;
  /** Bytes of the last row. */
  rowBytes: number;
}

/** One named list of keys of one window, stored in rows beside the checkpoint, so that both change in one transaction. */
export interface TableLedger {
  readonly load: () => Promise<Set<string>>;
  /** The transaction actions that append keys. */
  readonly append: (keys: Uint8Array) => Promise<TransactionAction[]>;
}

/** Range of all ledger rows of a window. */
export function ledgerPrefix(key: string): string {
  return `${LEDGER_PREFIX}~${key}~~`;
}

/** Key of the window that a ledger's row belongs to. */
export function windowOfLedger(rowKey: string): string {
  return rowKey.slice(LEDGER_PREFIX.length + 1, rowKey.lastIndexOf('~~'));
}

/** One ledger of many windows, by their keys: of those whose key is from `since` on and before `until`. */
export async function loadLedgers(
  table: TableClient,
  partition: string,
  name: string,
  since: string,
  until: string,
): Promise<Map<string, Set<string>>> {
  const filter = rowsBetween(partition, `${LEDGER_PREFIX}~${since}`, `${LEDGER_PREFIX}~${until}`);
  const found = new Map<string, Set<string>>();
  for await (const entity of table.listEntities({ queryOptions: { filter } })) {
    const rowKey = entity.rowKey ?? '';
    const window = windowOfLedger(rowKey);
    if (!rowKey.startsWith(`${ledgerPrefix(window)}${name}~`)) continue;
    const keys = found.get(window) ?? new Set();
    found.set(window, keys);
    for (const bytes of columnsOf(entity)) addKeys(keys, bytes);
  }
  return found;
}

/** Opens a ledger; nothing is read before it is needed. */
export function openLedger(table: TableClient, record: WindowRecord, name: string): TableLedger {
  const partitionKey = partitionOf(record.stream, record.run);
  const rowKey = (row: number): string => `${ledgerPrefix(record.key)}${name}~${String(row).padStart(4, '0')}`;
  const tail: Tail = { row: 0, property: 0, bytes: Buffer.alloc(0), rowBytes: 0 };
  const keys = new Set<string>();
  /** A read that failed is done again, because half a ledger would let records through twice. */
  const load = onceDone(read);

  async function read(): Promise<Set<string>> {
    const filter = `PartitionKey eq '${partitionKey}' and RowKey ge '${rowKey(0)}' and RowKey le '${rowKey(9999)}'`;
    let row = 0;
    for await (const entity of table.listEntities({ queryOptions: { filter } })) {
      let rowBytes = 0;
      for (const [property, bytes] of columnsOf(entity).entries()) {
        addKeys(keys, bytes);
        rowBytes += bytes.length;
        Object.assign(tail, { row, property, bytes: Buffer.from(bytes), rowBytes });
      }
      row++;
    }
    return keys;
  }

  async function append(added: Uint8Array): Promise<TransactionAction[]> {
    await load();
    const rows = new Map<number, Record<string, Uint8Array>>();
    for (let offset = 0; offset < added.length;) {
      if (tail.bytes.length >= PROPERTY_BYTES) advance(tail);
      const room = PROPERTY_BYTES - tail.bytes.length;
      const piece = added.subarray(offset, offset + room);
      tail.bytes = Buffer.concat([tail.bytes, piece]);
      tail.rowBytes += piece.length;
      offset += piece.length;
      rows.set(tail.row, { ...rows.get(tail.row), [`p${tail.property}`]: tail.bytes });
    }
    addKeys(keys, added);
    return [...rows].map(([row, properties]) => [
      'upsert',
      { partitionKey, rowKey: rowKey(row), ...properties },
      'Merge',
    ]);
  }

  return { load, append };
}

function advance(tail: Tail): void {
  tail.bytes = Buffer.alloc(0);
  tail.property++;
  if (tail.rowBytes >= ROW_BYTES) {
    tail.property = 0;
    tail.rowBytes = 0;
    tail.row++;
  }
}

function addKeys(keys: Set<string>, bytes: Uint8Array): void {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  for (let offset = 0; offset + KEY_BYTES <= text.length; offset += KEY_BYTES) {
    keys.add(text.slice(offset, offset + KEY_BYTES));
  }
}
