import type { BenchResult } from './result.ts';

/** What grows: detections a host, events a day, or workers. */
export type GrowthSeries = 'vm' | 'edr' | 'workers';

/** One catch-up of the whole app over generated data. Bytes are counted by the simulator and the ingestion endpoint. */
export interface GrowthPoint {
  readonly series: GrowthSeries;
  /** Detections a host (`vm`), events (`edr`) or calls allowed at once (`workers`). */
  readonly size: number;
  /** Calls that the vendor allows at once. */
  readonly workers: number;
  /** Hosts processes on one storage account. */
  readonly processes: number;
  /** Simulated time to the vendor's first byte. */
  readonly latencyMs: number;
  /** VM hosts or EDR events of the vendor. */
  readonly records: number;
  /** From the host's start until no window was open. */
  readonly seconds: number;
  /** Calls of the vendor's API, counts and id lists included. */
  readonly calls: number;
  /** Most calls in progress at once, as the vendor saw it. */
  readonly mostAtOnce: number;
  /** Highest resident memory of a host process, in megabytes of 1,000,000 bytes. */
  readonly peakMb: number;
  readonly windows: number;
  /** Rows of the table `QualysWindows` in the end, and the most that were there at once. */
  readonly stateRows: number;
  readonly peakStateRows: number;
  /** Rows in the destination table. */
  readonly rows: number;
  /** Bytes of the vendor's answers. */
  readonly vendorBytes: number;
  /** Bytes of JSON accepted by Logs Ingestion, the same compressed, and requests. */
  readonly sentBytes: number;
  readonly wireBytes: number;
  readonly requests: number;
}

/** `bench/growth.json`. */
export interface Growth {
  readonly node: string;
  readonly cores: number;
  readonly points: readonly GrowthPoint[];
}

/** Resident memory that no size may exceed. */
export const PEAK_MB = 200;
/** EDR settings of all points: pages of a large backlog. */
export const EDR_PAGE_SIZE = 1000;
/** What a window keeps beside its checkpoint, one row each: the hosts that came; the keys of events received and of rows uploaded. */
const LEDGERS = { vm: 1, edr: 2 } as const;
/** Part of the ideal speed-up that workers have to reach. */
const EFFICIENCY = 0.75;

/** Lines of the benchmark, computed from the points. @throws Error when a series has fewer than two points. */
export function growthResults(points: readonly GrowthPoint[]): BenchResult[] {
  const [vm, edr, workers] = [seriesOf(points, 'vm'), seriesOf(points, 'edr'), seriesOf(points, 'workers')];
  const most = points.reduce((left, right) => (right.peakMb > left.peakMb ? right : left));
  return [
    timeResult('growth-vm-time', vm),
    timeResult('growth-edr-time', edr),
    bound('growth-vm-calls', 'calls', vm.last.calls, vm.first.calls, `with ${vm.first.size} a host`),
    bound('growth-edr-calls', 'calls', edr.last.calls, edrCallsBound(edr.last), '2 a window and 1 for each full page'),
    stateResult('vm', vm.last),
    stateResult('edr', edr.last),
    bound('growth-memory', 'MB', most.peakMb, PEAK_MB, `bound of all sizes (most: ${most.series}, ${most.size})`),
    ...workers.rest.map((point) => speedUpResult(workers.first, point)),
  ];
}

interface Series {
  readonly first: GrowthPoint;
  readonly beforeLast: GrowthPoint;
  readonly last: GrowthPoint;
  readonly rest: readonly GrowthPoint[];
}

function seriesOf(points: readonly GrowthPoint[], series: GrowthSeries): Series {
  const own = points.filter((point) => point.series === series);
  const [first, ...rest] = own;
  const [beforeLast, last] = own.slice(-2);
  if (first === undefined || beforeLast === undefined || last === undefined) {
    throw new Error(`the series ${series} must have at least two points, not ${own.length}`);
  }
  return { first, beforeLast, last, rest };
}

/** Time at most linear: the last step of the size against the same multiple of the time. */
function timeResult(name: string, { beforeLast, last }: Series): BenchResult {
  const factor = last.size / beforeLast.size;
  const rivalName = `${factor} × the time for 1/${factor} of the data`;
  return bound(name, 's', last.seconds, beforeLast.seconds * factor, rivalName);
}

/** A window costs a count and a page that is not full, at most; the rest are full pages. */
export function edrCallsBound({ windows, records }: Pick<GrowthPoint, 'windows' | 'records'>): number {
  return windows * 2 + Math.floor(records / EDR_PAGE_SIZE);
}

/** A checkpoint a window and its ledgers, whatever they hold: looks for what is late compare with them. */
function stateResult(series: keyof typeof LEDGERS, { peakStateRows, windows }: GrowthPoint): BenchResult {
  const each = 1 + LEDGERS[series];
  return bound(`growth-${series}-state`, 'state rows', peakStateRows, windows * each, `${each} a window`);
}

function speedUpResult(one: GrowthPoint, many: GrowthPoint): BenchResult {
  const processes = many.processes === 1 ? '' : `-${many.processes}-processes`;
  const ratio = one.seconds / many.seconds;
  const goal = (EFFICIENCY * many.workers) / one.workers;
  return {
    name: `growth-workers-${many.workers}${processes}`,
    unit: 's',
    ours: many.seconds,
    rival: one.seconds,
    rivalName: `${one.workers} worker`,
    ratio,
    goal,
    holds: ratio >= goal && many.mostAtOnce <= many.workers,
  };
}

function bound(name: string, unit: string, ours: number, rival: number, rivalName: string): BenchResult {
  const ratio = ours / rival;
  return { name, unit, ours, rival, rivalName, ratio, goal: 1, isBound: true, holds: ratio <= 1 };
}
