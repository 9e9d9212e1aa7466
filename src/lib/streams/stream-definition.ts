import type { ZodType } from 'zod';
import type { Settings } from '../config.ts';
import type { OptionalPart } from '../cost/billed-bytes.ts';
import { ConfigError } from '../errors.ts';
import type { Clock } from '../pipeline/ports.ts';
import type { Outcome, Progress, Stream, WindowTask } from '../pipeline/stream.ts';
import type { EdrApi } from '../qualys/edr/edr-api.ts';
import type { VmApi } from '../qualys/vm/vm-api.ts';

/** What a stream may use to read. */
export interface StreamServices {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly edr: EdrApi;
  readonly vm: VmApi;
}

/** A check that the account can read what a stream reads: part of `ping`. */
export interface Probe {
  /** Name of the check. */
  readonly check: string;
  /** @returns a sentence for the ping; @throws the classes of `errors.ts` with the reason. */
  readonly run: (services: StreamServices) => Promise<string>;
}

/** A stream before it is bound to its services: what stands in the registry. */
export interface StreamDefinition extends Omit<Stream, 'read'> {
  /** Its own settings by name; the one whose name ends in `_SCHEDULE` is when its planner runs. */
  readonly settings: Readonly<Record<string, ZodType>>;
  readonly probe: Probe;
  /** What of its rows a setting makes optional, which is told apart in what is billed. */
  readonly optionalPart?: OptionalPart;
  readonly read: (task: WindowTask, services: StreamServices) => AsyncGenerator<Progress, Outcome>;
}

/** Gives a stream its services. */
export function bindStream(definition: StreamDefinition, services: StreamServices): Stream {
  const { optionalPart: _, probe: __, settings: ___, read, ...stream } = definition;
  return {
    ...stream,
    read: (task) => {
      throwIfUnknown(stream.slices, task.window.slice);
      return read(task, services);
    },
  };
}

/** A slice that is read as something else would be booked without what it stands for, so its window waits visibly. */
function throwIfUnknown(slices: RegExp | undefined, slice: string | undefined): void {
  if (slice === undefined || slices?.test(slice) === true) return;
  throw new ConfigError(
    `slice ${slice} is of a newer release of the connector, which is to read it: deploy that again`,
  );
}
