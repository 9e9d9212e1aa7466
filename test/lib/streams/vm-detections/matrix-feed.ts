import type { Cell } from '../../../faults/cell.ts';
import { killCell } from '../../../faults/cells.ts';
import { ALL_DOWN, type DataShape, type Feed } from '../../../faults/feeds.ts';
import { always, CALLS_AN_HOUR, ID_PAGES, lie, rare, tell } from '../../../faults/lies.ts';

const MINUTE_MS = 60_000;
const iso = (time: number): string => new Date(time).toISOString();

const HOSTS = { lean: 24, fat: 6, deep: 6, wide: 45, late: 8 } as const;

const isLong = (shape: DataShape): boolean => shape !== 'lean' && shape !== 'wide';

/** A worker that dies when a part of its page is stored. */
const KILLED = killCell('checkpoint', 'after');

const VM: readonly Cell[] = [
  ...ID_PAGES,
  rare(lie('decode', 'records missing from both pages', { kind: 'missing-records', records: 4, count: 2 })),
  rare(lie('decode', 'no host list in the answer, once', { kind: 'missing-host-list' })),
  lie('decode', 'no host list in the answers, four times', { kind: 'missing-host-list', count: 4 }),
  {
    ...rare(lie('decode', 'hosts processed again while they are paged', { kind: 'reprocessed-hosts' })),
    hasNewVersions: true,
  },
  {
    ...lie('decode', 'hosts processed again at every page', { kind: 'reprocessed-hosts', count: always }),
    hasNewVersions: true,
  },
  {
    ...KILLED,
    fault: 'page not in order, host killed after a part of it',
    rateLimit: CALLS_AN_HOUR,
    arm: (rig, ...others) => {
      tell(rig, [{ kind: 'unordered-page', records: 3, count: always }]);
      return KILLED.arm(rig, ...others);
    },
  },
  {
    step: 'count',
    fault: 'hosts found by time 50 s late',
    isRare: true,
    rateLimit: CALLS_AN_HOUR,
    arm: ({ simulator }) => {
      simulator.configure({ indexLagSeconds: 50 });
      return { hasStruck: () => true };
    },
  },
];

const PAGES = { of: 'the pages', route: '/vm/detection/' };

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
  lies: VM,
  outages: [
    { ...ALL_DOWN, fault: { kind: 'reset' } },
    // A page is a large part of what it reads.
    { ...PAGES, fault: ALL_DOWN.fault, isPlayedForADay: true },
    { ...PAGES, of: 'the pages (504)', fault: { kind: 'status', status: 504 } },
    { ...PAGES, of: 'the pages (malformed)', fault: { kind: 'malformed' } },
    { of: 'the list of ids', route: '/fo/asset/host/\\?', fault: ALL_DOWN.fault },
    {
      ...ALL_DOWN,
      of: 'everything (Retry-After)',
      fault: { kind: 'status', status: 503, headers: { 'retry-after': '20' } },
    },
  ],
  outageSettings: { VM_TRUNCATION_LIMIT: '1000', VM_WINDOW_MINUTES: '10080' },
  largeSettings: { VM_TRUNCATION_LIMIT: '1000', VM_WINDOW_MINUTES: '60' },
  place: (simulator, times) => {
    const ids = simulator.hostIds();
    simulator.changeData({ hosts: times.map((processedTime, index) => ({ id: ids[index] ?? '', processedTime })) });
  },
  hostsFor: (records) => records,
  wholePath: { turn: 1, storage: ['memory'] },
  short: {
    storage: [
      'read window: storage 500',
      'limits: storage 412',
      'limits: storage 500',
      'read memory: storage 500',
      'memory: storage 412',
      'memory: storage 500',
    ],
    backfill: ['fetch headers: Qualys 503 for twenty minutes', 'decode: pages cut short without WARNING'],
  },
};
