import { writeRecord } from '../documents.ts';
import { edrFamily } from '../edr-family.ts';
import type { EventFacts } from '../event-facts.ts';
import { vendorTime, type JsonObject } from '../event-record.ts';
import type { Answer } from '../exchange.ts';
import { findFault } from '../faults.ts';
import { isIndexed } from '../index-lag.ts';
import { instantOf, type DataSpan, type Part, type PartData } from '../part.ts';
import { compileQuery } from '../query-evaluate.ts';
import { parseQuery } from '../query.ts';
import type { Candidate } from '../query-tokens.ts';
import { createDraws, fraction, uuidOf } from '../random.ts';
import { readChain } from '../search-after.ts';
import type { Visit } from '../world.ts';

/** An incident as it stands: an update takes the place of what was before. */
interface Incident {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly updatedTime: number;
  readonly record: unknown;
}

/** All incidents, by their last update. */
interface IncidentStore extends PartData {
  /** What can be seen at an instant: oldest update first, then by id. */
  readonly at: (instant: number) => readonly Incident[];
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

function makeIncident({ seed, start, end }: DataSpan, index: number): Incident {
  const detected = Math.floor(start + fraction(seed, index, DRAW_INCIDENT) * (end - start));
  const updatedTime = Math.floor(detected + fraction(seed, index, DRAW_INCIDENT, 1) * (end - detected));
  const record = makeRecord(seed, index, detected, updatedTime);
  return { id: String(record.id), updatedTime, record };
}

function inOrder(a: Incident, b: Incident): number {
  return a.updatedTime - b.updatedTime || (a.id < b.id ? -1 : 1);
}

function createStore(options: DataSpan, count: number): IncidentStore {
  const all = new Map(
    Array.from({ length: count }, (_, index) => makeIncident(options, index)).map((each) => [each.id, each]),
  );
  const at = (instant: number): readonly Incident[] =>
    [...all.values()].filter(({ updatedTime }) => updatedTime <= instant).sort(inOrder);
  return {
    at,
    changes: {
      incidents: (changes: readonly IncidentChange[]) => {
        const incidents = changes.map((each) => ({ ...each, updatedTime: instantOf('updatedTime', each.updatedTime) }));
        for (const incident of incidents) all.set(incident.id, incident);
      },
    },
    ids: ({ first, end }, now) =>
      at(now).flatMap(({ id, updatedTime }) => (updatedTime >= first && updatedTime < end ? [id] : [])),
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
function asCandidate({ record }: Incident): Candidate {
  return { facts: NO_FACTS, record: () => record };
}

function findIncidents({ call, faults, world }: Visit): readonly Incident[] {
  const { clock, settings } = world;
  const now = clock.now();
  const { predicate } = compileQuery(parseQuery(call.parameters.get('filter') ?? ''), {
    now,
    resolution: settings.timeResolution,
    ignoresTime: findFault(faults, 'ignored-time-filter') !== undefined,
  });
  return (world.parts.incidents as IncidentStore)
    .at(now)
    .filter((each) => isIndexed(world, each.id, each.updatedTime) && (predicate?.(asCandidate(each)) ?? true));
}

/** Place of the first incident behind a cursor. */
function placeAfter(incidents: readonly Incident[], time: number, id: string): number {
  const place = incidents.findIndex((each) => each.updatedTime > time || (each.updatedTime === time && each.id > id));
  return place === -1 ? incidents.length : place;
}

function searchAfter(visit: Visit): Answer {
  const { faults, stats } = visit;
  const incidents = findIncidents(visit);
  const { documents, headers } = readChain(visit, {
    count: incidents.length,
    keyAt: (place) => ({ time: incidents[place]!.updatedTime, id: incidents[place]!.id }),
    placeAfter: (time, id) => placeAfter(incidents, time, id),
  });
  stats.records += documents.length;
  const records = documents.map(({ place, isCopy }) => writeRecord(incidents[place]!.record, isCopy, faults));
  return {
    status: 200,
    headers: { 'content-type': 'application/json;charset=UTF-8', ...headers },
    body: `[${records.join(',')}]`,
  };
}

/** Incidents put in, or updated by their id; sent as they are. */
interface IncidentChange {
  readonly id: string;
  /** ISO 8601. */
  readonly updatedTime: string;
  readonly record: unknown;
}

/** EDR incidents. */
export const part: Part = {
  name: 'incidents',
  routes: [
    {
      name: 'edr-incidents',
      api: 'edr',
      methods: ['GET'],
      pattern: /^\/ioc(?:\/v1)?\/incidents\/searchAfter$/u,
      family: edrFamily,
      answer: searchAfter,
    },
  ],
  create: ({ settings, span }) => createStore(span, settings.incidentCount),
};
