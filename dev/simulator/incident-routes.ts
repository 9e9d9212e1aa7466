import { edrFamily } from './edr-family.ts';
import { writeRecord } from './documents.ts';
import type { Answer } from './exchange.ts';
import { findFault } from './faults.ts';
import { asCandidate, type Incident } from './incidents.ts';
import { isIndexed } from './index-lag.ts';
import { compileQuery } from './query-evaluate.ts';
import { parseQuery } from './query.ts';
import { readChain } from './search-after.ts';
import type { Route, Visit } from './world.ts';

function findIncidents({ call, faults, world }: Visit): readonly Incident[] {
  const { clock, settings } = world;
  const now = clock.now();
  const { predicate } = compileQuery(parseQuery(call.parameters.get('filter') ?? ''), {
    now,
    resolution: settings.timeResolution,
    ignoresTime: findFault(faults, 'ignored-time-filter') !== undefined,
  });
  return world.incidents
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

/** The routes of incidents. */
export const INCIDENT_ROUTES: readonly Route[] = [
  {
    name: 'edr-incidents',
    api: 'edr',
    methods: ['GET'],
    pattern: /^\/ioc(?:\/v1)?\/incidents\/searchAfter$/u,
    family: edrFamily,
    answer: searchAfter,
  },
];
