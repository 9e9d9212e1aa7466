import type { Simulator } from '../../dev/simulator/start-simulator.ts';
import type { FaultTarget } from '../../dev/simulator/fault-rules.ts';
import type { FaultAction } from '../../dev/simulator/faults.ts';
import type { SimulatorOptions } from '../../dev/simulator/settings.ts';
import type { Ingestion } from '../../dev/ingestion/start-ingestion.ts';
import type { Cell } from './cell.ts';
import type { StorageOf } from './storage-cells.ts';

/**
 * The data of a cell: two windows after `start`. `lean`: the first takes two calls (EDR: pages, VM: one for each of two slices; where one
 * answer holds a window, the second call is that of the second window); `fat`: it has several chunks; `deep`: several checkpoints (EDR: pages,
 * VM: chunks); `wide`: it is split; `late`: as `deep`, and more comes a quarter of an hour after the cell's start.
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
  /** Settings besides with which a page holds all of a `fat` window; absent: it does so anyway. */
  readonly fatSettings?: Readonly<Record<string, string>>;
  /** What the vendor has before `fill`, which is nothing where it is left out. */
  readonly options?: (shape: DataShape) => SimulatorOptions;
  /** Puts the data where the windows are. */
  readonly fill: (simulator: Simulator, start: number, shape: DataShape) => void;
  readonly ids: (simulator: Simulator, span: { from: string; to: string }) => string[];
  readonly idOf: (row: Readonly<Record<string, unknown>>) => string;
  /** What the vendor may say that is not so, and that its reading has to outlive; empty where there is nothing to lie about. */
  readonly lies: readonly Cell[];
  /** Outages of its routes. */
  readonly outages: readonly RouteOutage[];
  /** Settings with which a page holds all records of a window during an outage: one that is read in slices was cut by a failure. */
  readonly outageSettings: Readonly<Record<string, string>>;
  /** The same where it has as many records as a large tenant, in windows as long as they usually are; absent: that is not played. */
  readonly largeSettings?: Readonly<Record<string, string>>;
  /** Puts a record at each of these times; absent for a list that is read whole, which holds what `fill` puts there. */
  readonly place?: (simulator: Simulator, times: readonly string[]) => void;
  /** Vendor's hosts it needs for so many records; absent: none. */
  readonly hostsFor?: (records: number) => number;
  /**
   * Plays the whole path, where others play what they do themselves: of the cells that are the same for all, those of its turn in `npm
   * test`; and storage that fails elsewhere than on the path.
   */
  readonly wholePath?: WholePath;
  /** Cells beside the path that `npm test` plays, by the beginning of `step: fault`: of storage, and of backfills. */
  readonly short?: { readonly storage: readonly string[]; readonly backfill: readonly string[] };
}

/** How a feed plays the whole path. */
export interface WholePath {
  readonly turn: 0 | 1;
  readonly storage: readonly StorageOf[];
  /** What the vendor says at the first call of a window, and of its pieces, that splits them; absent: its `wide` data does. */
  readonly split?: FaultAction & Pick<FaultTarget, 'count'>;
}

/** An outage of some routes of the vendor. */
export interface RouteOutage {
  /** Which routes, in words. */
  readonly of: string;
  readonly route: string;
  readonly fault: FaultAction;
  readonly options?: SimulatorOptions;
  /** Whether `npm test` plays it for a day, too; each for ten minutes. */
  readonly isPlayedForADay?: boolean;
}

/** Everything of the vendor is down. */
export const ALL_DOWN: RouteOutage = { of: 'everything', route: '', fault: { kind: 'status', status: 503 } };

/** What puts records of a feed at times. @throws Error that names the file which does not tell it. */
export function placeIn({ name, place }: Feed): NonNullable<Feed['place']> {
  if (place !== undefined) return place;
  throw new Error(`test/lib/streams/${name}/matrix-feed.ts must tell how records get to their times (\`place\`)`);
}

/** Rows of a feed's table. */
export function rowsOf(feed: Feed, ingestion: Ingestion): readonly Readonly<Record<string, unknown>>[] {
  return ingestion.rows(feed.table);
}
