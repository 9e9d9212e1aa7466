import type { EventFacts } from './event-facts.ts';
import { vendorTime, type JsonObject } from './event-record.ts';
import { createDraws, fraction, uuidOf } from './random.ts';
import type { Candidate } from './query-tokens.ts';

/** An incident as it stands: an update takes the place of what was before. */
export interface Incident {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly updatedTime: number;
  readonly record: unknown;
}

/** All incidents, by their last update. */
export interface IncidentStore {
  /** What can be seen at an instant: oldest update first, then by id. */
  readonly at: (instant: number) => readonly Incident[];
  /** Puts incidents in, or updates them. */
  readonly change: (incidents: readonly Incident[]) => void;
}

export interface IncidentStoreOptions {
  readonly seed: number;
  readonly count: number;
  /** The span in which they were detected and updated, milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
}

const DRAW_INCIDENT = 90;
const STATUSES = ['New', 'In Progress', 'Closed'] as const;
const SEVERITIES = ['Low', 'Medium', 'High', 'Critical'] as const;

/** The vendor shows no incident: the fields are those that its tokens and events suggest. */
function makeRecord(seed: number, index: number, detected: number, updated: number): JsonObject {
  const draws = createDraws(seed, index, DRAW_INCIDENT);
  const agent = draws.below(200);
  return {
    id: uuidOf(seed, index, DRAW_INCIDENT),
    name: `Malware on ws-${String(agent).padStart(3, '0')} & "others"`,
    source: draws.chance(0.7) ? 'EDR' : 'EPP',
    status: draws.pick(STATUSES),
    severity: draws.pick(SEVERITIES),
    score: draws.chance(0.5) ? String(draws.below(11)) : draws.below(11),
    detectedOn: vendorTime(detected),
    updatedOn: vendorTime(updated),
    asset: {
      hostName: `ws-${String(agent).padStart(3, '0')}.lab.example`,
      agentId: uuidOf(seed, agent, DRAW_INCIDENT),
    },
    events: [{ id: `RTF_${uuidOf(seed, index, 1)}_-81234567890123456`, threatName: 'Win32.Trojan.Sample' }],
  };
}

function makeIncident({ seed, start, end }: IncidentStoreOptions, index: number): Incident {
  const detected = Math.floor(start + fraction(seed, index, DRAW_INCIDENT) * (end - start));
  const updatedTime = Math.floor(detected + fraction(seed, index, DRAW_INCIDENT, 1) * (end - detected));
  const record = makeRecord(seed, index, detected, updatedTime);
  return { id: String(record.id), updatedTime, record };
}

function inOrder(a: Incident, b: Incident): number {
  return a.updatedTime - b.updatedTime || (a.id < b.id ? -1 : 1);
}

export function createIncidentStore(options: IncidentStoreOptions): IncidentStore {
  const all = new Map(
    Array.from({ length: options.count }, (_, index) => makeIncident(options, index)).map((each) => [each.id, each]),
  );
  return {
    at: (instant) => [...all.values()].filter(({ updatedTime }) => updatedTime <= instant).sort(inOrder),
    change: (incidents) => {
      for (const incident of incidents) all.set(incident.id, incident);
    },
  };
}

const NO_FACTS: EventFacts = {
  id: '',
  type: '',
  action: '',
  dateTime: 0,
  processedTime: 0,
  score: undefined,
  isCurrent: true,
  agentId: '',
};

/** An incident as the filter looks at it. */
export function asCandidate({ record }: Incident): Candidate {
  return { facts: NO_FACTS, record: () => record };
}
