import { join } from 'node:path';
import type { IngestionStats, Refusal, TableStats } from '../ingestion/ingestion-stats.ts';
import type { LocalCall, LocalRoutes } from '../local-pages/local-pages.ts';
import { UsageError } from '../usage-error.ts';
import { listRows, type RowList } from './list-rows.ts';
import { createLineCounter, readLineAt } from './row-file.ts';
import { SEARCH_NAMES, type Search } from './search.ts';

/** A stream and the table of its rows. */
export interface StreamTable {
  readonly stream: string;
  readonly table: string;
}

/** What has become of what was sent to a table since the start. */
export type Losses = Pick<
  TableStats,
  'cutFields' | 'droppedColumns' | 'unconvertedValues' | 'replacedTimes' | 'refused' | 'columns'
>;

/** What is known of a table. */
export interface TableView extends StreamTable {
  readonly rows: number;
  readonly bytes: number;
  /** Null where nothing was sent since the start. */
  readonly losses: Losses | null;
  /** The latest. */
  readonly refusals: readonly Refusal[];
}

/** What the routes read. */
export interface RowSource {
  /** Folder of the rows. */
  readonly dir: string;
  readonly tables: readonly StreamTable[];
  readonly readStats: () => IngestionStats;
}

/** Tables whose rows hold QIDs. */
const WITH_QIDS: ReadonlySet<string> = new Set(['QualysHostDetectionV3_CL', 'QualysVmKnowledgeBase_CL']);

const LIMIT = { usual: 50, most: 500 };
/** A search answers by then with what it has. */
const TIMEOUT_MS = 1500;

/** Routes that show the rows of the local tables. */
export function createRowRoutes(source: RowSource): LocalRoutes['calls'] {
  const count = createLineCounter();
  const fileOf = ({ table }: StreamTable): string => join(source.dir, `${table}.ndjson`);
  const findTable = ({ query }: LocalCall): StreamTable => {
    const given = query.stream ?? '';
    const found = source.tables.find(({ stream, table }) => given === stream || given === table);
    if (found !== undefined) return found;
    const known = source.tables.map(({ stream }) => stream).join(', ');
    throw new UsageError(`stream must be one of ${known}, given ${JSON.stringify(given)}`);
  };
  const checkQid = ({ stream, table }: StreamTable, qid = ''): void => {
    if (qid.trim() === '') return;
    if (!WITH_QIDS.has(table)) {
      const having = source.tables.filter((each) => WITH_QIDS.has(each.table)).map((each) => each.stream);
      throw new UsageError(`rows of ${stream} have no QIDs; those of ${having.join(' and ')} have`);
    }
    if (/^\d{1,10}$/.test(qid.trim())) return;
    throw new UsageError(
      `qid must be the number that Qualys gave a vulnerability, such as 38739, given ${JSON.stringify(qid)}`,
    );
  };
  return {
    'GET /tables': async (): Promise<TableView[]> => {
      const { tables, refusals } = source.readStats();
      const views = source.tables.map(async (each) => {
        const { lines, bytes } = await count(fileOf(each));
        const losses = tables[each.table] ?? null;
        const refused = refusals.filter(({ table }) => table === each.table);
        return { ...each, rows: lines, bytes, losses, refusals: refused };
      });
      return Promise.all(views);
    },
    'GET /list': (call): Promise<RowList> => {
      const table = findTable(call);
      const limit = readNumber(call, 'limit', { least: 1, most: LIMIT.most }) ?? LIMIT.usual;
      const before = readNumber(call, 'before', { least: 0, most: Number.MAX_SAFE_INTEGER });
      checkQid(table, call.query.qid);
      const search: Search = Object.fromEntries(SEARCH_NAMES.map((name) => [name, call.query[name]]));
      return listRows({ path: fileOf(table), table: table.table, search, limit, before, timeoutMs: TIMEOUT_MS });
    },
    'GET /row': async (call) => {
      const table = findTable(call);
      const at = readNumber(call, 'at', { least: 0, most: Number.MAX_SAFE_INTEGER }) ?? 0;
      const line = await readLineAt(fileOf(table), at);
      if (line === undefined) throw new UsageError(`at ${at} no row of ${table.table} begins`);
      return { table: table.table, row: JSON.parse(line) as unknown };
    },
  };
}

function readNumber(
  { query }: LocalCall,
  name: string,
  { least, most }: { least: number; most: number },
): number | undefined {
  const text = query[name];
  if (text === undefined) return undefined;
  const number = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (number >= least && number <= most) return number;
  throw new UsageError(`${name} must be a whole number from ${least} to ${most}, given ${JSON.stringify(text)}`);
}
