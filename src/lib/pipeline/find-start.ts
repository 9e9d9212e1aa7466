import { messageOf } from '../errors.ts';
import { redact, type Log } from '../log.ts';
import type { CheckpointStore, StartRecord, StartStore } from './ports.ts';
import type { PlanSettings } from './stream.ts';
import { isoSeconds } from './window.ts';

const HOUR_MS = 3_600_000;
/** A stream of which nothing is known begins so long before its first tick; one that goes on, so long before its newest row. */
const DEFAULT_START_MS = 24 * HOUR_MS;

/** What may tell that a table holds rows from before its stream lost its watermark. */
export interface EarlierRows {
  /** The setting that says where to begin. */
  readonly setting: string;
  /** Time of the table's newest row; undefined where it holds none. Absent where the table cannot be asked. */
  readonly newest?: () => Promise<Date | undefined>;
  /** Whether the storage account is so much younger than the installation that it must have replaced another one. */
  readonly isReplaced: boolean;
}

/** What finding a start needs. */
export interface StartDependencies {
  readonly store: Pick<CheckpointStore, 'listWindows'>;
  readonly starts: StartStore;
  readonly log: Log;
  readonly stream: string;
  readonly plan: PlanSettings;
  /** Absent where the first window brings all there is, so that nothing can be left out. */
  readonly earlierRows?: EarlierRows;
}

/** Where to begin, and why; without a time the stream waits. */
interface Start extends Pick<StartRecord, 'state' | 'note'> {
  readonly at?: number;
  /** Whether the wait may end by itself. */
  readonly mayPass?: boolean;
}

/**
 * Where a stream without a watermark begins, ISO 8601; undefined while nobody can tell. No watermark means a first installation, or a storage
 * account that was lost or replaced. A start that is right for the first would leave a hole at the second.
 */
export async function findStart(deps: StartDependencies, now: Date, horizon: Date): Promise<string | undefined> {
  const { starts, stream, log } = deps;
  const { at, state, note, mayPass } = await decide(deps, now.getTime(), horizon);
  const known = await starts.read(stream);
  const since = known?.state === state ? known.since : now.toISOString();
  if (known?.state !== state || known.note !== note) await starts.save({ stream, state, note, since });
  if (at === undefined) {
    const isNew = now.getTime() - Date.parse(since) < HOUR_MS;
    log[mayPass === true && isNew ? 'warn' : 'error']('StartAwaited', { stream, since, error: note });
    return undefined;
  }
  const start = isoSeconds(at);
  log[state === 'assumed' ? 'warn' : 'info']('StreamStarted', { stream, start, reason: note });
  return start;
}

async function decide(deps: StartDependencies, now: number, horizon: Date): Promise<Start> {
  const { store, stream, plan, earlierRows } = deps;
  const [first] = await store.listWindows(stream, 'live', undefined, 1);
  if (first !== undefined) {
    return { state: 'known', at: Date.parse(first.from), note: 'its first window, as only the watermark is lost' };
  }
  if (plan.start !== undefined) {
    return { state: 'known', at: plan.start.getTime(), note: `${earlierRows?.setting ?? 'its setting'} says where` };
  }
  const usual = usualStart(plan, now, horizon);
  if (earlierRows === undefined) return { state: 'known', at: usual, note: 'its first window brings all there is' };
  return earlierRows.newest === undefined ? unasked(earlierRows, usual) : ask(earlierRows, usual);
}

/** With a grid the first window must reach a point of it, so that the first tick opens it. */
function usualStart({ gridMinutes }: PlanSettings, now: number, horizon: Date): number {
  if (gridMinutes === undefined) return now - DEFAULT_START_MS;
  return horizon.getTime() - Math.max(DEFAULT_START_MS, gridMinutes * 60_000);
}

function unasked({ setting, isReplaced }: EarlierRows, usual: number): Start {
  const advice = `set ${setting} to a time before the gap, or LOGS_QUERY_WORKSPACE_ID so that the table can be asked`;
  if (isReplaced) {
    const note = `the storage account is younger than the installation, so the watermark is lost: ${advice}`;
    return { state: 'waiting', note };
  }
  const note = `24 hours before the first tick, without knowing whether the table has rows: if this storage account replaces another one, start a backfill over the gap`;
  return { state: 'assumed', at: usual, note };
}

async function ask({ newest, setting }: EarlierRows, usual: number): Promise<Start> {
  try {
    const time = (await newest?.())?.getTime();
    if (time === undefined)
      return { state: 'known', at: usual, note: '24 hours before the first tick: the table has no rows' };
    const at = Math.min(usual, time - DEFAULT_START_MS);
    return {
      state: 'known',
      at,
      note: `24 hours before the newest row of the table (${isoSeconds(time)}) or the first tick`,
    };
  } catch (error) {
    const note = `the table cannot be asked for its newest row: ${redact(messageOf(error))}; it is asked again at each tick, unless ${setting} is set`;
    return { state: 'waiting', note, mayPass: true };
  }
}
