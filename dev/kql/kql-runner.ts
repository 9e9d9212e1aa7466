import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../src/lib/errors.ts';
import { visitBackwards } from '../rows/row-file.ts';
import { UsageError } from '../usage-error.ts';
import { startEngine, type Engine, type Row, type Rows } from './engine.ts';
import { ENGINE_COMMAND } from './environment.ts';
import { readTables } from './workspace.ts';

/** What a query gives. */
export interface KqlResult {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  /** Whether there are more rows than these. */
  readonly isCut: boolean;
  readonly milliseconds: number;
  /** Rows that the query saw, by table, where there are any. */
  readonly seen: Readonly<Record<string, number>>;
}

/** Runs KQL on the rows of a folder. */
export interface KqlRunner {
  /** @throws UsageError for a text that the engine cannot run, or not in time. */
  readonly run: (query: string) => Promise<KqlResult>;
  readonly close: () => Promise<void>;
}

/** Bounds of one query. */
export interface KqlBounds {
  readonly timeoutMs: number;
  readonly mostRows: number;
  /** Of the result as JSON. */
  readonly mostBytes: number;
  /** Of each table the newest rows are seen: so many, and no more than so many bytes of JSON. */
  readonly rowsOfTable: number;
  readonly bytesOfTable: number;
}

const BOUNDS: KqlBounds = {
  timeoutMs: 20_000,
  mostRows: 1000,
  mostBytes: 4_000_000,
  rowsOfTable: 5000,
  bytesOfTable: 32_000_000,
};
/** The interpreter loads for seconds, and the rows are filled in. */
const START_TIMEOUT_MS = 120_000;
const ALL_TIMES = { from: '2000-01-01T00:00:00.000Z', to: '2100-01-01T00:00:00.000Z' };

/** Whether the engine of `npm run test:kql` is on this machine. */
export function hasKqlEngine(): boolean {
  return existsSync(ENGINE_COMMAND[0]);
}

/** An engine with the rows that it holds. */
interface Filled {
  readonly engine: Engine;
  /** Sizes of the files when it was filled. */
  sizes: string;
  seen: Record<string, number>;
}

/** Makes a runner; its engine starts with the first query. One query runs at a time. */
export function createKqlRunner(dir: string, bounds: KqlBounds = BOUNDS): KqlRunner {
  let filled: Filled | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const end = (): void => {
    filled?.engine.close();
    filled = undefined;
  };

  /** The engine with the rows of now. */
  const prepare = async (): Promise<Engine> => {
    filled ??= { engine: startEngine(), sizes: '', seen: {} };
    await refill(filled, dir, bounds);
    return filled.engine;
  };

  /** An engine that takes too long goes, and with it what it works on; the next query has a new one. */
  const inTime = async <T>(work: Promise<T>, timeoutMs: number, what: string): Promise<T> => {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new UsageError(`${what} took longer than ${timeoutMs / 1000} s`)), timeoutMs);
    });
    work.catch(() => undefined);
    try {
      return await Promise.race([work, timeout]);
    } catch (error) {
      if (error instanceof UsageError || messageOf(error) === 'the engine has ended') end();
      throw error instanceof UsageError ? error : new UsageError(messageOf(error), { cause: error });
    } finally {
      clearTimeout(timer);
    }
  };

  const runNow = async (query: string): Promise<KqlResult> => {
    const { timeoutMs, mostRows } = bounds;
    const engine = await inTime(prepare(), START_TIMEOUT_MS, 'the start of the engine').catch((error: unknown) => {
      end();
      throw error;
    });
    const startedAt = performance.now();
    const sight = { now: new Date().toISOString(), ...ALL_TIMES, ingestedUntil: ALL_TIMES.to };
    const { columns, rows } = await inTime(engine.run(query, sight, mostRows + 1), timeoutMs, 'the query');
    const names = columns.map(([name]) => name);
    const kept = takeBytes(
      rows.slice(0, mostRows).map((row) => names.map((name) => row[name])),
      bounds.mostBytes,
    );
    return {
      columns: names,
      rows: kept,
      isCut: kept.length < rows.length,
      milliseconds: Math.round(performance.now() - startedAt),
      seen: filled?.seen ?? {},
    };
  };

  return {
    run: (query) => {
      const turn = last.then(() => runNow(query));
      last = turn.catch(() => undefined);
      return turn;
    },
    close: () => {
      end();
      return Promise.resolve();
    },
  };
}

/** Rows from the first on, as long as their JSON is no longer than that. */
function takeBytes(rows: readonly unknown[][], mostBytes: number): unknown[][] {
  let left = mostBytes;
  const end = rows.findIndex((row) => (left -= JSON.stringify(row).length) < 0);
  return end < 0 ? [...rows] : rows.slice(0, end);
}

/** Gives the engine the newest rows of each table, where a file has changed. */
async function refill(filled: Filled, dir: string, bounds: KqlBounds): Promise<void> {
  const tables = readTables().map(({ name }) => ({ name, path: join(dir, `${name}.ndjson`) }));
  const sizes = (await Promise.all(tables.map(({ path }) => sizeOf(path)))).join();
  if (filled.sizes === sizes) return;
  const rows: Record<string, Row[]> = {};
  for (const { name, path } of tables) {
    const newest = await readNewest(name, path, bounds);
    if (newest.length > 0) rows[name] = newest;
  }
  await filled.engine.fill(rows satisfies Rows);
  filled.sizes = sizes;
  filled.seen = Object.fromEntries(Object.entries(rows).map(([name, each]) => [name, each.length]));
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => ({ size: 0 }))).size;
}

async function readNewest(table: string, path: string, { rowsOfTable, bytesOfTable }: KqlBounds): Promise<Row[]> {
  const rows: Row[] = [];
  let bytesLeft = bytesOfTable;
  await visitBackwards(path, undefined, ({ bytes }) => {
    bytesLeft -= bytes.length;
    const row = JSON.parse(bytes.toString('utf8')) as Row;
    rows.push({ Type: table, _IngestionTime: row.TimeGenerated, ...row });
    return rows.length < rowsOfTable && bytesLeft > 0 ? 'go on' : 'enough';
  });
  return rows;
}
