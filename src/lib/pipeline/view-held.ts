import type { RepairCause } from '../errors.ts';
import { isFinished } from './plan-windows.ts';
import type { WindowRecord } from './ports.ts';
import type { HeldWindows } from './status-answer.ts';

/** Groups the windows, live ones and those of running backfills, that wait for a repair. Pure. */
export function viewHeld(records: readonly WindowRecord[], now: Date): HeldWindows[] {
  const readAt = records.flatMap(({ closedAt, state }) => (state === 'waived' ? [] : (closedAt ?? []))).sort();
  const causes: readonly RepairCause[] = ['identity', 'account', 'settings'];
  return causes.flatMap((repair) => {
    const held = records
      .filter((record) => !isFinished(record) && record.repair === repair)
      .sort((left, right) => left.progressAt.localeCompare(right.progressAt));
    const last = held.at(-1);
    if (last === undefined) return [];
    const tries = held.flatMap(({ notBefore }) => notBefore ?? []).sort();
    const [next] = tries;
    return {
      repair,
      windows: held.length,
      since: held.map(({ startedAt, progressAt }) => startedAt ?? progressAt).sort()[0] ?? last.progressAt,
      error: last.lastError ?? '',
      nextTryAt: next !== undefined && Date.parse(next) > now.getTime() ? next : null,
      isLatest: last.progressAt >= (readAt.at(-1) ?? ''),
    };
  });
}
