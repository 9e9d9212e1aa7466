import type { Growth, GrowthPoint, GrowthSeries } from '../../bench/growth-point.ts';
import type { BenchResult } from '../../bench/result.ts';

/** Round figures of an app that grows as it should. */
export function makeGrowth(): Growth {
  const points = [
    makePoint('vm', 1, { seconds: 2, calls: 7, windows: 7, records: 500, vendorBytes: 1e6, sentBytes: 8e5 }),
    makePoint('vm', 10, { seconds: 4, calls: 7, windows: 7, records: 500, vendorBytes: 7e6, sentBytes: 6e6 }),
    makePoint('vm', 100, { seconds: 9, calls: 7, windows: 7, records: 500, vendorBytes: 7e7, sentBytes: 6e7 }),
    makePoint('edr', 2000, { seconds: 5, calls: 84, windows: 42, records: 2000 }),
    makePoint('edr', 20_000, { seconds: 6, calls: 84, windows: 42, records: 20_000 }),
    makePoint('edr', 200_000, { calls: 250, windows: 42, records: 200_000, vendorBytes: 2.6e8, sentBytes: 4.8e8 }),
    makePoint('workers', 1, { workers: 1, seconds: 20 }),
    makePoint('workers', 2, { workers: 2, seconds: 10, mostAtOnce: 2 }),
    makePoint('workers', 4, { workers: 4, seconds: 5, mostAtOnce: 4 }),
    makePoint('workers', 4, { workers: 4, processes: 2, seconds: 6, mostAtOnce: 4 }),
  ];
  return { node: 'v22.0.0', cores: 2, points };
}

function makePoint(series: GrowthSeries, size: number, changes: Partial<GrowthPoint>): GrowthPoint {
  const { windows = 33 } = changes;
  return {
    ...{ series, size, workers: 2, processes: 1, latencyMs: 50, records: 20_000, seconds: 30, calls: 99 },
    ...{ mostAtOnce: 1, peakMb: 150, windows, stateRows: windows, peakStateRows: 2 * windows, rows: 20_000 },
    ...{ vendorBytes: 2.6e7, sentBytes: 4.8e7, wireBytes: 5e6, requests: 100 },
    ...changes,
  };
}

/** The two lines that the large tenant needs, and one with a bound. */
export function makeResults(): BenchResult[] {
  const line = { unit: 'MB/s', rival: 15, rivalName: 'a | b', ratio: 8, goal: 8, holds: true };
  return [
    { name: 'vm-decode', ours: 120, ...line },
    { name: 'edr-decode', ours: 90, ...line, ratio: 2.5, goal: 3, holds: false },
    {
      name: 'zip-size',
      unit: 'KB',
      ours: 900,
      rival: 2048,
      rivalName: 'the goal',
      ratio: 0.44,
      goal: 1,
      isBound: true,
      holds: true,
    },
  ];
}
