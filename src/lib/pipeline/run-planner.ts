import { ClaimLostError, failureOf, messageOf } from '../errors.ts';
import { logUnexpected } from '../log-unexpected.ts';
import { isClaimed } from './claim.ts';
import { findStart, type StartDependencies } from './find-start.ts';
import { storeTick } from './move-watermark.ts';
import { viewLateness } from './lateness.ts';
import { ledgersFrom, planLook } from './look-back.ts';
import { newWindow } from './new-window.ts';
import { horizonOf, isFinished, planWindows } from './plan-windows.ts';
import type { WatermarkRecord, WindowDependencies, WindowRecord } from './ports.ts';
import { isStored } from './is-stored.ts';
import { enqueue } from './window-state.ts';
import { sendAll } from './work-item.ts';
import { gaps, isoSeconds, toInterval } from './window.ts';

/** Clocks of machines differ by moments; more is worth a warning. */
const CLOCK_TOLERANCE_MS = 10_000;
/** Finished windows stay so long for status and the last day's figures. */
const KEEP_FINISHED_MS = 8 * 86_400_000;
const HOUR_MS = 3_600_000;

/** What a tick of the planner needs. */
export interface PlannerDependencies extends WindowDependencies, Omit<StartDependencies, 'store'> {
  /** A window without progress for so long is put in the queue again, in seconds. */
  readonly staleSeconds: number;
  /**
   * A clock that all instances share. Where the machine's is ahead of it, it decides how far windows are planned: a window read before its
   * time would be closed without what comes later.
   */
  readonly sharedTime?: () => Promise<Date | undefined>;
  /** Whether the stream looks back every hour for what has become visible late. */
  readonly looksBack?: boolean;
  /** How far the safety lag may grow by what was late, in seconds; it does not where this is absent. */
  readonly mostLagSeconds?: number;
  /** Brings the stream's backfills forward. */
  readonly tendBackfills?: () => Promise<void>;
}

/**
 * One tick: opens the windows that are due, brings back failed and stale ones, moves the watermark. Nobody else opens live windows or
 * writes the watermark, but the planner itself when it is woken (`moveWatermark`).
 */
export async function runPlanner(deps: PlannerDependencies): Promise<void> {
  const lost = await failureOf(ClaimLostError, tick(deps));
  if (lost !== undefined) deps.log.info('PlannerSkipped', { stream: deps.stream, reason: 'another planner runs' });
  await tend(deps);
}

/** Backfills come after the live windows and never hold them up; what fails is done again at the next tick. */
async function tend({ tendBackfills, log, stream }: PlannerDependencies): Promise<void> {
  try {
    await tendBackfills?.();
  } catch (error) {
    log.warn('BackfillTendError', { stream, error: messageOf(error) });
    logUnexpected(log, error);
  }
}

async function tick(deps: PlannerDependencies): Promise<void> {
  const { store, clock, stream, plan, log } = deps;
  const now = clock.now();
  const time = await earlierTime(deps, now);
  const horizon = new Date(horizonOf(plan, time));
  const mark = await readOrStart(deps, new Date(time), horizon);
  if (mark === undefined) return;
  const planTag = await store.readPlanTag(stream);
  const records = await listAll(deps, mark);
  const { addedLagSeconds } = viewLateness(records, { ...plan, mostLagSeconds: deps.mostLagSeconds ?? 0 }, now);
  const { watermark, windows } = planWindows({
    watermark: mark.watermark,
    records,
    horizon: new Date(horizon.getTime() - addedLagSeconds * 1000),
    windowMinutes: plan.windowMinutes,
  });
  const diedBefore = mark.opening === true;
  const isHourly = Math.floor(Date.parse(mark.lastTick) / HOUR_MS) < Math.floor(now.getTime() / HOUR_MS);
  const due = records.filter((record) => isDue(record, now, deps.staleSeconds, diedBefore));
  const look = isHourly && deps.looksBack === true ? planLook(records, mark, now) : undefined;
  const opened = [
    ...windows.map((window) => {
      const isFirst = window.from === mark.start;
      return { ...window, slice: plan.sliceOf?.(window, isFirst), isFirst };
    }),
    ...(look === undefined ? [] : [look]),
  ].map((window) => newWindow({ stream, run: 'live', ...window }, now));
  for (const record of [...due, ...opened]) enqueue(record, now);
  let stored = mark;
  if (opened.length > 0) {
    stored = await storeTick(store, mark, (each) => void (each.opening = true));
    await store.openWindows(opened, planTag);
  }
  await sendDue(deps, due, opened);
  const ended = await storeTick(store, stored, (each) => endTick(each, watermark, now));
  logTick(deps, ended, [...records, ...opened], {
    opened: opened.length,
    requeued: due.length,
    addedLagSeconds,
    now,
  });
  if (isHourly)
    await prune(deps, ended, records, now).catch((error: unknown) => {
      log.warn('PruneError', { stream, error: messageOf(error) });
      logUnexpected(log, error);
    });
}

function endTick(mark: WatermarkRecord, watermark: string, now: Date): void {
  if (watermark > mark.watermark) mark.watermark = watermark;
  mark.lastTick = now.toISOString();
  delete mark.opening;
}

/**
 * All live windows, not only those after the watermark: an operator may have opened an incomplete window again. A list comes in pages, and
 * a window that is split between two of them may be missing with its slices: time that seems to be left out is looked for once more.
 */
async function listAll({ store, stream }: PlannerDependencies, mark: WatermarkRecord): Promise<WindowRecord[]> {
  const seen = await store.listWindows(stream, 'live');
  const intervals = seen.map(toInterval);
  const from = Date.parse(mark.watermark);
  const to = Math.max(from, ...intervals.map((interval) => interval.to));
  if (gaps({ from, to }, intervals).length === 0) return seen;
  const again = await store.listWindows(stream, 'live');
  const keys = new Set(again.map(({ key }) => key));
  return [...seen.filter(({ key }) => !keys.has(key)), ...again];
}

/** The earlier of both clocks, in epoch milliseconds. */
async function earlierTime({ sharedTime, log, stream }: PlannerDependencies, now: Date): Promise<number> {
  const shared = await sharedTime?.();
  if (shared === undefined) return now.getTime();
  const aheadMs = now.getTime() - shared.getTime();
  if (aheadMs > CLOCK_TOLERANCE_MS) log.warn('ClockAhead', { stream, seconds: Math.round(aheadMs / 1000) });
  return Math.min(now.getTime(), shared.getTime());
}

/** The watermark; undefined while the stream waits for its start. */
async function readOrStart(deps: PlannerDependencies, time: Date, horizon: Date): Promise<WatermarkRecord | undefined> {
  const { store, stream } = deps;
  const known = await store.readWatermark(stream);
  if (known !== undefined) return known;
  const start = await findStart(deps, time, horizon);
  if (start === undefined) return undefined;
  const fresh: WatermarkRecord = { stream, watermark: start, start, lastTick: time.toISOString() };
  await store.saveWatermark(fresh);
  return fresh;
}

/** Whether a window has to go to the queue (again). */
export function isDue(record: WindowRecord, now: Date, staleSeconds: number, diedBefore = false): boolean {
  if (isFinished(record) || isClaimed(record, now)) return false;
  const notBefore = Date.parse(record.notBefore ?? record.plannedAt);
  if (notBefore > now.getTime()) return false;
  if (record.queuedAt === undefined) return true;
  if (diedBefore && record.startedAt === undefined) return true;
  const last = Math.max(notBefore, Date.parse(record.queuedAt), Date.parse(record.progressAt));
  return now.getTime() - last > staleSeconds * 1000;
}

async function sendDue(
  { store, queue }: PlannerDependencies,
  due: readonly WindowRecord[],
  opened: readonly WindowRecord[],
): Promise<void> {
  // Where somebody works on one after all, the message finds that out.
  for (const record of due) await isStored(store.saveWindow(record));
  await sendAll(queue, [...due, ...opened]);
}

function logTick(
  { log, stream }: PlannerDependencies,
  mark: WatermarkRecord,
  records: readonly WindowRecord[],
  { now, ...counts }: { opened: number; requeued: number; addedLagSeconds: number; now: Date },
): void {
  log.info('WindowsPlanned', {
    stream,
    watermark: mark.watermark,
    lagSeconds: Math.round((now.getTime() - Date.parse(mark.watermark)) / 1000),
    ...counts,
    openWindows: records.filter((record) => !isFinished(record)).length,
    failedWindows: records.filter(({ state }) => state === 'failed').length,
  });
}

async function prune(
  { store, stream, looksBack }: PlannerDependencies,
  { watermark }: WatermarkRecord,
  records: readonly WindowRecord[],
  now: Date,
): Promise<void> {
  const before = isoSeconds(Math.min(Date.parse(watermark), now.getTime() - KEEP_FINISHED_MS));
  await store.pruneWindows(stream, 'live', before, looksBack === true ? ledgersFrom(records, watermark) : before);
}
