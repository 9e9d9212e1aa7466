import { isLate, lastLook, numberOf } from './look-back.ts';
import type { WindowRecord } from './ports.ts';
import type { Lateness } from './status-answer.ts';

/** The safety lag of a stream, and how far it may grow, in seconds. */
export interface LagBounds {
  readonly safetyLagSeconds: number;
  readonly mostLagSeconds: number;
}

const MEMORY_MS = 2 * 86_400_000;
/** Looks that must have found something before the lag grows. */
const LOOKS_TO_LEARN = 3;
/** What was missing at some time came later still. */
const MARGIN = 1.5;

/** Tells how late the vendor is. Pure: what is older than two days is forgotten, so that the lag shrinks again. */
export function viewLateness(records: readonly WindowRecord[], lag: LagBounds, now: Date): Lateness {
  const late = records.filter(
    (record) => isLate(record) && record.counts.rows > 0 && now.getTime() - Date.parse(record.progressAt) < MEMORY_MS,
  );
  const missing = late.flatMap(({ counts }) => counts.missingSeconds ?? []).sort((one, two) => one - two);
  const last = lastLook(records);
  return {
    lookedAt: last === undefined ? null : new Date(numberOf(last) * 1000).toISOString(),
    rows: late.reduce((sum, { counts }) => sum + counts.rows, 0),
    usualSeconds: missing[Math.floor(missing.length / 2)] ?? null,
    mostSeconds: missing.at(-1) ?? null,
    addedLagSeconds: addedLag(late, lag),
  };
}

/** What the lag must grow by to hold what was late in at least three looks. What no lag within its bound could hold has no part. */
function addedLag(late: readonly WindowRecord[], { mostLagSeconds, safetyLagSeconds }: LagBounds): number {
  const byLook = new Map<number, number>();
  for (const record of late) {
    const { missingSeconds = 0 } = record.counts;
    if (missingSeconds > mostLagSeconds) continue;
    const look = numberOf(record);
    byLook.set(look, Math.max(missingSeconds, byLook.get(look) ?? 0));
  }
  const reached = [...byLook.values()].sort((one, two) => two - one)[LOOKS_TO_LEARN - 1];
  if (reached === undefined) return 0;
  return Math.max(0, Math.min(Math.ceil(reached * MARGIN), mostLagSeconds) - safetyLagSeconds);
}
