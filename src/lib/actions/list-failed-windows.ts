import { isRunning } from '../pipeline/backfill.ts';
import { isAtFault } from '../pipeline/view-status.ts';
import { viewWindow } from '../pipeline/view-window.ts';
import type { WindowView } from '../pipeline/window-answer.ts';
import { getServices } from '../services.ts';
import { STREAMS } from '../streams/index.ts';

/** A window that failed or fell short, and where it belongs. */
export interface FailedWindow extends WindowView {
  readonly stream: string;
  /** `live`, or the id of a backfill. */
  readonly run: string;
}

/** Windows that failed, or fell short and were not acknowledged. */
export interface FailedWindows {
  readonly total: number;
  /** True when there are more than are listed. */
  readonly truncated: boolean;
  /** Newest first. */
  readonly windows: readonly FailedWindow[];
}

/** Lists what failed or fell short, of all streams, live and in backfills that run or failed. */
export async function listFailedWindows(limit: number): Promise<FailedWindows> {
  const { store, clock } = getServices();
  const open = (await store.listBackfills()).filter((each) => isRunning(each) || each.status === 'failed');
  const runs = [
    ...STREAMS.map(({ name }) => ({ stream: name, run: 'live' })),
    ...open.map(({ id, stream }) => ({ stream, run: id })),
  ];
  const listed = await Promise.all(
    runs.map(async ({ stream, run }) => {
      const records = await store.listWindows(stream, run);
      return records.filter(isAtFault).map((record) => ({ stream, run, ...viewWindow(record, clock.now()) }));
    }),
  );
  const all = listed.flat().sort((left, right) => right.from.localeCompare(left.from));
  return { total: all.length, truncated: all.length > limit, windows: all.slice(0, limit) };
}
