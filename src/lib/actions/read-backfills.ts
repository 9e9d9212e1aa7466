import type { BackfillStand } from '../health/health.ts';
import { isRunning, movedAt } from '../pipeline/backfill.ts';
import { tickAfter } from '../pipeline/normal-lag.ts';
import { isFinished } from '../pipeline/plan-windows.ts';
import type { BackfillRecord, CheckpointStore, WindowRecord } from '../pipeline/ports.ts';

/** Backfills that run or failed, and the windows of those that run. */
export interface OpenBackfills {
  readonly stands: readonly BackfillStand[];
  readonly windows: readonly WindowRecord[];
}

/**
 * Reads what is to be judged of backfills; one that failed counts until its range is read by a later one. `scheduleOf` tells the schedule of
 * a stream's planner.
 */
export async function readBackfills(
  store: Pick<CheckpointStore, 'listBackfills' | 'listWindows'>,
  scheduleOf: (stream: string) => string,
): Promise<OpenBackfills> {
  const all = await store.listBackfills();
  const open = all.filter((each) => isRunning(each) || (each.status === 'failed' && !isReadLater(each, all)));
  const read = await Promise.all(
    open.map(async (backfill) => {
      const windows = isRunning(backfill) ? await store.listWindows(backfill.stream, backfill.id) : [];
      return { stand: standOf(backfill, windows, scheduleOf(backfill.stream)), windows };
    }),
  );
  return { stands: read.map(({ stand }) => stand), windows: read.flatMap(({ windows }) => windows) };
}

function isReadLater(failed: BackfillRecord, all: readonly BackfillRecord[]): boolean {
  return all.some(
    ({ stream, status, startedAt, from, to }) =>
      stream === failed.stream &&
      (status === 'succeeded' || status === 'running') &&
      startedAt > failed.startedAt &&
      from <= failed.from &&
      to >= failed.to,
  );
}

function standOf(backfill: BackfillRecord, windows: readonly WindowRecord[], schedule: string): BackfillStand {
  const { id, stream, status, startedAt } = backfill;
  const moved = movedAt(backfill, windows);
  const left = windows.filter((window) => !isFinished(window));
  const [waitsUntil = moved] = left.flatMap(({ notBefore }) => notBefore ?? []).sort();
  const still = Math.max(Date.parse(moved), Date.parse(waitsUntil));
  const tick = (after: number): number => tickAfter(schedule, after) ?? after;
  return { id, stream, status, startedAt, movedAt: moved, fedBy: new Date(tick(tick(still))).toISOString() };
}
