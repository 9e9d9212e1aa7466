import { isClaimed } from './claim.ts';
import { isFinished } from './plan-windows.ts';
import type { WindowRecord } from './ports.ts';
import type { StreamProgress } from './status-answer.ts';
import { lengthOf } from './window.ts';

const HOUR_MS = 3_600_000;

/** Tells how fast windows are read. Pure. */
export function viewProgress(records: readonly WindowRecord[], now: Date): StreamProgress {
  const isInWork = records.some((record) => !isFinished(record) && isClaimed(record, now));
  const ends = records.flatMap(({ closedAt }) => closedAt ?? []);
  const planned = records.filter((record) => !isFinished(record)).map(({ plannedAt }) => plannedAt);
  const firstPlanned = planned.sort().slice(0, 1);
  const rows = records.filter(({ progressAt }) => isWithinHour(progressAt, now)).map(({ counts }) => counts.rows);
  return {
    movedAt: isInWork ? now.toISOString() : ([...ends, ...firstPlanned].sort().at(-1) ?? null),
    rowsLastHour: rows.reduce((sum, count) => sum + count, 0),
    secondsLeft: secondsLeft(records, now),
    heldBy: heldBy(records),
  };
}

/** What waits for a repair, or failed, is told as such. */
function heldBy(records: readonly WindowRecord[]): string | null {
  const [oldest] = records.filter((record) => !isFinished(record)).sort((one, two) => one.from.localeCompare(two.from));
  const isShort = oldest !== undefined && oldest.shortReads > 0 && oldest.repair === undefined;
  return isShort ? (oldest.lastError ?? null) : null;
}

function secondsLeft(records: readonly WindowRecord[], now: Date): number | null {
  const ended = records.filter(({ closedAt }) => closedAt !== undefined && isWithinHour(closedAt, now));
  const began = ended.map(({ startedAt, closedAt }) => Date.parse(startedAt ?? closedAt ?? ''));
  const read = lengthOf(ended);
  if (read === 0) return null;
  const elapsedMs = now.getTime() - Math.max(now.getTime() - HOUR_MS, Math.min(...began));
  const left = lengthOf(records.filter((record) => !isFinished(record)));
  return Math.round((elapsedMs * (left / read)) / 1000);
}

function isWithinHour(time: string, now: Date): boolean {
  return now.getTime() - Date.parse(time) < HOUR_MS;
}
