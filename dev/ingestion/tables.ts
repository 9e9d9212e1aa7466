import { readFile } from 'node:fs/promises';

/** Column types of Log Analytics. */
export type ColumnType = 'string' | 'int' | 'long' | 'real' | 'boolean' | 'dateTime' | 'guid' | 'dynamic';

/** One destination table: its columns by name. */
export interface Table {
  readonly name: string;
  readonly columns: ReadonlyMap<string, ColumnType>;
}

const COLUMN_TYPES: readonly string[] = ['string', 'int', 'long', 'real', 'boolean', 'dateTime', 'guid', 'dynamic'];

/** What Bicep reads the tables from, too. */
const STREAMS = new URL('../../infra/streams.json', import.meta.url);

function isColumn(value: unknown): value is { name: string; type: ColumnType } {
  const column = value as { name?: unknown; type?: unknown } | null;
  return typeof column?.name === 'string' && COLUMN_TYPES.includes(String(column.type));
}

/**
 * Reads the project's tables, by name.
 * @throws TypeError naming a table with a column that is none.
 */
export async function readTables(): Promise<ReadonlyMap<string, Table>> {
  const { streams } = JSON.parse(await readFile(STREAMS, 'utf8')) as {
    streams: { name: string; columns: unknown[] }[];
  };
  return new Map(
    streams.map(({ name, columns }) => {
      if (!columns.every(isColumn)) throw new TypeError(`${name} must have columns of ${COLUMN_TYPES.join(', ')}`);
      return [name, { name, columns: new Map(columns.map((column) => [column.name, column.type])) }];
    }),
  );
}
