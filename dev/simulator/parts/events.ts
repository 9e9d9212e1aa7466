import { edrFamily } from '../edr-family.ts';
import { stateParameter, wholeParameter } from '../edr-parameters.ts';
import { documentsOf } from '../documents.ts';
import { makeDetail } from '../event-detail.ts';
import { listEvents, searchEventsAfter } from '../event-pages.ts';
import type { JsonObject } from '../event-record.ts';
import type { Burst, EventStore, RawEvent } from '../events.ts';
import { BadCallError, jsonAnswer, type Answer } from '../exchange.ts';
import { findFault } from '../faults.ts';
import { findEvents } from '../find-events.ts';
import { instantOf, type Part } from '../part.ts';
import { findSortToken } from '../query-tokens.ts';
import type { Found } from '../search.ts';
import type { Route, Visit } from '../world.ts';

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

function dataRoute(name: string, pattern: RegExp, answer: Route['answer']): Route {
  return { name, api: 'edr', methods: ['GET'], pattern, family: edrFamily, answer };
}

/** Records put in, sent as they are; the time comes from `eventProcessedTime` where it is not given. */
interface EventChange {
  readonly record: unknown;
  /** ISO 8601. */
  readonly processedTime?: string;
}

/** Generated events, `count` of them from `processedTime` on; `spreadMs` 0 puts all into one instant. Default 1,000. */
interface BurstChange {
  readonly processedTime: string;
  readonly count: number;
  readonly spreadMs?: number;
}

const DEFAULT_SPREAD_MS = 1_000;

function rawEvent({ record, processedTime }: EventChange): RawEvent {
  const own: unknown =
    typeof record === 'object' && record !== null && 'eventProcessedTime' in record
      ? record.eventProcessedTime
      : undefined;
  return { record, processedTime: instantOf('processedTime', processedTime ?? own) };
}

function burstOf({ processedTime, count, spreadMs = DEFAULT_SPREAD_MS }: BurstChange): Burst {
  if (!Number.isInteger(count) || count < 1) throw new RangeError(`count must be a whole number from 1, not ${count}`);
  return { processedTime: instantOf('processedTime', processedTime), count, spreadMs };
}

/** Ids of the events processed in the span, in that order. */
function* eventIds(events: EventStore, { first, end }: { first: number; end: number }, now: number): Generator<string> {
  events.growTo(now);
  const last = events.firstFrom(end);
  for (let position = events.firstFrom(first); position < last; position += 1) yield events.factsAt(position).id;
}

/** EDR events. */
export const part: Part = {
  name: 'events',
  routes: [
    dataRoute('edr-events', /^\/ioc\/events$/u, listEvents),
    dataRoute('edr-count', /^\/ioc(?:\/v1)?\/events\/count$/u, countEvents),
    dataRoute('edr-search-after', /^\/ioc(?:\/v1)?\/events\/searchAfter$/u, searchEventsAfter),
    dataRoute('edr-detail', /^\/ioc(?:\/v1)?\/events\/([^/]+)\/([^/]+)$/u, showEvent),
  ],
  create: ({ events }) => ({
    changes: {
      events: (changes: readonly EventChange[]) => {
        const records = changes.map(rawEvent);
        if (records.length > 0) events.addRecords(records);
      },
      bursts: (changes: readonly BurstChange[]) => {
        for (const burst of changes.map(burstOf)) events.addBurst(burst);
      },
    },
    ids: (span, now) => eventIds(events, span, now),
  }),
};
