import { activityPart, type EntryChange } from './activity-log.ts';
import { incidentPart, type IncidentChange } from './incidents.ts';
import type { Part } from './part.ts';

/** What may be put in, by the name of the part: one line a part. */
export interface PartChanges {
  readonly incidents?: readonly IncidentChange[];
  readonly activity?: readonly EntryChange[];
}

/** One line a part. Events, hosts and the KnowledgeBase are made of one another and stand in the world itself. */
export const PARTS: readonly Part[] = [incidentPart, activityPart];
