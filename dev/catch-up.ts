import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../src/lib/errors.ts';
import { horizonOf, isFinished } from '../src/lib/pipeline/plan-windows.ts';
import type { WatermarkRecord, WindowRecord } from '../src/lib/pipeline/ports.ts';
import type { Stream } from '../src/lib/pipeline/stream.ts';
import { createServices, type Services } from '../src/lib/services.ts';
import { createCatchUpView, type StreamProgress } from './catch-up-progress.ts';
import type { Host } from './host/start-host.ts';

/** A stream that waits longer than this for its next try will not catch up soon. */
const MAX_WAIT_MS = 25_000;
const POLL_MS = 250;
/** The watermark moves with the planner's ticks, which would be minutes apart: it is run again when a stream has nothing open. */
const TICK_EVERY_MS = 1000;
/** Failures in a row after which a planner, which runs each second here, will not plan by itself soon. */
const MOST_PLANNER_FAILURES = 10;
/** The last tick opens the seconds that have passed since the start; they may finish, but are not waited for any longer. */
const TAIL_MS = 5000;

/** What the storage tells of a stream. */
export interface StreamState {
  readonly stream: Stream;
  readonly mark: WatermarkRecord | undefined;
  readonly records: readonly WindowRecord[];
}

/**
 * Runs until every enabled stream has ingested all up to the moment of the start (less its safety lag), with its progress on standard
 * error, then prints a summary.
 * @param hasData whether the vendor is sure to hold records of every stream.
 * @returns the exit code: 0, or 1 with the reason printed.
 */
export async function catchUp(host: Host, hasData: boolean): Promise<number> {
  const startedAt = Date.now();
  const services = createServices(process.env);
  const planner = createPlannerRuns(host);
  const progress = createCatchUpView(process.stderr);
  let tickedAt = Date.now();
  for (;;) {
    const states = await Promise.all(services.streams.map((stream) => readState(stream, services)));
    const behind = states.filter((state) => !hasCaughtUp(state, startedAt, services));
    progress.show(states.map(toProgress));
    const reason = planner.whyGivenUp() ?? behind.map(whyStuck).find((each) => each !== undefined);
    if (behind.length === 0 || reason !== undefined) {
      progress.close();
      const ended = reason === undefined ? await untilQuiet(services) : states;
      printSummary(ended, startedAt);
      if (reason !== undefined) console.error(`Not caught up: ${reason}`);
      await services.limiter.close();
      if (reason !== undefined) return 1;
      const faults = findFaults(ended, hasData);
      for (const fault of faults) console.error(fault);
      return faults.length === 0 ? 0 : 1;
    }
    if (Date.now() - tickedAt > TICK_EVERY_MS) {
      tickedAt = Date.now();
      for (const { stream, records } of behind) if (records.every(isFinished)) await planner.run(stream);
    }
    await sleep(POLL_MS);
  }
}

/** Waits a moment for what the last ticks have opened. */
async function untilQuiet(services: Services): Promise<StreamState[]> {
  const deadline = Date.now() + TAIL_MS;
  for (;;) {
    const states = await Promise.all(services.streams.map((stream) => readState(stream, services)));
    if (Date.now() > deadline || states.every(({ records }) => records.every(isFinished))) return states;
    await sleep(POLL_MS);
  }
}

interface PlannerRuns {
  readonly run: (stream: Stream) => Promise<void>;
  /** Why a stream is not planned, once that has failed too often in a row. */
  readonly whyGivenUp: () => string | undefined;
}

function createPlannerRuns(host: Host): PlannerRuns {
  const failures = new Map<string, number>();
  let reason: string | undefined;
  return {
    run: async ({ name }) => {
      try {
        await host.runTimer(`plan-${name}`);
        failures.delete(name);
      } catch (error) {
        const count = (failures.get(name) ?? 0) + 1;
        failures.set(name, count);
        console.error(`planner of ${name}: ${messageOf(error)}`);
        if (count >= MOST_PLANNER_FAILURES) reason ??= `planner of ${name}: ${messageOf(error)}`;
      }
    },
    whyGivenUp: () => reason,
  };
}

async function readState(stream: Stream, { store }: Services): Promise<StreamState> {
  const [mark, records] = await Promise.all([store.readWatermark(stream.name), store.listWindows(stream.name, 'live')]);
  return { stream, mark, records };
}

function hasCaughtUp({ stream, mark }: StreamState, startedAt: number, { settings }: Services): boolean {
  return mark !== undefined && Date.parse(mark.watermark) >= horizonOf(stream.plan(settings), startedAt);
}

function toProgress({ stream, records }: StreamState): StreamProgress {
  return {
    name: stream.name,
    finished: records.filter(isFinished).length,
    windows: records.length,
    rows: rowsOf(records),
  };
}

function rowsOf(records: readonly WindowRecord[]): number {
  return records.reduce((total, { counts }) => total + counts.rows, 0);
}

/** Why a stream will not catch up by itself soon; undefined while it may. */
function whyStuck({ stream, records }: StreamState): string | undefined {
  const stuck = records.find((record) => {
    if (record.state === 'failed') return true;
    if (isFinished(record) || record.lastError === undefined || record.claim !== undefined) return false;
    return Date.parse(record.notBefore ?? '') - Date.parse(record.progressAt) > MAX_WAIT_MS;
  });
  return stuck === undefined
    ? undefined
    : `${stream.name}, window ${stuck.from}/${stuck.to} (${stuck.state}): ${stuck.lastError ?? 'unknown'}`;
}

/**
 * What is wrong with streams that have caught up, a line each: windows that are not whole, and, where the vendor is sure to hold records of
 * every stream, a stream that brought no row.
 */
export function findFaults(states: readonly StreamState[], hasData: boolean): string[] {
  const incomplete = states.flatMap(({ records }) => records.filter(({ state }) => state === 'incomplete'));
  const empty = hasData ? states.filter(({ records }) => rowsOf(records) === 0) : [];
  return [
    ...incomplete.map(
      ({ stream, from, to, lastError }) => `Incomplete: ${stream}, window ${from}/${to}: ${lastError ?? ''}`,
    ),
    ...empty.map(
      ({ stream }) =>
        `Empty: ${stream.name} brought no row: the simulator holds none of it, or its start, lag or filter leaves all out`,
    ),
  ];
}

function printSummary(states: readonly StreamState[], startedAt: number): void {
  console.log('');
  for (const { stream, mark, records } of states) {
    const sum = (pick: (record: WindowRecord) => number): number =>
      records.reduce((total, record) => total + pick(record), 0);
    const open = records.filter((record) => !isFinished(record)).length;
    console.log(`${stream.name} → ${stream.table}`);
    console.log(`  rows       ${sum(({ counts }) => counts.rows)}`);
    console.log(`  windows    ${records.length} (${open} open)`);
    console.log(`  pages      ${sum(({ counts }) => counts.pages)}`);
    console.log(`  API calls  ${sum(({ counts }) => counts.calls)}`);
    console.log(`  watermark  ${mark?.watermark ?? 'none'}`);
  }
  console.log(`seconds      ${((Date.now() - startedAt) / 1000).toFixed(1)}`);
}
