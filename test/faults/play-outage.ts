import { rowsOf, type Feed, type RouteOutage } from './feeds.ts';
import { isLook } from '../../src/lib/pipeline/look-back.ts';
import { createRig } from './rig.ts';
import { runFor, startApp, type Course } from './run-app.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** The vendor's standard subscription. */
const CALLS_AN_HOUR = 300;
/** The stream begins so long before the outage. */
const BEFORE_MS = 30 * MINUTE_MS;
/** Lists are read whole at the ends of such steps; they begin a day before the first. */
const STEP_MS = 6 * HOUR_MS;
const DAY_MS = 24 * HOUR_MS;

/** An outage of some routes of the vendor, while a stream reads. */
export interface Outage extends RouteOutage {
  readonly feed: Feed;
  readonly hours: number;
  /** Hosts or events in all. */
  readonly records: number;
  readonly tickMinutes: number;
  readonly settings: Readonly<Record<string, string>>;
}

/** What a time without an outage takes. */
export interface Undisturbed {
  readonly calls: number;
  readonly slices: number;
}

/** What became of it. */
export interface OutageResult {
  readonly name: string;
  readonly calls: number;
  /** Of these, calls during the outage to what was out. */
  readonly vain: number;
  /** The same time without the outage. */
  readonly undisturbed: Undisturbed;
  /** What the outage may cost. */
  readonly mayCost: number;
  readonly lost: number;
  /** From the end of the outage until everything before it was ingested; undefined if it was not. */
  readonly caughtUpMinutes: number | undefined;
  /** Slices in which windows were read. */
  readonly slices: number;
  /** Windows that are left over of it: failed, incomplete or open ones. */
  readonly remains: readonly string[];
  readonly violations: readonly string[];
}

/** Calls that an outage may cost: 12 for its first ten minutes, 14 for each further hour. */
function mayCost(hours: number): number {
  return 12 + Math.ceil(14 * Math.max(0, hours - 1 / 6));
}

function spanOf({ feed, hours, tickMinutes }: Outage, now: number): { start: number; target: number } {
  const target = now + hours * HOUR_MS - tickMinutes * MINUTE_MS;
  const floor = (time: number, step: number): number => Math.floor(time / step) * step;
  return feed.place === undefined
    ? { start: floor(now, STEP_MS) - DAY_MS, target: floor(target, STEP_MS) }
    : { start: floor(now, 1000) - BEFORE_MS, target };
}

/** The feed with its records spread over the time from its start to the end of the outage; lists hold theirs from the beginning. */
function spread(outage: Outage): Feed {
  const { feed, hours, records, settings, options } = outage;
  const lengthMs = BEFORE_MS + hours * HOUR_MS;
  return {
    ...feed,
    settings: { ...feed.settings, ...settings },
    span: (now) => spanOf(outage, now),
    options: () => ({
      hostCount: feed.hostsFor?.(records) ?? 0,
      detectionsPerHost: 1,
      longEventEvery: 0,
      ...options,
    }),
    fill: (simulator, start, shape) => {
      const timeOf = (index: number): string => new Date(start + ((index + 0.5) / records) * lengthMs).toISOString();
      if (feed.place === undefined) feed.fill(simulator, start, shape);
      else
        feed.place(
          simulator,
          Array.from({ length: records }, (_, index) => timeOf(index)),
        );
    },
  };
}

type Played = Omit<OutageResult, 'name' | 'undisturbed' | 'mayCost'>;

async function play(outage: Outage, isDisturbed: boolean): Promise<Played> {
  const feed = spread(outage);
  const rig = await createRig(feed, 'lean', CALLS_AN_HOUR);
  const app = startApp(rig);
  const outageMs = outage.hours * HOUR_MS;
  const { route, fault } = outage;
  const to = new Date(Date.now() + outageMs).toISOString();
  if (isDisturbed) rig.simulator.setFaults({ ...fault, route, to, count: 'always' });
  const caughtUpMs = await runFor(app, courseOf(outage, isDisturbed));
  const { simulator, ingestion, start, target, store, violations } = rig;
  const ids = new Set(rowsOf(feed, ingestion).map(feed.idOf));
  const windows = (await store.listWindows(feed.name, 'live')).filter(({ from }) => from < target);
  const result = {
    calls: simulator.stats().calls,
    vain: simulator.stats().faults[0]?.hits ?? 0,
    lost: feed.ids(simulator, { from: start, to: target }).filter((id) => !ids.has(id)).length,
    caughtUpMinutes: caughtUpMs === undefined ? undefined : Math.max(0, (caughtUpMs - outageMs) / MINUTE_MS),
    slices: windows.filter(({ slice }) => slice !== undefined && !isLook({ slice })).length,
    remains: windows
      .filter(({ state }) => state !== 'closed')
      .map(({ key, state, lastError = '' }) => `${key} ${state} ${lastError}`),
    violations: [...violations],
  };
  await app.close();
  await rig.close();
  return result;
}

/** Looks into the queue are far apart where nothing is waited for. */
function courseOf({ hours, tickMinutes }: Outage, isDisturbed: boolean): Course {
  const tickMs = tickMinutes * MINUTE_MS;
  if (hours <= 1) return { forMs: (hours + 1) * HOUR_MS, tickMs, pollMs: MINUTE_MS / 4 };
  return { forMs: (hours + 1) * HOUR_MS, tickMs, pollMs: isDisturbed ? 2 * MINUTE_MS : Math.min(tickMs, HOUR_MS / 2) };
}

/** What a time without an outage depends on. */
export function undisturbedKey({ feed, hours, records, tickMinutes, options, settings }: Outage): string {
  return JSON.stringify([feed.name, hours, records, tickMinutes, options, settings]);
}

/** Plays the same time without the outage. */
export async function playUndisturbed(outage: Outage): Promise<Undisturbed> {
  return play(outage, false);
}

/** Plays an outage; `undisturbed` is what `playUndisturbed` gave. */
export async function playOutage(outage: Outage, undisturbed: Undisturbed): Promise<OutageResult> {
  const { feed, hours, of, records } = outage;
  const length = hours < 1 ? `${hours * 60} min` : `${hours} h`;
  const name = `${feed.name}, ${records} records: ${of} out for ${length}`;
  return { name, ...(await play(outage, true)), undisturbed, mayCost: mayCost(hours) };
}
