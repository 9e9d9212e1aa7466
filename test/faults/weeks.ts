const MINUTE_MS = 60_000;
const WEEK_MS = 7 * 86_400_000;
/** Longest window that a stream takes. */
export const WEEK_MINUTES = String(WEEK_MS / MINUTE_MS);

/**
 * Windows that end on a step of a week, so that none ends during the cells, however far their time is moved on: the one before the last
 * Thursday's midnight, where weeks begin that are counted from 1970.
 */
export function lastWeek(now: number): { start: number; target: number } {
  const target = Math.floor(now / WEEK_MS) * WEEK_MS;
  return { start: target - WEEK_MS, target };
}

/** To just after the step. */
export function toThursday(now: number): number {
  return WEEK_MS - (now % WEEK_MS) + 120 * MINUTE_MS;
}
