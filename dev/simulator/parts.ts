import { incidentPart } from './incidents.ts';
import type { Part } from './part.ts';

/** One line a part. Events, hosts and the KnowledgeBase are made of one another and stand in the world itself. */
export const PARTS: readonly Part[] = [incidentPart];
