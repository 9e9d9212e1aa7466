/**
 * Cost against size: the whole app, as it is deployed, catches up with 1, 10 and 100 times the data, and with 1, 2 and 4 workers.
 * Each point has a stack and storage of its own. Writes `bench/growth.json`.
 */
import { build } from 'esbuild';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { ensureBuilt } from '../dev/host/ensure-built.ts';
import { EDR_PAGE_SIZE, growthResults, type Growth, type GrowthPoint, type GrowthSeries } from './growth-point.ts';
import type { BenchResult } from './result.ts';
import { startPart, startStack, type Part, type Stack } from './stack.ts';
import { readArrived, untilCaughtUp } from './windows.ts';

/** How large the points are. */
export interface GrowthSizes {
  readonly hosts: number;
  readonly detections: readonly number[];
  readonly events: readonly number[];
  readonly workers: readonly number[];
  /** Events of the points that vary the workers. */
  readonly workerEvents: number;
}

const SIZES: GrowthSizes = {
  hosts: 500,
  detections: [1, 10, 100],
  events: [2_000, 20_000, 200_000],
  workers: [1, 2, 4],
  workerEvents: 20_000,
};

const root = resolve(import.meta.dirname, '..');
/** Two folders deep like the original, so that it finds the app. */
const HOST = '.local/bench/host.mjs';
const SPAN_HOURS = 24;
/** The data ends before the safety lags of both streams begin, so that every record is within reach. */
const AGE_MS = 15 * 60_000;
/** One tick, at the start: a further one would add a window by chance. */
const NEVER = '0 0 0 29 2 *';

interface Plan {
  readonly series: GrowthSeries;
  readonly size: number;
  readonly workers: number;
  readonly processes: number;
  readonly latencyMs: number;
  readonly records: number;
  readonly simulator: Readonly<Record<string, number>>;
  readonly settings: Readonly<Record<string, string>>;
}

interface VendorStats {
  readonly calls: number;
  readonly bytes: number;
  readonly routes: Readonly<Record<string, { readonly calls: number }>>;
  readonly apis: Readonly<Record<string, { readonly mostAtOnce: number }>>;
  readonly records: { readonly events: number; readonly hosts: number; readonly detections: number };
}

/** Measures all points and writes them. */
export async function run(): Promise<BenchResult[]> {
  const points = await measureGrowth(SIZES);
  const growth: Growth = { node: process.version, cores: availableParallelism(), points };
  await writeFile(join(import.meta.dirname, 'growth.json'), `${JSON.stringify(growth, null, 2)}\n`);
  return growthResults(points);
}

/** Measures one point after another. @throws Error when a record is missing at the end. */
export async function measureGrowth(sizes: GrowthSizes): Promise<GrowthPoint[]> {
  // A host that builds the app first would be measured building.
  await ensureBuilt(root);
  await bundleHost();
  const points: GrowthPoint[] = [];
  for (const plan of plansFor(sizes)) points.push(await measure(plan));
  return points;
}

/** Makes the local host plain JavaScript: Node's type stripping alone would cost 40 MB of the memory that is measured. */
async function bundleHost(): Promise<void> {
  await build({
    ...{ entryPoints: [join(root, 'dev/host/main.ts')], outfile: join(root, HOST), logLevel: 'error' },
    ...{ bundle: true, platform: 'node', format: 'esm', packages: 'external' },
  });
}

function plansFor({ hosts, detections, events, workers, workerEvents }: GrowthSizes): Plan[] {
  const most = Math.max(...workers);
  return [
    ...detections.map((size) => vmPlan(hosts, size)),
    ...events.map((size) =>
      edrPlan({ series: 'edr', size, workers: 2, processes: 1, latencyMs: 50, records: size }, 35),
    ),
    ...[...workers.map((size) => ({ size, processes: 1 })), { size: most, processes: 2 }].map(({ size, processes }) =>
      edrPlan({ series: 'workers', size, workers: size, processes, latencyMs: 500, records: workerEvents }, 45),
    ),
  ];
}

function vmPlan(hosts: number, detections: number): Plan {
  return {
    ...{ series: 'vm', size: detections, workers: 2, processes: 1, latencyMs: 50, records: hosts },
    simulator: { hosts, 'detections-per-host': detections, events: 1 },
    settings: { QUALYS_STREAMS: 'vm-detections', VM_WINDOW_MINUTES: '240' },
  };
}

function edrPlan(plan: Omit<Plan, 'simulator' | 'settings'>, windowMinutes: number): Plan {
  return {
    ...plan,
    simulator: { events: plan.records, 'long-event-every': 0, hosts: 1 },
    settings: {
      QUALYS_STREAMS: 'edr-events',
      EDR_WINDOW_MINUTES: String(windowMinutes),
      EDR_PAGE_SIZE: String(EDR_PAGE_SIZE),
    },
  };
}

async function measure(plan: Plan): Promise<GrowthPoint> {
  const dataEnd = Math.floor(Date.now() / 60_000) * 60_000 - AGE_MS;
  const stack = await startStack({
    ...{ 'rate-limit': 0, 'concurrency-limit': plan.workers, 'latency-ms': plan.latencyMs },
    ...{ 'span-hours': SPAN_HOURS, 'data-end': dataEnd, ...plan.simulator },
  });
  const parts: Part[] = [];
  try {
    const ports = await freePorts(plan.processes);
    const start = new Date(dataEnd - SPAN_HOURS * 3_600_000).toISOString();
    parts.push(...(await Promise.all(ports.map((port) => startApp(stack, plan, port, start)))));
    const startedAt = Date.now();
    const { closedAt, windows, booked, stateRows, peakStateRows } = await untilCaughtUp(stack, 'counting');
    const peaks = await Promise.all(parts.map(({ pid }) => peakBytes(pid)));
    return {
      ...(await describe(plan, stack, booked)),
      ...{ seconds: (closedAt - startedAt) / 1000, windows, stateRows, peakStateRows },
      peakMb: Math.max(...peaks) / 1e6,
    };
  } finally {
    await Promise.all(parts.map((part) => part.stop()));
    await stack.stop();
  }
}

/** Ports nobody uses just now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer().listen(0, '127.0.0.1', () => {
            resolve(server);
          });
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  for (const server of servers) server.close();
  return ports;
}

function startApp(stack: Stack, plan: Plan, port: number, start: string): Promise<Part> {
  return startPart(HOST, [], {
    ...stack.settings,
    ...plan.settings,
    ...{ EDR_START: start, VM_START: start, EDR_SCHEDULE: NEVER, VM_SCHEDULE: NEVER },
    QUALYS_MAX_CONCURRENCY: String(plan.workers),
    NODE_OPTIONS: '--max-old-space-size=128',
    // As infra/modules/function-app.bicep sets it.
    MALLOC_MMAP_THRESHOLD_: '262144',
    PORT: String(port),
  });
}

/** What the vendor and the ingestion endpoint have seen. @throws Error when a record is missing. */
async function describe(plan: Plan, stack: Stack, booked: number) {
  const { series, size, workers, processes, latencyMs, records } = plan;
  const vendor = (await (await fetch(`${stack.qualysUrl}/_sim/stats`)).json()) as VendorStats;
  const { rows, bytes, wireBytes, requests } = await readArrived(stack, booked);
  const read = series === 'vm' ? vendor.records.hosts : rows;
  if (read < records) throw new Error(`${series}, size ${size}: ${read} of ${records} records came`);
  return {
    ...{ series, size, workers, processes, latencyMs, records },
    calls: vendor.calls - (vendor.routes.auth?.calls ?? 0),
    mostAtOnce: Math.max(...Object.values(vendor.apis).map((api) => api.mostAtOnce)),
    vendorBytes: vendor.bytes,
    sentBytes: bytes,
    ...{ rows, wireBytes, requests },
  };
}

/** Highest resident memory of a process so far, in bytes. @throws Error where there is no `/proc` (not Linux). */
async function peakBytes(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid ?? 'self'}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
