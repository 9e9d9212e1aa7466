import { makeDetail } from './event-detail.ts';
import type { JsonObject } from './event-record.ts';
import { authFamily, edrFamily } from './edr-family.ts';
import { findFault } from './faults.ts';
import { BadCallError, jsonAnswer, type Answer } from './exchange.ts';
import { parseQuery } from './query.ts';
import { compileQuery } from './query-evaluate.ts';
import { findSortToken } from './query-tokens.ts';
import { makeProjection, type Projection } from './projection.ts';
import { hash32 } from './random.ts';
import { cursorHeaders } from './search-after.ts';
import type { EventSearch, Found, SearchContext } from './search.ts';
import type { Route, Visit, World } from './world.ts';

const DEFAULT_PAGE_SIZE = 10;
const DRIFT = 10;
/** Where the guide gives no order, searchAfter goes by time and, within an instant, by arrival. */
const SEARCH_AFTER_SORT = '[{"event.eventProcessedTime":"asc"}]';

/** A parameter that is a whole number from zero. */
function wholeParameter({ call }: Visit, name: string): number | undefined {
  const value = call.parameters.get(name);
  if (value === undefined || value === '') return undefined;
  if (!/^\d{1,15}$/u.test(value)) throw new BadCallError(400, `${name} must be a whole number from 0, not ${value}`);
  return Number(value);
}

function stateParameter({ call }: Visit): boolean {
  const value = call.parameters.get('state') ?? 'false';
  if (value !== 'true' && value !== 'false') throw new BadCallError(400, `state must be true or false, not ${value}`);
  return value === 'true';
}

function contextOf({ clock, settings }: World): SearchContext {
  const now = clock.now();
  return { now, resolution: settings.timeResolution, visibleUntil: now - settings.indexLagSeconds * 1_000 };
}

function searchOf(visit: Visit, sort: string): EventSearch {
  const fromDate = wholeParameter(visit, 'fromDate');
  const toDate = wholeParameter(visit, 'toDate');
  return {
    filter: visit.call.parameters.get('filter') ?? '',
    sort,
    isCurrentOnly: stateParameter(visit),
    ...(fromDate === undefined ? {} : { fromDate }),
    ...(toDate === undefined ? {} : { toDate }),
  };
}

/** Lets events arrive at the start of the range asked for, so that the pages behind it move. */
function drift({ call, world, faults }: Visit): void {
  const fault = findFault(faults, 'page-drift');
  if (fault === undefined) return;
  const { from } = compileQuery(parseQuery(call.parameters.get('filter') ?? ''), contextOf(world));
  const processedTime = Number.isFinite(from) ? from : world.events.timeAt(0);
  world.events.addBurst({ processedTime, count: fault.records ?? DRIFT, spreadMs: 0 });
}

function find(visit: Visit, sort: string): Found {
  const { world, faults } = visit;
  world.events.growTo(world.clock.now());
  drift(visit);
  const shift = hash32(world.settings.seed, visit.stats.calls);
  const isUnstable = findFault(faults, 'unstable-order') !== undefined;
  const search = { ...searchOf(visit, sort), ...(isUnstable ? { tieShift: shift } : {}) };
  return world.searcher.search(search, contextOf(world));
}

/** Positions of a page, from a rank on. */
function ranksOf(visit: Visit, found: Found, first: number, size: number): number[] {
  const missing = findFault(visit.faults, 'missing-records');
  const count = Math.max(0, Math.min(size, found.count - first));
  const left = missing === undefined ? count : Math.max(0, count - (missing.records ?? 1));
  return Array.from({ length: left }, (_, turn) => found.at(first + turn));
}

function* writeEvents({ world, stats }: Visit, positions: readonly number[], project: Projection): Generator<string> {
  yield '[';
  for (const [turn, position] of positions.entries()) {
    yield (turn === 0 ? '' : ',') + JSON.stringify(project(world.events.recordAt(position)));
    stats.records += 1;
    world.counters.records.events += 1;
  }
  yield ']';
}

function eventsAnswer(
  visit: Visit,
  positions: readonly number[],
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const { parameters } = visit.call;
  const project = makeProjection(parameters.get('include_attributes'), parameters.get('exclude_attributes'));
  return {
    status: 200,
    headers: { 'content-type': 'application/json;charset=UTF-8', ...headers },
    body: writeEvents(visit, positions, project),
  };
}

function pageSizeOf(visit: Visit): number {
  const size = wholeParameter(visit, 'pageSize') ?? DEFAULT_PAGE_SIZE;
  const most = visit.world.settings.maxResultWindow;
  if (size < 1 || size > most) throw new BadCallError(400, `pageSize must be from 1 to ${most}, not ${size}`);
  return size;
}

function listEvents(visit: Visit): Answer {
  const size = pageSizeOf(visit);
  const page = wholeParameter(visit, 'pageNumber') ?? 0;
  const most = visit.world.settings.maxResultWindow;
  if ((page + 1) * size > most) {
    throw new BadCallError(400, `Result window is too large: pageSize × (pageNumber + 1) must not exceed ${most}`);
  }
  const found = find(visit, visit.call.parameters.get('sort') ?? '');
  const isRepeated = findFault(visit.faults, 'duplicate-page') !== undefined;
  const first = Math.max(0, isRepeated ? page - 1 : page) * size;
  return eventsAnswer(visit, ranksOf(visit, found, first, size));
}

/** Distinct values with their counts, most frequent first. The guide does not show this answer: its form is assumed. */
function groupCounts(visit: Visit, found: Found, names: readonly string[]): JsonObject[] {
  const { events } = visit.world;
  const tokens = names.map((name) => {
    const token = findSortToken(name);
    if (token === undefined) throw new BadCallError(400, `groupBy: unknown token ${name}`);
    return token;
  });
  const counts = new Map<string, number>();
  for (let rank = 0; rank < found.count; rank += 1) {
    const position = found.at(rank);
    const candidate = { facts: events.factsAt(position), record: () => events.recordAt(position) };
    const key = JSON.stringify(tokens.map((token) => token.read(candidate) ?? null));
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([key, count]) => {
      const values = JSON.parse(key) as unknown[];
      return { ...Object.fromEntries(names.map((name, turn) => [name, values[turn]])), count };
    });
}

function countEvents(visit: Visit): Answer {
  // The guide's own example of `sort` is malformed here; an order changes nothing about a count.
  const found = find(visit, '');
  const groupBy = visit.call.parameters.get('groupBy');
  if (groupBy !== undefined && groupBy !== '') {
    const limit = wholeParameter(visit, 'limit') ?? Number.POSITIVE_INFINITY;
    const groups = groupCounts(
      visit,
      found,
      groupBy.split(',').map((name) => name.trim()),
    );
    return jsonAnswer(200, groups.slice(0, limit));
  }
  const delta = findFault(visit.faults, 'wrong-count')?.delta ?? 0;
  return jsonAnswer(200, { count: Math.max(0, found.count + delta) });
}

/** First rank after the event that a cursor `<milliseconds>,<id>` names. */
function rankAfter({ world }: Visit, found: Found, cursor: string): number {
  const [, time, id] = /^(\d+),(.+)$/su.exec(cursor) ?? [];
  if (time === undefined || id === undefined) {
    throw new BadCallError(400, 'searchAfterValues must be the value of the response header, <milliseconds>,<id>');
  }
  let low = 0;
  let high = found.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (world.events.timeAt(found.at(middle)) < Number(time)) low = middle + 1;
    else high = middle;
  }
  const position = world.events.positionOf(id);
  if (position === undefined) return low;
  while (low < found.count && found.at(low) <= position) low += 1;
  return low;
}

function searchAfter(visit: Visit): Answer {
  const { world, call } = visit;
  const found = find(visit, SEARCH_AFTER_SORT);
  const cursor = call.parameters.get('searchAfterValues') ?? '';
  const first = cursor === '' ? 0 : rankAfter(visit, found, cursor);
  const positions = ranksOf(visit, found, first, pageSizeOf(visit));
  const last = positions.at(-1);
  if (last === undefined) return eventsAnswer(visit, positions);
  const facts = world.events.factsAt(last);
  return eventsAnswer(visit, positions, cursorHeaders(visit, `${facts.processedTime},${facts.id}`));
}

function showEvent(visit: Visit, match: RegExpExecArray): Answer {
  const { events, settings } = visit.world;
  const isCurrentOnly = stateParameter(visit);
  const [agentId = '', eventId = ''] = match.slice(1).map(decodeURIComponent);
  const position = events.positionOf(eventId);
  const facts = position === undefined ? undefined : events.factsAt(position);
  if (position === undefined || facts?.agentId !== agentId || (isCurrentOnly && !facts.isCurrent)) {
    return edrFamily.fail(404, `no event ${eventId} of agent ${agentId}`, visit);
  }
  const detail = makeDetail(events.recordAt(position) as JsonObject, facts);
  visit.stats.records += 1;
  return jsonAnswer(200, settings.detailShape === 'array' ? [detail] : detail);
}

/** Gives a token as bare text with 201, as the gateway does. */
function logIn(visit: Visit): Answer {
  const { call, world } = visit;
  const [username, password, token] = ['username', 'password', 'token'].map((name) => call.parameters.get(name) ?? '');
  if (username === '') return edrFamily.fail(400, 'username must not be empty', visit);
  if (token !== 'true') return edrFamily.fail(400, 'token must be true', visit);
  if (username !== world.settings.username || password !== world.settings.password) {
    return edrFamily.fail(401, 'wrong credentials', visit);
  }
  world.counters.tokensIssued += 1;
  return { status: 201, headers: { 'content-type': 'text/plain;charset=UTF-8' }, body: world.tokens.issue() };
}

function dataRoute(name: string, pattern: RegExp, answer: Route['answer']): Route {
  return { name, api: 'edr', methods: ['GET'], pattern, family: edrFamily, answer };
}

/** The routes of the EDR gateway. */
export const EDR_ROUTES: readonly Route[] = [
  { name: 'auth', methods: ['POST'], pattern: /^\/auth$/u, family: authFamily, answer: logIn },
  dataRoute('edr-events', /^\/ioc\/events$/u, listEvents),
  dataRoute('edr-count', /^\/ioc(?:\/v1)?\/events\/count$/u, countEvents),
  dataRoute('edr-search-after', /^\/ioc(?:\/v1)?\/events\/searchAfter$/u, searchAfter),
  dataRoute('edr-detail', /^\/ioc(?:\/v1)?\/events\/([^/]+)\/([^/]+)$/u, showEvent),
];
