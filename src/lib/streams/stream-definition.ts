import type { Settings } from '../config.ts';
import type { Clock } from '../pipeline/ports.ts';
import type { Outcome, Progress, Stream, WindowTask } from '../pipeline/stream.ts';
import type { EdrApi } from '../qualys/edr-api.ts';
import type { VmApi } from '../qualys/vm-api.ts';

/** What a stream may use to read. */
export interface StreamServices {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly edr: EdrApi;
  readonly vm: VmApi;
}

/** A stream before it is bound to its services: what stands in the registry. */
export interface StreamDefinition extends Omit<Stream, 'read'> {
  readonly read: (task: WindowTask, services: StreamServices) => AsyncGenerator<Progress, Outcome>;
}

/** Gives a stream its services. */
export function bindStream(definition: StreamDefinition, services: StreamServices): Stream {
  return { ...definition, read: (task) => definition.read(task, services) };
}
