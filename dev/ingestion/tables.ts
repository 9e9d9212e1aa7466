import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Column types of Log Analytics. */
export type ColumnType = 'string' | 'int' | 'long' | 'real' | 'boolean' | 'dateTime' | 'guid' | 'dynamic';

/** One destination table: its columns by name. */
export interface Table {
  readonly name: string;
  readonly columns: ReadonlyMap<string, ColumnType>;
}

const COLUMN_TYPES: readonly string[] = ['string', 'int', 'long', 'real', 'boolean', 'dateTime', 'guid', 'dynamic'];

/** The folder that Bicep and the documents read the tables from, too. */
const TABLES_FOLDER = fileURLToPath(new URL('../../infra/tables/', import.meta.url));

function isColumn(value: unknown): value is { name: string; type: ColumnType } {
  const column = value as { name?: unknown; type?: unknown } | null;
  return typeof column?.name === 'string' && COLUMN_TYPES.includes(String(column.type));
}

function parseTable(file: string, text: string): Table {
  const { name, columns } = JSON.parse(text) as { name?: unknown; columns?: unknown };
  if (typeof name !== 'string' || !Array.isArray(columns) || !columns.every(isColumn)) {
    throw new TypeError(`${file} must have a name and columns of ${COLUMN_TYPES.join(', ')}`);
  }
  return { name, columns: new Map(columns.map((column) => [column.name, column.type])) };
}

/**
 * Reads the tables of a folder, one JSON file a table, by name.
 * @throws TypeError naming a file that is no table.
 */
export async function readTables(folder = TABLES_FOLDER): Promise<ReadonlyMap<string, Table>> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort();
  const tables = await Promise.all(
    files.map(async (file) => parseTable(file, await readFile(join(folder, file), 'utf8'))),
  );
  return new Map(tables.map((table) => [table.name, table]));
}
