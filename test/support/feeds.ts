import { afterEach } from 'vitest';
import type { SimulatorOptions } from '../../dev/simulator/settings.ts';
import { startSimulator, type Simulator } from '../../dev/simulator/start-simulator.ts';
import { parseSettings } from '../../src/lib/config.ts';
import type { Clock, Limiter, WindowRecord } from '../../src/lib/pipeline/ports.ts';
import { basicAuth, tokenAuth } from '../../src/lib/qualys/login/api-auth.ts';
import { createCredentials } from '../../src/lib/qualys/login/credentials.ts';
import { createEdrApi } from '../../src/lib/qualys/edr/edr-api.ts';
import { createEdrAuth } from '../../src/lib/qualys/login/edr-auth.ts';
import { fixedSecret } from '../../src/lib/secret-value.ts';
import { createVmApi } from '../../src/lib/qualys/vm/vm-api.ts';
import { bindStream, type StreamDefinition } from '../../src/lib/streams/stream-definition.ts';
import { keptLog, setUp, type Bench } from './pipeline.ts';
import { LEAST_SETTINGS } from './settings.ts';
import { keptAccount } from './account.ts';
import { keptRoutes } from './routes.ts';
import { uniqueName } from './storage.ts';

/** More than any test needs to work off what is in its queue: calls, and windows worked on. What does not end fails soon, which mutants do often. */
const MOST_CALLS = 300;
const MOST_STEPS = 60;

/** A limiter that never says no, until a reading has no end: what it would read for ever fails its test. */
function endingLimiter(): Limiter & { readonly begin: () => void; readonly check: () => void } {
  let calls = 0;
  const check = (): void => {
    if (calls > MOST_CALLS) throw new Error(`a reading that does not end: more than ${MOST_CALLS} calls`);
  };
  return {
    routes: keptRoutes(),
    account: keptAccount(),
    acquire: () => {
      calls++;
      check();
      return Promise.resolve({ release: () => undefined });
    },
    observe: () => undefined,
    pause: () => Promise.resolve(),
    begin: () => void (calls = 0),
    check,
  };
}

/** A stream on the bench: over a simulator of the vendor, with real tables and a sink that keeps its rows. */
export interface StreamBench {
  readonly simulator: Simulator;
  readonly bench: Bench;
  /** Opens a window and works on all that follows from it, delays skipped, until nothing is left to do or `steps` are used up. */
  readonly ingest: (from: string, to: string, steps?: number) => Promise<WindowRecord[]>;
  /** Works on what is in the queue, delays skipped. Failed windows go back as the planner sends them. */
  readonly workOff: (steps?: number) => Promise<void>;
  readonly windows: () => Promise<WindowRecord[]>;
  /** Changes settings, as a restart with other ones does. */
  readonly change: (changes: Readonly<Record<string, string>>) => void;
  /** What the rows that were uploaded hold in a column. */
  readonly column: (name: string) => unknown[];
  /** Calls the simulator has answered, by route. */
  readonly calls: (route: string) => number;
}

let running: Simulator[] = [];

afterEach(async () => {
  await Promise.all(running.map((simulator) => simulator.close()));
  running = [];
});

const EMPTY: SimulatorOptions = {
  eventCount: 0,
  incidentCount: 0,
  recordCount: 0,
  hostCount: 0,
  concurrencyLimit: 0,
  rateLimit: 0,
};

/** Starts a feed; it ends with the test. */
export async function startFeed(
  definition: StreamDefinition,
  options: SimulatorOptions = {},
  changes: Readonly<Record<string, string>> = {},
  url: (simulator: Simulator) => string = (simulator) => simulator.url,
): Promise<StreamBench> {
  const simulator = await startSimulator({ ...EMPTY, ...options });
  running.push(simulator);
  const baseUrl = url(simulator);
  const given = {
    ...LEAST_SETTINGS,
    QUALYS_USERNAME: 'qualys-reader',
    QUALYS_PASSWORD: 'simulated-password',
    QUALYS_API_URL: baseUrl,
    QUALYS_GATEWAY_URL: baseUrl,
    ...changes,
  };
  const settings = parseSettings(given);
  const clock: Clock = { now: () => new Date() };
  const limiter = endingLimiter();
  const calls = { limiter, clock, log: keptLog().log, baseUrl };
  const credentials = createCredentials(settings.QUALYS_USERNAME ?? '', fixedSecret(settings.QUALYS_PASSWORD ?? ''));
  const auth = tokenAuth(createEdrAuth({ ...calls, credentials }));
  // The streams go by the clock of the pipeline, which the test moves on.
  const streamClock: Clock = { now: () => bench.clock.now() };
  const services = {
    settings,
    clock: streamClock,
    edr: createEdrApi({ ...calls, auth }),
    vm: createVmApi({ ...calls, settings, auth: basicAuth(credentials) }),
  };
  const bench: Bench = await setUp(bindStream({ ...definition, name: uniqueName(definition.name) }, services));
  const windows = () => bench.store.listWindows(bench.deps.stream.name, 'live');
  const process = async (record: WindowRecord): Promise<void> => {
    await bench.process(record);
    limiter.check();
  };
  const workOff = (steps = MOST_STEPS): Promise<void> => {
    limiter.begin();
    return workOffAll({ ...bench, process }, windows, steps);
  };
  return {
    simulator,
    bench,
    windows,
    workOff,
    change: (others) => void Object.assign(settings, parseSettings({ ...given, ...others })),
    ingest: async (from, to, steps) => {
      limiter.begin();
      await process(await bench.open(from, to));
      await workOff(steps);
      return windows();
    },
    column: (name) => bench.sink.rows.map((row) => (row as Record<string, unknown>)[name]),
    calls: (route) => simulator.stats().routes[route]?.calls ?? 0,
  };
}

async function workOffAll(bench: Bench, windows: () => Promise<WindowRecord[]>, steps: number): Promise<void> {
  for (let step = 0; step < steps; step++) {
    const next = bench.queue.sent.shift() ?? (await failedOne(windows));
    if (next === undefined) return;
    const record = await bench.store.readWindow(next.item.stream, next.item.run, next.item.window);
    if (record === undefined) continue;
    const waitMs = Date.parse(record.notBefore ?? '') - bench.clock.now().getTime();
    if (waitMs > 0) bench.clock.forward(waitMs);
    await bench.process(record);
  }
}

async function failedOne(windows: () => Promise<WindowRecord[]>) {
  const failed = (await windows()).find(({ state }) => state === 'failed');
  if (failed === undefined) return undefined;
  const { stream, run, key } = failed;
  return { item: { version: 1 as const, stream, run, window: key }, delaySeconds: 0 };
}
