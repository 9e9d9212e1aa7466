import { createHash } from 'node:crypto';
import { ClaimLostError, failureOf } from '../errors.ts';
import type { BackfillView, BackfillWait } from './backfill-answer.ts';
import { isClaimed } from './claim.ts';
import { newWindow } from './new-window.ts';
import { isFinished, isUnacknowledged } from './plan-windows.ts';
import type { BackfillRecord, BackfillStatus, CheckpointStore, WindowDependencies, WindowRecord } from './ports.ts';
import { hasGivenUp } from './recovery.ts';
import { isDue } from './run-planner.ts';
import { isStored } from './is-stored.ts';
import { enqueue } from './window-state.ts';
import { chop, isoSeconds, lengthOf, toInterval } from './window.ts';
import { itemOf } from './work-item.ts';

/** What backfills need. */
export interface BackfillDependencies extends WindowDependencies {
  readonly staleSeconds: number;
  /** Windows of one backfill in work at once. */
  readonly parallel: number;
  /** Largest window of a stream, in minutes. */
  readonly windowMinutes: (stream: string) => number;
}

const RUNNING: ReadonlySet<BackfillStatus> = new Set(['planning', 'running']);

/** Whether a backfill is still at work. */
export function isRunning(backfill: Pick<BackfillRecord, 'status'>): boolean {
  return RUNNING.has(backfill.status);
}

/**
 * Starts reading a range again; the same range that is still running is not started twice.
 * @returns the backfill, and whether it is new.
 */
export async function startBackfill(
  request: { readonly stream: string; readonly from: Date; readonly to: Date },
  deps: BackfillDependencies,
): Promise<{ backfill: BackfillRecord; isNew: boolean }> {
  const { stream } = request;
  const [from, to] = [isoSeconds(request.from), isoSeconds(request.to)];
  const same = (await deps.store.listBackfills()).filter(
    (other) => other.stream === stream && other.from === from && other.to === to,
  );
  const running = same.find(isRunning);
  if (running !== undefined) return { backfill: running, isNew: false };
  const now = deps.clock.now().toISOString();
  const id = `${createHash('sha256').update(`${stream} ${from} ${to}`).digest('hex').slice(0, 12)}-${same.length + 1}`;
  const backfill: BackfillRecord = { id, stream, from, to, status: 'planning', startedAt: now, updatedAt: now };
  if (!(await isStored(deps.store.saveBackfill(backfill)))) {
    // The same request came twice at once: the id follows from the range, so the other one is ours too.
    return { backfill: (await deps.store.readBackfill(id)) ?? backfill, isNew: false };
  }
  deps.log.info('BackfillStarted', { stream, backfill: id, from, to });
  return { backfill: await openWindows(backfill, deps), isNew: true };
}

/** Opens the windows of a backfill and starts the first; what a killed process left undone is done again by the planner. */
async function openWindows(backfill: BackfillRecord, deps: BackfillDependencies): Promise<BackfillRecord> {
  const { id, stream } = backfill;
  const now = deps.clock.now();
  const windows = chop(toInterval(backfill), deps.windowMinutes(stream) * 60_000).map(({ from, to }) =>
    newWindow(
      { stream, run: id, from: isoSeconds(from), to: isoSeconds(to), isFirst: isoSeconds(from) === backfill.from },
      now,
    ),
  );
  await deps.store.insertWindows(windows);
  // Cancelled meanwhile, or opened by the planner as well: what is stored counts.
  if (!(await isStored(become('running', backfill, deps)))) return (await deps.store.readBackfill(id)) ?? backfill;
  await feed(backfill, await deps.store.listWindows(stream, id), deps);
  return backfill;
}

/** Keeps a few windows of a backfill in work, so that it never crowds out the live streams. */
async function feed(backfill: BackfillRecord, records: WindowRecord[], deps: BackfillDependencies): Promise<void> {
  const now = deps.clock.now();
  const open = records.filter((record) => !isFinished(record) && !hasGivenUp(record));
  const inWork = open.filter(({ queuedAt }) => queuedAt !== undefined).length;
  const waiting = open.filter(({ queuedAt, notBefore }) => queuedAt === undefined && isPast(notBefore, now));
  const stale = open.filter((record) => record.queuedAt !== undefined && isDue(record, now, deps.staleSeconds));
  const next = [...stale, ...waiting.slice(0, Math.max(0, deps.parallel - inWork))];
  for (const record of next) await enqueueNow(record, now, deps);
  if (next.length > 0)
    deps.log.info('BackfillFed', { stream: backfill.stream, backfill: backfill.id, windows: next.length });
}

function isPast(time: string | undefined, now: Date): boolean {
  return time === undefined || Date.parse(time) <= now.getTime();
}

async function enqueueNow(record: WindowRecord, now: Date, { store, queue }: BackfillDependencies): Promise<void> {
  enqueue(record, now);
  if (await isStored(store.saveWindow(record))) await queue.send(itemOf(record));
}

/** How far `feedNext` looks for a window that waits: windows start in order, so it is near. */
const LOOK_AHEAD = 100;

/** Starts the next window of a backfill when one has ended. */
export async function feedNext(ended: WindowRecord, deps: BackfillDependencies): Promise<void> {
  const backfill = await deps.store.readBackfill(ended.run);
  if (backfill?.status !== 'running') return;
  const ahead = await deps.store.listWindows(ended.stream, ended.run, ended.from, LOOK_AHEAD);
  const next = ahead.find((record) => record.state === 'planned' && record.queuedAt === undefined);
  if (next === undefined) await refresh(backfill, deps);
  else await enqueueNow(next, deps.clock.now(), deps);
}

/** Brings all running backfills of a stream forward: part of the planner's tick. */
export async function tendBackfills(stream: string, deps: BackfillDependencies): Promise<void> {
  for (const backfill of await deps.store.listBackfills()) {
    if (backfill.stream !== stream) continue;
    if (backfill.status === 'planning') await openWindows(backfill, deps);
    else if (backfill.status === 'running') await refresh(backfill, deps);
  }
}

/** Feeds a running backfill and books its end. */
async function refresh(backfill: BackfillRecord, deps: BackfillDependencies): Promise<WindowRecord[]> {
  const records = await deps.store.listWindows(backfill.stream, backfill.id);
  if (backfill.status !== 'running') return records;
  await feed(backfill, records, deps);
  const status = statusOf(records);
  if (status === 'running') return records;
  if (await isStored(become(status, backfill, deps)))
    deps.log.info('BackfillEnded', { stream: backfill.stream, backfill: backfill.id, status });
  return records;
}

function statusOf(records: readonly WindowRecord[]): BackfillStatus {
  if (records.some((record) => !isFinished(record) && !hasGivenUp(record))) return 'running';
  return records.some(hasFallenShort) ? 'failed' : 'succeeded';
}

/** Whether a window of a backfill did not bring everything. */
function hasFallenShort(record: WindowRecord): boolean {
  return hasGivenUp(record) || isUnacknowledged(record);
}

/** How far a backfill is; undefined when there is none of that id. */
export async function viewBackfill(id: string, deps: BackfillDependencies): Promise<BackfillView | undefined> {
  const backfill = await deps.store.readBackfill(id);
  return backfill === undefined ? undefined : toView(backfill, await refresh(backfill, deps), deps.clock.now());
}

/** The newest backfills, at most `limit`, newest first; those that run are always among them. */
export async function listBackfills(deps: BackfillDependencies, limit = Infinity): Promise<BackfillView[]> {
  const views: BackfillView[] = [];
  const wanted = (await deps.store.listBackfills()).filter((each, index) => index < limit || isRunning(each));
  for (const backfill of wanted) {
    views.push(toView(backfill, await refresh(backfill, deps), deps.clock.now()));
  }
  return views;
}

/** Cancels what has not started; windows in work run to their end. Undefined when there is none of that id. */
export async function cancelBackfill(id: string, deps: BackfillDependencies): Promise<BackfillView | undefined> {
  const backfill = await endRunning(id, deps);
  if (backfill === undefined) return undefined;
  const records = await deps.store.listWindows(backfill.stream, id);
  return toView(backfill, records, deps.clock.now());
}

/** Books the cancellation; tried again where a planner changes the same record at the same time. */
async function endRunning(id: string, deps: BackfillDependencies, tries = 5): Promise<BackfillRecord | undefined> {
  const backfill = await deps.store.readBackfill(id);
  if (backfill === undefined || !isRunning(backfill)) return backfill;
  const lost = await failureOf(ClaimLostError, become('cancelled', backfill, deps));
  if (lost !== undefined && tries <= 1) throw lost;
  if (lost !== undefined) return endRunning(id, deps, tries - 1);
  deps.log.info('BackfillCancelled', { stream: backfill.stream, backfill: id });
  return backfill;
}

/** Takes up a backfill that has ended as failed, because one of its windows is tried again or given up: its end is booked anew. */
export async function resumeBackfill(run: string, deps: BackfillDependencies): Promise<void> {
  const backfill = await deps.store.readBackfill(run);
  if (backfill?.status === 'failed') await become('running', backfill, deps);
}

/** Books how a backfill stands. @throws ClaimLostError when somebody else changed it. */
function become(status: BackfillStatus, backfill: BackfillRecord, deps: BackfillDependencies): Promise<void> {
  backfill.status = status;
  backfill.updatedAt = deps.clock.now().toISOString();
  return deps.store.saveBackfill(backfill);
}

/** Whether a window of a backfill must not be started any more. */
export async function isCancelled(run: string, store: CheckpointStore): Promise<boolean> {
  if (run === 'live') return false;
  return (await store.readBackfill(run))?.status === 'cancelled';
}

function toView(backfill: BackfillRecord, records: readonly WindowRecord[], now: Date): BackfillView {
  const { id, stream, from, to, status, startedAt } = backfill;
  const closed = records.filter(isFinished);
  const percent = percentOf(backfill, records);
  const elapsedSeconds = (now.getTime() - Date.parse(startedAt)) / 1000;
  const isKnown = status === 'running' && percent > 0;
  return {
    id,
    stream,
    from,
    to,
    status,
    windows: {
      total: records.length,
      closed: closed.length,
      failed: records.filter((record) => record.state === 'failed' || hasFallenShort(record)).length,
    },
    rows: records.reduce((sum, { counts }) => sum + counts.rows, 0),
    percent: Math.round(percent * 10) / 10,
    startedAt,
    updatedAt: movedAt(backfill, records),
    etaSeconds: isKnown ? Math.round((elapsedSeconds * (100 - percent)) / percent) : null,
    waits: status === 'running' ? waitOf(records, now) : null,
  };
}

/** When a backfill, or one of these windows of it, moved last. */
export function movedAt({ updatedAt }: BackfillRecord, windows: readonly WindowRecord[]): string {
  return windows.reduce((last, { progressAt }) => (progressAt > last ? progressAt : last), updatedAt);
}

/** What is in the queue or has failed comes before what has not begun: where all of that waits, the backfill does. */
function waitOf(records: readonly WindowRecord[], now: Date): BackfillWait | null {
  const begun = records
    .filter((record) => !isFinished(record) && !hasGivenUp(record))
    .filter(({ queuedAt, notBefore }) => queuedAt !== undefined || notBefore !== undefined);
  if (begun.some((record) => isPast(record.notBefore, now) || isClaimed(record, now))) return null;
  const [first] = begun.sort((one, two) => (one.notBefore ?? '').localeCompare(two.notBefore ?? ''));
  if (first === undefined) return null;
  return { until: first.notBefore ?? null, reason: first.lastError ?? 'its windows wait for their next try' };
}

/** Share of the range that is finished, 0 to 100; slices of one window count by their number. */
function percentOf(backfill: BackfillRecord, records: readonly WindowRecord[]): number {
  if (backfill.status === 'succeeded') return 100;
  const total = lengthOf(records);
  return total === 0 ? 0 : (100 * lengthOf(records.filter(isFinished))) / total;
}
