import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { readStoredFunctions, readWorkspaceTables } from './workspace.ts';
import { ENGINE_COMMAND } from './environment.ts';

export type Row = Readonly<Record<string, unknown>>;
export type Rows = Readonly<Record<string, readonly Row[]>>;

/** What a query sees: rows whose TimeGenerated lies within the bounds and that had arrived by then. ISO times. */
export interface Sight {
  readonly now: string;
  readonly from: string;
  readonly to: string;
  readonly ingestedUntil: string;
}

/** A column of a result with its type in DuckDB. */
export type Column = readonly [name: string, type: string];

export interface Result {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

/** A workspace in which queries run. */
export interface Engine {
  /** Replaces the rows of all tables. */
  readonly fill: (rows: Rows) => Promise<void>;
  /**
   * Runs a text; without `most` all rows of its result come.
   * @throws Error when the engine cannot run it, or has ended.
   */
  readonly run: (query: string, sight: Sight, most?: number) => Promise<Result>;
  readonly close: () => unknown;
}

interface Answer {
  readonly error?: string;
  readonly columns?: readonly Column[];
  readonly rows?: readonly (readonly unknown[])[];
}

/**
 * Starts the engine with the project's tables, those of Azure Monitor that its texts name, and the stored functions. Where that
 * fails, all that is asked fails with the same.
 */
export function startEngine([program, ...parameters]: readonly [string, ...string[]] = ENGINE_COMMAND): Engine {
  const child = spawn(program, parameters, { stdio: ['pipe', 'pipe', 'inherit'] });
  // It may be killed at any time: whoever asks then sees that its answers have ended.
  for (const part of [child, child.stdin]) part.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  // One request at a time: whoever asks waits for those before.
  let last: Promise<unknown> = Promise.resolve();
  const ask = (request: unknown): Promise<Answer> => {
    const answer = last.then(async () => {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const line = await lines.next();
      if (line.done) throw new Error('the engine has ended');
      const found = JSON.parse(line.value) as Answer;
      if (found.error !== undefined) throw new Error(found.error);
      return found;
    });
    last = answer.catch(() => undefined);
    return answer;
  };
  const functions = readStoredFunctions().map(
    ({ name, parameters, body }) => `function ${name}(${parameters}) {\n${body}\n}`,
  );
  const tables = readWorkspaceTables().map(({ name, columns }) => [
    name,
    columns.map((column) => [column.name, column.type]),
  ]);
  const declared = ask({ tables: Object.fromEntries(tables) as unknown, functions });
  declared.catch(() => undefined);
  return {
    fill: async (rows) => {
      await declared;
      await ask({ rows });
    },
    run: async (query, sight, most) => {
      await declared;
      const { columns = [], rows = [] } = await ask({ query, ...sight, ...(most === undefined ? {} : { most }) });
      return {
        columns,
        rows: rows.map((cells) => Object.fromEntries(columns.map(([name], place) => [name, cells[place]]))),
      };
    },
    close: () => child.kill(),
  };
}
