import type { Settings } from '../config.ts';
import type { Clock } from '../pipeline/ports.ts';
import type { EdrApi } from '../qualys/edr/edr-api.ts';
import type { VmApi } from '../qualys/vm/vm-api.ts';
import type { Failure } from './failures.ts';
import type { LogsReader } from './ports.ts';

/** What an enrichment needs. */
export interface EnrichDependencies {
  readonly edr: EdrApi;
  readonly vm: VmApi;
  readonly logs: LogsReader;
  readonly settings: Settings;
  readonly clock: Clock;
}

/** Bounds in time. */
export interface Span {
  readonly from: Date;
  readonly to: Date;
}

/** An enrichment under way: reports or events within its bounds count. */
export interface Asked extends Span {
  readonly signal: AbortSignal;
  readonly deps: EnrichDependencies;
  /** Collects what went wrong. */
  readonly failures: Failure[];
}
