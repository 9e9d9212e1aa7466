import type { TableClient, TransactionAction } from '@azure/data-tables';
import { onceDone } from '../once-done.ts';
import type { WindowRecord } from '../pipeline/ports.ts';
import { columnsOf, listEntities, rowsBetween } from './table-entities.ts';
import { partitionOf } from './window-entity.ts';

/** Bytes of a key. */
const KEY_BYTES = 16;
/** The property at the end is written anew with each step, so it stays far below the 64 KiB that are allowed. */
const PROPERTY_BYTES = 8000;
/** An entity holds at most 1 MiB, and 252 properties. */
const ROW_BYTES = 900_000;
const NOTHING = Buffer.alloc(0);
/** Sorts behind every window key, so that window queries never see ledgers. */
export const LEDGER_PREFIX = '~ledger';

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
  const prefix = `${ledgerPrefix(record.key)}${name}~`;
  const rowKey = (number: number): string => `${prefix}${String(number).padStart(4, '0')}`;
  const keys = new Set<string>();
  /** The last row, and its columns. */
  let row = 0;
  let columns: Uint8Array[] = [];
  /** A read that failed is done again, because half a ledger would let records through twice. */
  const load = onceDone(read);

  async function read(): Promise<Set<string>> {
    const filter = rowsBetween(partitionKey, prefix, `${prefix}~`);
    for (const [number, entity] of (await listEntities(table, { filter })).entries()) {
      [row, columns] = [number, columnsOf(entity)];
      for (const bytes of columns) addKeys(keys, bytes);
    }
    return keys;
  }

  async function append(added: Uint8Array): Promise<TransactionAction[]> {
    await load();
    const changed = new Map<number, Record<string, Uint8Array>>();
    for (let offset = 0; offset < added.length;) {
      const last = columns.at(-1);
      if (last === undefined || last.length >= PROPERTY_BYTES) {
        if (bytesOf(columns) >= ROW_BYTES) [row, columns] = [row + 1, []];
        columns.push(NOTHING);
      }
      const place = columns.length - 1;
      const begun = columns[place] ?? NOTHING;
      const piece = added.subarray(offset, offset + PROPERTY_BYTES - begun.length);
      columns[place] = Buffer.concat([begun, piece]);
      changed.set(row, { ...changed.get(row), [`p${place}`]: columns[place] });
      offset += piece.length;
    }
    addKeys(keys, added);
    return [...changed].map(([number, properties]) => [
      'upsert',
      { partitionKey, rowKey: rowKey(number), ...properties },
      'Merge',
    ]);
  }

  return { load, append };
}

function bytesOf(columns: readonly Uint8Array[]): number {
  return columns.reduce((sum, { length }) => sum + length, 0);
}

function addKeys(keys: Set<string>, bytes: Uint8Array): void {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  for (let offset = 0; offset + KEY_BYTES <= text.length; offset += KEY_BYTES) {
    keys.add(text.slice(offset, offset + KEY_BYTES));
  }
}
