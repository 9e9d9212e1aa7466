import type { WindowView } from '../answers.ts';
import { HOUR_MS, hoursOf, type DayRange } from './day-range.ts';

/** Rows of one hour. */
export interface HourRows {
  /** Start of the hour, epoch milliseconds. */
  readonly hour: number;
  readonly rows: number;
}

/**
 * Rows uploaded by the hour their windows lie in. A window over several hours is spread evenly over them, because nothing tells more; a part
 * outside the range is left out.
 */
export function rowsPerHour(
  windows: readonly Pick<WindowView, 'from' | 'to' | 'uploaded'>[],
  range: DayRange,
): HourRows[] {
  const hours = hoursOf(range).map((hour) => ({ hour, rows: 0 }));
  for (const { from, to, uploaded } of windows) {
    const [first, last] = [Date.parse(from), Date.parse(to)];
    for (const each of hours) each.rows += uploaded * shareOf(first, last, each.hour);
  }
  return hours.map(({ hour, rows }) => ({ hour, rows: Math.round(rows) }));
}

/** Share of the window that lies in the hour. */
function shareOf(first: number, last: number, hour: number): number {
  const common = Math.min(last, hour + HOUR_MS) - Math.max(first, hour);
  return common <= 0 || last <= first ? 0 : common / (last - first);
}

/** The chart in one sentence, for who does not see it. */
export function describeRows(hours: readonly HourRows[], format: (count: number) => string): string {
  const total = hours.reduce((sum, { rows }) => sum + rows, 0);
  const top = hours.reduce<HourRows | undefined>(
    (most, each) => (each.rows > (most?.rows ?? 0) ? each : most),
    undefined,
  );
  if (top === undefined) return 'No rows in the hours shown.';
  const time = new Date(top.hour).toISOString().slice(11, 16);
  return `${format(total)} rows in the hours shown; most, ${format(top.rows)}, in the hour from ${time}.`;
}
