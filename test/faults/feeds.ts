import type { Simulator } from '../../dev/simulator/start-simulator.ts';
import type { FaultTarget } from '../../dev/simulator/fault-rules.ts';
import type { FaultAction } from '../../dev/simulator/faults.ts';
import type { SimulatorOptions } from '../../dev/simulator/settings.ts';
import type { Ingestion } from '../../dev/ingestion/start-ingestion.ts';

/**
 * The data of a cell: two windows after `start`. `lean`: the first has two pages (VM: one for each of two slices); `fat`: it has several
 * chunks; `deep`: several checkpoints (EDR: pages, VM: chunks); `wide`: it is split; `late`: as `deep`, and more comes a quarter of an
 * hour after the cell's start.
 */
export type DataShape = 'lean' | 'fat' | 'deep' | 'wide' | 'late';

/** What the matrix must know of a stream beside its name. */
export interface Feed {
  readonly name: string;
  readonly table: string;
  readonly windowMinutes: number;
  readonly settings: Readonly<Record<string, string>>;
  /** Routes of the vendor, as the simulator's faults name them. */
  readonly routes: { readonly first: string; readonly page: string };
  /** The same as the proxy before the vendor sees them. */
  readonly proxied: { readonly first: string; readonly page: string };
  /** Where the windows lie, in epoch milliseconds; absent: in the half hour before now. */
  readonly span?: (now: number) => { readonly start: number; readonly target: number };
  /** How far time is moved on before the first cell, in milliseconds. */
  readonly ahead?: (now: number) => number;
  readonly options: (shape: DataShape) => SimulatorOptions;
  /** Puts the data where the windows are. */
  readonly fill: (simulator: Simulator, start: number, shape: DataShape) => void;
  readonly ids: (simulator: Simulator, span: { from: string; to: string }) => string[];
  readonly idOf: (row: Readonly<Record<string, unknown>>) => string;
  /** Faults of the vendor's that its pages have to outlive, beside those of all. */
  readonly lies?: Readonly<Record<string, FaultAction & Omit<FaultTarget, 'route'>>>;
}

const MINUTE_MS = 60_000;
const iso = (time: number): string => new Date(time).toISOString();

/** EDR: pages of five events. */
const edr: Feed = {
  name: 'edr-events',
  table: 'QualysEdrEvents_CL',
  windowMinutes: 15,
  settings: { EDR_WINDOW_MINUTES: '15', EDR_SAFETY_LAG_SECONDS: '60', EDR_SCHEDULE: '* * * * * *' },
  routes: { first: '^GET /ioc/events/count', page: '^GET /ioc/events\\?' },
  proxied: { first: '^GET /ioc/events/count', page: '^GET /ioc/events\\?' },
  options: (shape) => ({ eventCount: 0, hostCount: 0, longEventEvery: shape === 'fat' ? 1 : 0 }),
  fill: (simulator, start, shape) => {
    const burst = (minute: number, count: number) => ({
      processedTime: iso(start + minute * MINUTE_MS),
      count,
      spreadMs: MINUTE_MS,
    });
    const late = shape === 'late' ? [burst(45, 3)] : [];
    simulator.changeData({ bursts: [burst(5, shape === 'fat' ? 13 : 8), burst(20, 3), ...late] });
  },
  ids: (simulator, span) => simulator.eventIds(span),
  idOf: ({ EventId }) => String(EventId),
};

const HOSTS = { lean: 24, fat: 6, deep: 6, wide: 45, late: 8 } as const;

const isLong = (shape: DataShape): boolean => shape !== 'lean' && shape !== 'wide';

/** VM: pages of twenty hosts. */
const vm: Feed = {
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

const SEARCH_AFTER = '^GET /ioc/events/searchAfter';

/** EDR by `searchAfter`; it meets only what a vendor may say. */
const edrChain: Feed = {
  ...edr,
  settings: { ...edr.settings, EDR_PAGING: 'searchAfter' },
  routes: { ...edr.routes, page: SEARCH_AFTER },
  proxied: { ...edr.proxied, page: SEARCH_AFTER },
};

/** Both streams, and the other way in which one of them is read. */
export const FEEDS = { edr, vm, edrChain } as const;

/** Rows of a feed's table. */
export function rowsOf(feed: Feed, ingestion: Ingestion): readonly Readonly<Record<string, unknown>>[] {
  return ingestion.rows(feed.table);
}
