import { isClaimed } from './claim.ts';
import type { WindowRecord } from './ports.ts';
import type { WindowView } from './window-answer.ts';

/** Shows a window without what only the pipeline needs. */
export function viewWindow(record: WindowRecord, now: Date): WindowView {
  const { counts } = record;
  return {
    key: record.key,
    from: record.from,
    to: record.to,
    slice: record.slice ?? null,
    state: record.state,
    inWork: isClaimed(record, now),
    pages: counts.pages,
    calls: counts.calls,
    expected: counts.expected ?? null,
    fetched: counts.fetched,
    listed: counts.listed ?? null,
    parts: counts.parts ?? null,
    outside: counts.outside ?? 0,
    repaired: counts.repaired ?? 0,
    unchanged: counts.unchanged ?? 0,
    uploaded: counts.rows,
    attempts: record.attempts,
    notBefore: record.notBefore ?? null,
    startedAt: record.startedAt ?? null,
    progressAt: record.progressAt,
    closedAt: record.closedAt ?? null,
    acknowledged: record.acknowledged === true,
    error: record.lastError ?? null,
    repair: record.repair ?? null,
  };
}
