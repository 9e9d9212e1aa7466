import type { RepairCause } from '../errors.ts';
import { isClaimed } from './claim.ts';
import type { WindowRecord, WindowState } from './ports.ts';

/** What an operator sees of a window. */
export interface WindowView {
  readonly key: string;
  readonly from: string;
  readonly to: string;
  readonly slice: string | null;
  readonly state: WindowState;
  /** Whether a worker holds it now. */
  readonly inWork: boolean;
  readonly pages: number;
  readonly calls: number;
  /** Vendor's count, or the number of ids it lists; null where it tells neither. */
  readonly expected: number | null;
  readonly fetched: number;
  /** Records that the vendor lists, where that is no proof (VM: hosts); null where it does not. */
  readonly listed: number | null;
  /** What the records hold in turn (VM: detections); null where it is not counted. */
  readonly parts: number | null;
  /** Records ingested although their time lies outside of the window. */
  readonly outside: number;
  /** Records ingested after characters of theirs were repaired. */
  readonly repaired: number;
  /** Records received that were not sent, because the table has them as they are. */
  readonly unchanged: number;
  readonly uploaded: number;
  readonly attempts: number;
  /** Not to be worked on before this time. */
  readonly notBefore: string | null;
  readonly startedAt: string | null;
  /** Last time something was stored for it. */
  readonly progressAt: string;
  readonly closedAt: string | null;
  readonly acknowledged: boolean;
  readonly error: string | null;
  /** What has to be repaired before it can be read; null where nothing is known to. */
  readonly repair: RepairCause | null;
}

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
