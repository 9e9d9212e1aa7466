import type { Settings } from '../config.ts';
import { RetryableError } from '../errors.ts';
import type { Clock } from '../pipeline/ports.ts';
import { ceilSecond } from '../pipeline/window.ts';
import type { EdrApi } from '../qualys/edr/edr-api.ts';
import type { VmApi } from '../qualys/vm/vm-api.ts';
import type { Failure } from './failures.ts';
import type { Bounds, LogsReader } from './ports.ts';

/** What an enrichment needs. */
export interface EnrichDependencies {
  readonly edr: EdrApi;
  readonly vm: VmApi;
  readonly logs: LogsReader;
  readonly settings: Settings;
  readonly clock: Clock;
}

/** An enrichment under way: reports or events within its bounds count. */
export interface Asked extends Bounds {
  readonly signal: AbortSignal;
  readonly deps: EnrichDependencies;
  /** Collects what went wrong. */
  readonly failures: Failure[];
}

const HOUR_MS = 3_600_000;

/** Runs an enrichment over the last hours, to the second that has begun; its signal ends after `deadlineMs` at the latest. */
export function askFor<T>(
  hours: number,
  deadlineMs: number,
  deps: EnrichDependencies,
  run: (asked: Asked) => Promise<T>,
): Promise<T> {
  const to = new Date(ceilSecond(deps.clock.now().getTime()));
  const from = new Date(to.getTime() - hours * HOUR_MS);
  const asked = { from, to, deps, failures: [], signal: new AbortController().signal };
  return withDeadline(deadlineMs, asked, run);
}

/** Runs a part of an enrichment whose signal ends after `deadlineMs` at the latest. */
export async function withDeadline<T>(deadlineMs: number, asked: Asked, run: (asked: Asked) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const timer = setTimeout(() => {
    stop.abort(new RetryableError(`there was no answer within ${deadlineMs / 1000} s`));
  }, deadlineMs);
  try {
    return await run({ ...asked, signal: AbortSignal.any([asked.signal, stop.signal]) });
  } finally {
    clearTimeout(timer);
  }
}
