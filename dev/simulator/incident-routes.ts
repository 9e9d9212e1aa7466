import { edrFamily } from './edr-family.ts';
import { BadCallError, jsonAnswer, type Answer } from './exchange.ts';
import { findFault } from './faults.ts';
import { asCandidate, type Incident } from './incidents.ts';
import { compileQuery } from './query-evaluate.ts';
import { parseQuery } from './query.ts';
import { cursorHeaders } from './search-after.ts';
import type { Route, Visit } from './world.ts';

const DEFAULT_PAGE_SIZE = 10;
const MOST = 10_000;

function pageSizeOf({ call }: Visit): number {
  const size = Number(call.parameters.get('pageSize') ?? DEFAULT_PAGE_SIZE);
  if (!Number.isInteger(size) || size < 1 || size > MOST) {
    throw new BadCallError(400, `pageSize must be from 1 to ${MOST}, not ${call.parameters.get('pageSize') ?? ''}`);
  }
  return size;
}

function found({ call, world }: Visit): readonly Incident[] {
  const { clock, settings } = world;
  const now = clock.now();
  const query = parseQuery(call.parameters.get('filter') ?? '');
  const { predicate } = compileQuery(query, { now, resolution: settings.timeResolution });
  return world.incidents.at(now).filter((each) => predicate?.(asCandidate(each)) ?? true);
}

/** Place of the first incident behind a cursor `<milliseconds>,<id>`. */
function placeAfter(incidents: readonly Incident[], cursor: string): number {
  const [, time, id] = /^(\d+),(.+)$/su.exec(cursor) ?? [];
  if (time === undefined || id === undefined) {
    throw new BadCallError(400, 'searchAfterValues must be the value of the response header, <milliseconds>,<id>');
  }
  const place = incidents.findIndex(
    (each) => each.updatedTime > Number(time) || (each.updatedTime === Number(time) && each.id > id),
  );
  return place === -1 ? incidents.length : place;
}

function searchAfter(visit: Visit): Answer {
  const { call, faults, stats } = visit;
  const size = pageSizeOf(visit);
  const incidents = found(visit);
  const cursor = call.parameters.get('searchAfterValues') ?? '';
  const first = cursor === '' ? 0 : placeAfter(incidents, cursor);
  const start = findFault(faults, 'duplicate-page') === undefined ? first : Math.max(0, first - size);
  const page = incidents.slice(start, start + size);
  const last = incidents.slice(first, first + size).at(-1);
  const missing = findFault(faults, 'missing-records');
  const shown = missing === undefined ? page : page.slice(0, -(missing.records ?? 1));
  stats.records += shown.length;
  return jsonAnswer(
    200,
    shown.map(({ record }) => record),
    last === undefined ? {} : cursorHeaders(visit, `${last.updatedTime},${last.id}`),
  );
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
