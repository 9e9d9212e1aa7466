import type { Fault } from '../../dev/simulator/faults.ts';
import type { SimulatorOptions } from '../../dev/simulator/settings.ts';
import { FEEDS, rowsOf, type Feed } from './feeds.ts';
import { createRig } from './rig.ts';
import { runFor, startApp, type Course } from './run-app.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** The vendor's standard subscription. */
const CALLS_AN_HOUR = 300;
/** The stream begins so long before the outage. */
const BEFORE_MS = 30 * MINUTE_MS;

/** An outage of some routes of the vendor. */
export interface Outage {
  readonly feed: Feed;
  /** Which routes, in words. */
  readonly of: string;
  readonly route: string;
  readonly fault: Fault;
  readonly hours: number;
  /** Hosts or events in all. */
  readonly records: number;
  readonly tickMinutes: number;
  readonly settings?: Readonly<Record<string, string>>;
  readonly options?: SimulatorOptions;
}

/** What became of it. */
export interface OutageResult {
  readonly name: string;
  readonly calls: number;
  /** Of these, calls during the outage to what was out. */
  readonly vain: number;
  /** Calls of the same time without the outage. */
  readonly undisturbed: number;
  /** What the outage may cost. */
  readonly mayCost: number;
  readonly lost: number;
  /** From the end of the outage until everything before it was ingested; undefined if it was not. */
  readonly caughtUpMinutes: number | undefined;
  /** Windows that are left over of it: cut, failed, incomplete or open ones. */
  readonly remains: readonly string[];
  readonly violations: readonly string[];
}

/** Calls that an outage may cost: 12 for its first ten minutes, 14 for each further hour. */
function mayCost(hours: number): number {
  return 12 + Math.ceil(14 * Math.max(0, hours - 1 / 6));
}

/** The feed with its records spread over the time from its start to the end of the outage. */
function spread({ feed, hours, records, tickMinutes, settings, options }: Outage): Feed {
  const lengthMs = BEFORE_MS + hours * HOUR_MS;
  const isEdr = feed.name === FEEDS.edr.name;
  return {
    ...feed,
    settings: { ...feed.settings, ...settings },
    span: (now) => ({
      start: Math.floor(now / 1000) * 1000 - BEFORE_MS,
      target: now + hours * HOUR_MS - tickMinutes * MINUTE_MS,
    }),
    options: () => ({
      eventCount: 0,
      hostCount: isEdr ? 0 : records,
      detectionsPerHost: 1,
      longEventEvery: 0,
      ...options,
    }),
    fill: (simulator, start) => {
      const at = (index: number): string => new Date(start + ((index + 0.5) * lengthMs) / records).toISOString();
      if (isEdr) {
        const bursts = Array.from({ length: records }, (_, index) => ({ processedTime: at(index), count: 1 }));
        simulator.changeData({ bursts });
      } else {
        simulator.changeData({ hosts: simulator.hostIds().map((id, index) => ({ id, processedTime: at(index) })) });
      }
    },
  };
}

async function play(
  outage: Outage,
  isDisturbed: boolean,
): Promise<Omit<OutageResult, 'name' | 'undisturbed' | 'mayCost'>> {
  const feed = spread(outage);
  const rig = await createRig(feed, 'lean', CALLS_AN_HOUR);
  const app = startApp(rig);
  const outageMs = outage.hours * HOUR_MS;
  const { route, fault } = outage;
  const to = new Date(Date.now() + outageMs).toISOString();
  if (isDisturbed) rig.simulator.setFaults({ ...fault, route, to, count: 'always' });
  const course: Course = {
    forMs: outageMs + HOUR_MS,
    tickMs: outage.tickMinutes * MINUTE_MS,
    pollMs: outage.hours > 1 ? 2 * MINUTE_MS : MINUTE_MS / 4,
  };
  const caughtUpMs = await runFor(app, course);
  const { simulator, ingestion, start, target, store, violations } = rig;
  const ids = new Set(rowsOf(feed, ingestion).map(feed.idOf));
  const windows = (await store.listWindows(feed.name, 'live')).filter(({ from }) => from < target);
  const result = {
    calls: simulator.stats().calls,
    vain: simulator.stats().faults[0]?.hits ?? 0,
    lost: feed.ids(simulator, { from: start, to: target }).filter((id) => !ids.has(id)).length,
    caughtUpMinutes: caughtUpMs === undefined ? undefined : Math.max(0, (caughtUpMs - outageMs) / MINUTE_MS),
    remains: windows
      .filter(({ state, slice }) => state !== 'closed' || slice !== undefined)
      .map(({ key, state, lastError = '' }) => `${key} ${state} ${lastError}`),
    violations: [...violations],
  };
  await app.close();
  await rig.close();
  return result;
}

/** What the calls without an outage depend on. */
export function courseOf({ feed, hours, records, tickMinutes, options, settings }: Outage): string {
  return JSON.stringify([feed.name, hours, records, tickMinutes, options, settings]);
}

/** Plays the same time without the outage. @returns its calls. */
export async function playUndisturbed(outage: Outage): Promise<number> {
  return (await play(outage, false)).calls;
}

/** Plays an outage; `undisturbed` is what `playUndisturbed` gave. */
export async function playOutage(outage: Outage, undisturbed: number): Promise<OutageResult> {
  const { feed, hours, of } = outage;
  const name = `${feed.name}: ${of} out for ${hours < 1 ? `${hours * 60} min` : `${hours} h`}`;
  return { name, ...(await play(outage, true)), undisturbed, mayCost: mayCost(hours) };
}
