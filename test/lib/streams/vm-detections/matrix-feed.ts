import type { DataShape, Feed } from '../../../faults/feeds.ts';

const MINUTE_MS = 60_000;
const iso = (time: number): string => new Date(time).toISOString();

const HOSTS = { lean: 24, fat: 6, deep: 6, wide: 45, late: 8 } as const;

const isLong = (shape: DataShape): boolean => shape !== 'lean' && shape !== 'wide';

/** VM: pages of twenty hosts. */
export const feed: Feed = {
  name: 'vm-detections',
  table: 'QualysHostDetectionV3_CL',
  windowMinutes: 15,
  settings: {
    VM_WINDOW_MINUTES: '15',
    VM_SAFETY_LAG_SECONDS: '60',
    VM_SCHEDULE: '* * * * * *',
    VM_TRUNCATION_LIMIT: '20',
  },
  routes: { first: '^POST /api/[\\d.]+/fo/asset/host/\\?', page: '/host/vm/detection/' },
  proxied: { first: '/fo/asset/host/\\n', page: '/host/vm/detection/' },
  options: (shape) => ({
    eventCount: 0,
    hostCount: HOSTS[shape],
    detectionsPerHost: isLong(shape) ? 4 : 3,
    longResultsEvery: isLong(shape) ? 1 : 0,
  }),
  fill: (simulator, start, shape) => {
    const all = simulator.hostIds();
    const at = (index: number): number => {
      if (index >= all.length - 2) return 20;
      return shape === 'late' && index >= all.length - 4 ? 45 : 5;
    };
    simulator.changeData({
      hosts: all.map((id, index) => ({ id, processedTime: iso(start + at(index) * MINUTE_MS + index * 1000) })),
    });
  },
  ids: (simulator, span) => simulator.hostIds(span),
  idOf: ({ HostId }) => String(HostId),
};
