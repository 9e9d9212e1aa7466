import { TableClient } from '@azure/data-tables';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stack } from './stack.ts';

/** How often the table is looked at: its rows are counted at their most, or else only the end is waited for. */
const POLL_MS = { counting: 250, waiting: 1000 } as const;
/** A catch-up that takes longer has stopped somewhere. */
const PATIENCE_MS = 180_000;

/** What is read of a row of the table `QualysWindows`; a ledger has none but its key. */
interface StateRow {
  readonly rowKey: string;
  readonly state?: string | undefined;
  readonly closedAt?: string | undefined;
  readonly rows?: number | undefined;
}

/** How a catch-up went, by the checkpoints. */
export interface CaughtUp {
  /** When the last window was closed, in epoch milliseconds. */
  readonly closedAt: number;
  readonly windows: number;
  /** Rows of the destination table that the windows have booked. */
  readonly booked: number;
  /** Rows of state of the windows in the end, and the most that were seen at once. */
  readonly stateRows: number;
  readonly peakStateRows: number;
}

/**
 * Waits until all windows are closed. The table is read, not the app's own status, which would cost the app time.
 * @throws Error for a window that failed or is incomplete, and when the catch-up does not end.
 */
export async function untilCaughtUp(stack: Stack, kind: keyof typeof POLL_MS): Promise<CaughtUp> {
  const table = TableClient.fromConnectionString(stack.settings.AzureWebJobsStorage ?? '', 'QualysWindows', {
    allowInsecureConnection: true,
  });
  const deadline = Date.now() + PATIENCE_MS;
  let peakStateRows = 0;
  while (Date.now() < deadline) {
    await sleep(POLL_MS[kind]);
    const found = await listRows(table);
    peakStateRows = Math.max(peakStateRows, found.length);
    // Keys of checkpoints begin with a year, those of ledgers do not.
    const windows = found.filter(({ rowKey }) => /^\d/.test(rowKey));
    const wrong = windows.find(({ state }) => state === 'failed' || state === 'incomplete');
    if (wrong !== undefined) throw new Error(`window ${wrong.rowKey} is ${wrong.state ?? ''}`);
    if (windows.length === 0 || windows.some(({ state }) => state !== 'closed')) continue;
    return {
      closedAt: Math.max(...windows.map(({ closedAt = '' }) => Date.parse(closedAt))),
      booked: windows.reduce((sum, { rows = 0 }) => sum + rows, 0),
      ...{ windows: windows.length, stateRows: found.length, peakStateRows },
    };
  }
  throw new Error(`the stream has not caught up within ${PATIENCE_MS / 1000} s`);
}

async function listRows(table: TableClient): Promise<StateRow[]> {
  const found: StateRow[] = [];
  const select = ['RowKey', 'state', 'closedAt', 'rows'];
  try {
    for await (const { rowKey = '', state, closedAt, rows } of table.listEntities<StateRow>({
      queryOptions: { select },
    })) {
      // The stream's plan: one row, whatever the windows.
      if (rowKey !== '~plan') found.push({ rowKey, state, closedAt, rows });
    }
  } catch (error) {
    // Until the app has made its table.
    if ((error as { statusCode?: number }).statusCode !== 404) throw error;
  }
  return found;
}

/** What the ingestion endpoint has got, over all tables. */
export interface Arrived {
  readonly rows: number;
  /** Bytes of JSON, and the same on the wire. */
  readonly bytes: number;
  readonly wireBytes: number;
  readonly requests: number;
}

/** Reads what has arrived. @throws Error unless exactly the rows booked have. */
export async function readArrived({ ingestionUrl }: Stack, booked: number): Promise<Arrived> {
  const response = await fetch(`${ingestionUrl}/_ingestion/stats`);
  const { tables } = (await response.json()) as { tables: Readonly<Record<string, Arrived>> };
  const sum = (name: keyof Arrived): number => Object.values(tables).reduce((total, table) => total + table[name], 0);
  const arrived = { rows: sum('rows'), bytes: sum('bytes'), wireBytes: sum('wireBytes'), requests: sum('requests') };
  if (arrived.rows !== booked) throw new Error(`${booked} rows are booked, ${arrived.rows} have arrived`);
  return arrived;
}
