import { chainFeed as edrChain, feed as edr } from '../lib/streams/edr-events/matrix-feed.ts';
import { feed as vm } from '../lib/streams/vm-detections/matrix-feed.ts';
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

/** Both streams, and the other way in which one of them is read. */
export const FEEDS = { edr, vm, edrChain } as const;

/** Rows of a feed's table. */
export function rowsOf(feed: Feed, ingestion: Ingestion): readonly Readonly<Record<string, unknown>>[] {
  return ingestion.rows(feed.table);
}
