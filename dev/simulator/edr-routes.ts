import { isLetIn } from './account.ts';
import { authFamily, edrFamily } from './edr-family.ts';
import { stateParameter, wholeParameter } from './edr-parameters.ts';
import { documentsOf } from './documents.ts';
import { makeDetail } from './event-detail.ts';
import { listEvents, searchEventsAfter } from './event-pages.ts';
import type { JsonObject } from './event-record.ts';
import { BadCallError, jsonAnswer, type Answer } from './exchange.ts';
import { findFault } from './faults.ts';
import { findEvents } from './find-events.ts';
import { findSortToken } from './query-tokens.ts';
import type { Found } from './search.ts';
import type { Route, Visit } from './world.ts';

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
  const found = findEvents(visit, '');
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
  const { delta = 0, factor = 1 } = findFault(visit.faults, 'wrong-count') ?? {};
  const { count } = documentsOf(found.count, visit.faults);
  return jsonAnswer(200, { count: Math.max(0, Math.round(count * factor) + delta) });
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
  const [username = '', password = '', token = ''] = ['username', 'password', 'token'].map(
    (name) => call.parameters.get(name) ?? '',
  );
  if (username === '') return edrFamily.fail(400, 'username must not be empty', visit);
  if (token !== 'true') return edrFamily.fail(400, 'token must be true', visit);
  if (!isLetIn(world, username, password)) {
    return edrFamily.fail(401, 'wrong credentials', visit);
  }
  world.counters.tokensIssued += 1;
  return { status: 201, headers: { 'content-type': 'text/plain;charset=UTF-8' }, body: world.tokens.issue('user') };
}

/** Gives a token to an API client, which names itself in headers beside an empty form. */
function logInClient(visit: Visit, match: RegExpExecArray): Answer {
  const { call, world } = visit;
  const { clientid, clientsecret } = call.headers;
  const { clientId, clientSecret, clientKind } = world.settings;
  if (call.headers['content-type']?.startsWith('application/x-www-form-urlencoded') !== true) {
    return edrFamily.fail(415, 'Content-Type must be application/x-www-form-urlencoded', visit);
  }
  if (match[1] !== clientKind || clientid !== clientId) return jsonAnswer(401, { message: 'Invalid Client ID' });
  if (clientsecret !== clientSecret) return jsonAnswer(401, { message: 'Invalid Client Secret' });
  world.counters.tokensIssued += 1;
  return { status: 200, headers: { 'content-type': 'text/plain;charset=UTF-8' }, body: world.tokens.issue('client') };
}

function dataRoute(name: string, pattern: RegExp, answer: Route['answer']): Route {
  return { name, api: 'edr', methods: ['GET'], pattern, family: edrFamily, answer };
}

/** The routes of the EDR gateway. */
export const EDR_ROUTES: readonly Route[] = [
  { name: 'auth', methods: ['POST'], pattern: /^\/auth$/u, family: authFamily, answer: logIn },
  {
    name: 'auth-client',
    methods: ['POST'],
    pattern: /^\/auth\/(oidc|oauth)$/u,
    family: authFamily,
    answer: logInClient,
  },
  dataRoute('edr-events', /^\/ioc\/events$/u, listEvents),
  dataRoute('edr-count', /^\/ioc(?:\/v1)?\/events\/count$/u, countEvents),
  dataRoute('edr-search-after', /^\/ioc(?:\/v1)?\/events\/searchAfter$/u, searchEventsAfter),
  dataRoute('edr-detail', /^\/ioc(?:\/v1)?\/events\/([^/]+)\/([^/]+)$/u, showEvent),
];
