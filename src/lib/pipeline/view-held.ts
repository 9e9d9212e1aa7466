import type { RepairCause } from '../errors.ts';
import { isFinished } from './plan-windows.ts';
import type { WindowRecord } from './ports.ts';

/** Windows of a stream that wait for the same repair: of the account, the identity or settings. */
export interface HeldWindows {
  readonly repair: RepairCause;
  readonly windows: number;
  /** When the first of them was begun, ISO 8601. */
  readonly since: string;
  /** What was said last. */
  readonly error: string;
  /** When the first of them is tried again, ISO 8601; null where that is now. */
  readonly nextTryAt: string | null;
  /** Whether nothing of the stream was read after that. */
  readonly isLatest: boolean;
}

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
