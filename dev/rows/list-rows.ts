import type { Row } from '../ingestion/convert-row.ts';
import { firstColumns, writeCells } from './first-columns.ts';
import { visitBackwards } from './row-file.ts';
import { createMatcher, type Search } from './search.ts';

/** A row of the list. */
export interface ListedRow {
  /** Where it stands in its file: names the row, and where an older part of the list begins. */
  readonly at: number;
  readonly cells: readonly string[];
}

/** Part of the list of a table, newest first. */
export interface RowList {
  readonly columns: readonly string[];
  readonly rows: readonly ListedRow[];
  /** Rows that were looked at. */
  readonly searched: number;
  /** Older rows begin before this; null where there are none. */
  readonly before: number | null;
}

/** What to list. */
export interface ListRequest {
  /** The file of the table. */
  readonly path: string;
  readonly table: string;
  readonly search: Search;
  readonly limit: number;
  /** Only rows that begin before this byte. */
  readonly before?: number | undefined;
  /** Ends the search, found or not. */
  readonly timeoutMs: number;
}

/** Lists rows of a table, newest first, until there are enough or the time is over; `before` goes on. */
export async function listRows(request: ListRequest): Promise<RowList> {
  const { path, table, search, limit, before, timeoutMs } = request;
  const shown = await firstColumns(table);
  const match = createMatcher(search);
  const deadline = performance.now() + timeoutMs;
  const rows: ListedRow[] = [];
  let searched = 0;
  const end = await visitBackwards(path, before, ({ at, bytes }) => {
    searched += 1;
    const row: Row | undefined = match(bytes);
    if (row !== undefined) rows.push({ at, cells: writeCells(row, shown) });
    return rows.length >= limit || performance.now() > deadline ? 'enough' : 'go on';
  });
  return { columns: shown.map(({ name }) => name), rows, searched, before: end === 0 ? null : end };
}
