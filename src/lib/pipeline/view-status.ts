import { isFinished, isUnacknowledged } from './plan-windows.ts';
import type { CheckpointStore, Clock, StartStore, WindowRecord } from './ports.ts';
import { viewLateness, type LagBounds } from './lateness.ts';
import { isLate, isLook } from './look-back.ts';
import type { StreamStatus } from './status-answer.ts';
import { viewHeld } from './view-held.ts';
import { viewProgress } from './view-progress.ts';

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
