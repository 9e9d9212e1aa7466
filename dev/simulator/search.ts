import { hash32 } from './random.ts';
import { parseQuery, QueryError } from './query.ts';
import { compileQuery, type CompiledQuery, type Predicate } from './query-evaluate.ts';
import type { TimeResolution } from './query-times.ts';
import { findSortToken, isProcessedTime, type Candidate } from './query-tokens.ts';
import type { EventStore } from './events.ts';

/** What an answer of the events API is asked for, in the vendor's parameters. */
export interface EventSearch {
  readonly filter: string;
  /** JSON text: a list of objects with one token each. */
  readonly sort: string;
  /** Unix seconds; only the UTC day of the event's own time counts. */
  readonly fromDate?: number;
  readonly toDate?: number;
  /** Leaves out what is no longer current. */
  readonly isCurrentOnly: boolean;
  /** Turns the events of one instant, in results sorted by the processed time, so that each call orders them anew. */
  readonly tieShift?: number;
}

/** The events found, in the order asked for, as positions in the store. */
export interface Found {
  readonly count: number;
  readonly at: (rank: number) => number;
}

/** The world a search runs in. */
export interface SearchContext {
  readonly now: number;
  readonly resolution: TimeResolution;
  /** Events processed after this instant are not found yet. */
  readonly visibleUntil: number;
  /** Whether an event processed before that instant is found; absent: each is. */
  readonly isIndexed?: (id: string, processedTime: number) => boolean;
  readonly ignoresTime?: boolean;
}

export interface SortKey {
  readonly name: string;
  readonly isDescending: boolean;
}

const DAY_SECONDS = 86_400;
/** Searches kept, so that the next page of one costs nothing. */
const MOST_KEPT = 16;

function parseSortKey(item: unknown): SortKey {
  const [entry, ...more] = typeof item === 'object' && item !== null ? Object.entries(item) : [];
  const direction: unknown = entry?.[1];
  if (entry === undefined || more.length > 0 || typeof direction !== 'string' || !/^(?:asc|desc)$/iu.test(direction)) {
    throw new QueryError('sort must be a JSON list such as [{"event.dateTime":"asc"}], one token an object');
  }
  return { name: entry[0], isDescending: direction.toLowerCase() === 'desc' };
}

/**
 * Reads the `sort` parameter; an empty one asks for the newest first.
 * @throws QueryError when it is not the list that the guide shows.
 */
export function parseSort(text: string): readonly SortKey[] {
  if (text === '') return [{ name: 'event.eventProcessedTime', isDescending: true }];
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    throw new QueryError('sort is not JSON');
  }
  if (!Array.isArray(list) || list.length === 0) throw new QueryError('sort must be a JSON list that is not empty');
  const keys = list.map(parseSortKey);
  for (const { name } of keys) {
    if (findSortToken(name) === undefined) throw new QueryError(`cannot sort by unknown token ${name}`);
  }
  return keys;
}

/** Only whole UTC days count: the guide says that the time of these two parameters is not considered. */
function dayPredicate({ fromDate, toDate, isCurrentOnly }: EventSearch): Predicate | undefined {
  if (fromDate === undefined && toDate === undefined && !isCurrentOnly) return undefined;
  const dayOf = (seconds: number): number => Math.floor(seconds / DAY_SECONDS) * DAY_SECONDS * 1_000;
  const from = fromDate === undefined ? Number.NEGATIVE_INFINITY : dayOf(fromDate);
  const to = toDate === undefined ? Number.POSITIVE_INFINITY : dayOf(toDate) + DAY_SECONDS * 1_000;
  return ({ facts }) => facts.dateTime >= from && facts.dateTime < to && (facts.isCurrent || !isCurrentOnly);
}

function candidateAt(store: EventStore, position: number): Candidate {
  let record: unknown;
  return { facts: store.factsAt(position), record: () => (record ??= store.recordAt(position)) };
}

function collect(store: EventStore, low: number, high: number, fits: Predicate): number[] {
  const positions: number[] = [];
  for (let position = low; position < high; position += 1) {
    if (fits(candidateAt(store, position))) positions.push(position);
  }
  return positions;
}

type SortValue = number | string | undefined;

/** Missing values come last in both directions, as in the search engine behind the API. */
function compareValues(a: SortValue, b: SortValue, isDescending: boolean): number {
  if (a === b) return 0;
  if (a === undefined) return 1;
  if (b === undefined) return -1;
  return a < b === isDescending ? 1 : -1;
}

function sortPositions(store: EventStore, positions: number[], keys: readonly SortKey[]): number[] {
  const tokens = keys.map(({ name }) => findSortToken(name)!);
  const rows = positions.map((position) => {
    const candidate = candidateAt(store, position);
    return { position, values: tokens.map((token) => token.read(candidate)) };
  });
  rows.sort((a, b) => {
    for (const [turn, key] of keys.entries()) {
      const order = compareValues(a.values[turn], b.values[turn], key.isDescending);
      if (order !== 0) return order;
    }
    return a.position - b.position;
  });
  return rows.map(({ position }) => position);
}

/** First rank of which the question is no longer true; it must not become true again after it. */
function firstRank(found: Found, isBefore: (rank: number) => boolean): number {
  let low = 0;
  let high = found.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Turns the events of each instant by as many places as the shift says: one call still lists every event once, but
 * two calls disagree about the order, as they may where the sort has no tie-break.
 */
function turnTies(store: EventStore, found: Found, shift: number): Found {
  const timeOf = (rank: number): number => store.timeAt(found.at(rank));
  const isAscending = found.count < 2 || timeOf(0) <= timeOf(found.count - 1);
  const comesBefore = (a: number, b: number): boolean => (isAscending ? a < b : a > b);
  const at = (rank: number): number => {
    const time = timeOf(rank);
    const first = firstRank(found, (other) => comesBefore(timeOf(other), time));
    const end = firstRank(found, (other) => !comesBefore(time, timeOf(other)));
    return found.at(first + ((rank - first + hash32(shift, time)) % (end - first)));
  };
  return { count: found.count, at };
}

function bothOf(first: Predicate | undefined, second: Predicate | undefined): Predicate | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return (candidate) => first(candidate) && second(candidate);
}

function indexPredicate({ isIndexed }: SearchContext): Predicate | undefined {
  return isIndexed === undefined ? undefined : ({ facts }) => isIndexed(facts.id, facts.processedTime);
}

function run(store: EventStore, search: EventSearch, query: CompiledQuery, context: SearchContext): Found {
  const keys = parseSort(search.sort);
  const low = store.firstFrom(query.from);
  const high = Math.max(low, store.firstFrom(Math.min(query.to, context.visibleUntil) + 1));
  const fits = bothOf(bothOf(query.predicate, dayPredicate(search)), indexPredicate(context));
  const [key] = keys;
  const isNatural = keys.length === 1 && isProcessedTime(findSortToken(key?.name ?? ''));
  if (isNatural && fits === undefined) {
    const count = high - low;
    return { count, at: (rank) => (key?.isDescending === true ? high - 1 - rank : low + rank) };
  }
  const found = collect(store, low, high, fits ?? (() => true));
  const sorted = isNatural ? found : sortPositions(store, found, keys);
  const count = sorted.length;
  const isReversed = isNatural && key?.isDescending === true;
  return { count, at: (rank) => sorted[isReversed ? count - 1 - rank : rank]! };
}

/** Searches a store and remembers the last searches until the store changes. */
export interface EventSearcher {
  /** @throws QueryError when filter or sort cannot be understood. */
  readonly search: (search: EventSearch, context: SearchContext) => Found;
}

export function createEventSearcher(store: EventStore): EventSearcher {
  const kept = new Map<string, Found>();
  const remember = (key: string, found: Found): void => {
    if (kept.size >= MOST_KEPT) kept.delete(kept.keys().next().value ?? '');
    kept.set(key, found);
  };
  const searchOnce = (search: EventSearch, context: SearchContext): Found => {
    const query = compileQuery(parseQuery(search.filter), context);
    const visible = store.firstFrom(context.visibleUntil + 1);
    const { ignoresTime, isIndexed, now, resolution } = context;
    const moment = search.filter.includes('now') || isIndexed !== undefined ? now : 0;
    const { from, to } = query;
    const key = JSON.stringify([search, store.version(), visible, from, to, resolution, moment, ignoresTime]);
    const found = kept.get(key) ?? run(store, search, query, context);
    remember(key, found);
    return found;
  };
  return {
    search: ({ tieShift, ...search }, context) => {
      const found = searchOnce(search, context);
      return tieShift === undefined ? found : turnTies(store, found, tieShift);
    },
  };
}
