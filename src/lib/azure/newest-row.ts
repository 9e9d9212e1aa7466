import { FatalError, RetryableError } from '../errors.ts';
import type { LogsReader } from '../enrich/ports.ts';
import type { Clock } from '../pipeline/ports.ts';
import { isOwnRow } from '../subscription-name.ts';

const DAY_MS = 86_400_000;
/** Looked through one after the other: few days are read fast, and no table keeps rows for longer than the last. */
const SPANS_DAYS = [2, 30, 4400] as const;
/** `TimeGenerated` may be a day ahead of the clock. */
const AHEAD_DAYS = 2;
const TIMEOUT_MS = 60_000;

/**
 * Makes the question for the newest row of a Qualys subscription in a table: its largest time in a column, undefined where the table holds no row. Times after now come
 * from a clock that is wrong, and do not count.
 * @throws ConfigError, FatalError, RetryableError or WaitError when the table cannot be asked or its answer tells nothing.
 */
export function createNewestRow(
  logs: LogsReader,
  clock: Clock,
  subscription = '',
): (table: string, column: string) => Promise<Date | undefined> {
  return async (table, column) => {
    for (const days of SPANS_DAYS) {
      const now = clock.now().getTime();
      const span = { from: new Date(now - days * DAY_MS), to: new Date(now + AHEAD_DAYS * DAY_MS) };
      const { rows, partialError } = await logs.query(
        kqlOf(table, column, subscription, now),
        span,
        AbortSignal.timeout(TIMEOUT_MS),
      );
      if (partialError !== undefined) throw new RetryableError(`Log Analytics answered in part: ${partialError}`);
      const [row] = rows;
      if (Number(row?.Rows ?? 0) > 0)
        return toTime(row?.Newest, `${table} has rows, but none with a ${column} before now`);
    }
    return undefined;
  };
}

function kqlOf(table: string, column: string, subscription: string, now: number): string {
  const isPast = `${column} <= datetime(${new Date(now).toISOString()})`;
  return `${table}\n| where ${isOwnRow(subscription)}\n| summarize Rows = count(), Newest = maxif(${column}, ${isPast})`;
}

function toTime(cell: unknown, problem: string): Date {
  const time = new Date(typeof cell === 'string' ? cell : Number.NaN);
  if (Number.isNaN(time.getTime())) throw new FatalError(problem);
  return time;
}
