import { appendFile } from 'node:fs/promises';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lockFolder, type Keeper } from '../folder-lock.ts';
import type { Row } from './convert-row.ts';

/** Where accepted rows go. */
export interface RowStore {
  /** Keeps the rows of one request together and in the order of the calls. */
  readonly append: (table: string, rows: readonly Row[]) => Promise<void>;
  readonly read: (table: string) => readonly Row[];
  /** Waits for what is being written. */
  readonly settle: () => Promise<void>;
  /** Waits, and lets others use the folder. */
  readonly close: () => Promise<void>;
}

/** Keeps rows in memory, for tests. */
export function createMemoryStore(): RowStore {
  const tables = new Map<string, Row[]>();
  return {
    append: (table, rows) => {
      const kept = tables.get(table) ?? [];
      for (const row of rows) kept.push(row);
      tables.set(table, kept);
      return Promise.resolve();
    },
    read: (table) => tables.get(table) ?? [],
    settle: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

function parseLines(text: string): Row[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}

/** Who keeps a folder of tables. */
export const TABLES: Keeper = {
  name: 'An ingestion endpoint',
  share: 'set LOGS_INGESTION_ENDPOINT to its address to share it',
};

/**
 * Appends rows to `<folder>/<table>.ndjson`, one JSON object a line.
 * @throws UsageError when another process writes there.
 */
export async function createFileStore(folder: string): Promise<RowStore> {
  const release = await lockFolder(folder, TABLES);
  const fileOf = (table: string): string => join(folder, `${table}.ndjson`);
  // One write at a time: two appends of a megabyte at once could interleave.
  let last: Promise<unknown> = Promise.resolve();
  return {
    append: (table, rows) => {
      const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
      const write = last.then(() => appendFile(fileOf(table), lines));
      last = write.catch(() => undefined);
      return write;
    },
    read: (table) => (existsSync(fileOf(table)) ? parseLines(readFileSync(fileOf(table), 'utf8')) : []),
    settle: async () => {
      await last;
    },
    close: async () => {
      await last;
      await release();
    },
  };
}
