import { edrEvents } from './edr-events/index.ts';
import { edrIncidents } from './edr-incidents/index.ts';
import type { StreamDefinition } from './stream-definition.ts';
import { vmActivityLog } from './vm-activity-log/index.ts';
import { vmDetections } from './vm-detections/index.ts';
import { vmHosts } from './vm-hosts/index.ts';
import { vmKnowledgeBase } from './vm-knowledge-base/index.ts';

/** The registry: one line a stream. */
export const STREAMS: readonly StreamDefinition[] = [
  edrEvents,
  vmDetections,
  edrIncidents,
  vmKnowledgeBase,
  vmHosts,
  vmActivityLog,
];
