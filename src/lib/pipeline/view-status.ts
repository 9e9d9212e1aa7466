import { isFinished } from './plan-windows.ts';
import type { CheckpointStore, Clock, StartRecord, StartStore, WindowRecord } from './ports.ts';
import type { ApiName } from './stream.ts';
import { viewLateness, type LagBounds, type Lateness } from './lateness.ts';
import { isLate, isLook } from './look-back.ts';
import { viewHeld, type HeldWindows } from './view-held.ts';
import { viewProgress, type StreamProgress } from './view-progress.ts';

/** What status tells of a stream. */
export interface StreamStatus {
  readonly name: string;
  readonly enabled: boolean;
  /** The vendor's API it reads, whose limits it shares. */
  readonly api: ApiName;
  /** Whether it tells a present state only, so that there is nothing to read again. */
  readonly isSnapshot: boolean;
  /** Time between two ticks of its planner, in seconds. */
  readonly scheduleSeconds: number;
  /** Time before which everything is ingested; null before the first tick. */
  readonly watermark: string | null;
  /** Now minus watermark, in seconds; null before the first tick. */
  readonly lagSeconds: number | null;
  /** Lag up to which the stream is on time, in seconds. */
  readonly normalLagSeconds: number;
  readonly lastTick: string | null;
  /** How it began, or what it waits for; null before the first tick, and where an earlier version began it. */
  readonly start: Omit<StartRecord, 'stream'> | null;
  readonly windows: {
    readonly open: number;
    readonly failed: number;
    readonly incomplete: number;
    /** Since when the first of those that failed or are incomplete is so; null where there are none. */
    readonly since: string | null;
  };
  /** What waits for a repair, windows of running backfills included. */
  readonly held: readonly HeldWindows[];
  readonly progress: StreamProgress;
  /** Records of the last 24 hours that were ingested although their time lies outside of their window. */
  readonly outsideLast24h: number;
  /** Records of the last 24 hours that were received and not sent, because the table has them as they are. */
  readonly unchangedLast24h: number;
  /** How late the vendor's index is. */
  readonly lateness: Lateness;
  /** Rows of live windows uploaded in the last 24 hours. */
  readonly rowsLast24h: number;
  /**
   * What it waits for, or the latest error of a failed window, else of one that is not closed or incomplete and not acknowledged; null when
   * there is none.
   */
  readonly lastError: string | null;
}

const DAY_MS = 86_400_000;

/** What is known of a stream before anything is read. */
type KnownOfStream = Pick<
  StreamStatus,
  'name' | 'enabled' | 'api' | 'isSnapshot' | 'scheduleSeconds' | 'normalLagSeconds'
> &
  LagBounds & {
    /** How long its planner rests at most, in seconds. */
    readonly restSeconds: number;
  };

/** Reads how a stream stands; `backfilled` are the windows of its running backfills. */
export async function viewStatus(
  stream: KnownOfStream,
  deps: { readonly store: CheckpointStore; readonly starts: StartStore; readonly clock: Clock },
  backfilled: readonly WindowRecord[] = [],
): Promise<StreamStatus> {
  const time = deps.clock.now();
  const now = time.getTime();
  const [mark, start, records] = await Promise.all([
    deps.store.readWatermark(stream.name),
    deps.starts.read(stream.name),
    deps.store.listWindows(stream.name, 'live'),
  ]);
  const atFault = records.filter(isAtFault);
  const recent = records.filter(({ progressAt }) => now - Date.parse(progressAt) < DAY_MS);
  const { mostLagSeconds, safetyLagSeconds, restSeconds, ...about } = stream;
  // A look spans a day and reads none of it; what it finds holds nothing back.
  const inOrder = records.filter((record) => !isLook(record) && !isLate(record));
  // While windows are left a rest explains nothing: it would hide a stream that is stuck.
  const isResting = mark !== undefined && inOrder.every(isFinished);
  const restedSeconds = isResting ? Math.min(restSeconds, Math.max(0, now - Date.parse(mark.lastTick)) / 1000) : 0;
  const lateness = viewLateness(records, { safetyLagSeconds, mostLagSeconds }, time);
  return {
    ...about,
    normalLagSeconds: about.normalLagSeconds + lateness.addedLagSeconds + Math.round(restedSeconds),
    lateness,
    watermark: mark?.watermark ?? null,
    lagSeconds: mark === undefined ? null : Math.max(0, Math.round((now - Date.parse(mark.watermark)) / 1000)),
    lastTick: mark?.lastTick ?? null,
    start: start === undefined ? null : { state: start.state, note: start.note, since: start.since },
    windows: {
      open: records.filter((record) => !isFinished(record)).length,
      failed: records.filter(({ state }) => state === 'failed').length,
      incomplete: records.filter(isUnacknowledged).length,
      since: atFault.map(({ progressAt }) => progressAt).sort()[0] ?? null,
    },
    held: viewHeld([...records, ...backfilled], time),
    progress: viewProgress(inOrder, time),
    rowsLast24h: recent.reduce((sum, { counts }) => sum + counts.rows, 0),
    outsideLast24h: recent.reduce((sum, { counts }) => sum + (counts.outside ?? 0), 0),
    unchangedLast24h: recent.reduce((sum, { counts }) => sum + (counts.unchanged ?? 0), 0),
    lastError: start?.state === 'waiting' ? start.note : latestError(records),
  };
}

/** Whether a window failed, or fell short and nobody has taken note of that. */
export function isAtFault(record: WindowRecord): boolean {
  return record.state === 'failed' || isUnacknowledged(record);
}

function isUnacknowledged(record: WindowRecord): boolean {
  return record.state === 'incomplete' && record.acknowledged !== true;
}

function failedFirst({ state }: WindowRecord): number {
  return state === 'failed' ? 0 : 1;
}

function latestError(records: readonly WindowRecord[]): string | null {
  const atFault = records
    .filter((record) => record.lastError !== undefined && (!isFinished(record) || isUnacknowledged(record)))
    // What failed needs a person; what waits for Qualys meanwhile moves later and would hide why.
    .sort((left, right) => failedFirst(left) - failedFirst(right) || right.progressAt.localeCompare(left.progressAt));
  const [latest] = atFault;
  return latest?.lastError === undefined ? null : `${latest.from}/${latest.to}: ${latest.lastError}`;
}
