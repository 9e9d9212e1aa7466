import { edrEvents } from './edr-events/index.ts';
import type { StreamDefinition } from './stream-definition.ts';
import { vmDetections } from './vm-detections/index.ts';

/** The registry: one line a stream. */
export const STREAMS: readonly StreamDefinition[] = [edrEvents, vmDetections];
