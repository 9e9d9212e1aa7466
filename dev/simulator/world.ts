import { createCatalogue, type Catalogue } from './catalogue.ts';
import { createClock, type SimulatorClock } from './clock.ts';
import { createCursorBook, type CursorBook } from './cursors.ts';
import { createEventStore, type EventStore } from './events.ts';
import type { Answer, Call } from './exchange.ts';
import { createFaultBook, type FaultBook } from './fault-rules.ts';
import type { Fault } from './faults.ts';
import { createHostStore, type HostStore } from './hosts.ts';
import { createLimiter, type Admission, type Limiter } from './limits.ts';
import type { PartData } from './part.ts';
import { PARTS } from './parts.ts';
import { createEventSearcher, type EventSearcher } from './search.ts';
import type { SimulatorSettings } from './settings.ts';
import { createCounters, type Counters, type RouteStats } from './stats.ts';
import { createTokenOffice, type TokenOffice } from './tokens.ts';
import { createKnowledgeBase, type KnowledgeBase } from './vulnerabilities.ts';

/** APIs with limits of their own. */
export const API_NAMES = ['edr', 'vm', 'kb', 'about'] as const;
export type ApiName = (typeof API_NAMES)[number];

/** All that the routes answer from. */
export interface World {
  readonly settings: SimulatorSettings;
  readonly clock: SimulatorClock;
  readonly events: EventStore;
  readonly searcher: EventSearcher;
  readonly hosts: HostStore;
  /** Data of the parts by their names. */
  readonly parts: Readonly<Record<string, PartData>>;
  readonly knowledgeBase: KnowledgeBase;
  readonly catalogue: Catalogue;
  readonly faults: FaultBook<Fault>;
  readonly tokens: TokenOffice;
  readonly cursors: CursorBook;
  readonly limiters: Readonly<Record<ApiName, Limiter>>;
  counters: Counters;
}

/** One call on its way through a route. */
export interface Visit {
  readonly call: Call;
  readonly world: World;
  /** Faults that hit the call; a route that learns more of its answer may add to them. */
  readonly faults: Fault[];
  readonly stats: RouteStats;
  /** Scheme and authority that the client called. */
  readonly origin: string;
}

/** How an API family says no. */
export interface Family {
  /** The answer to a caller without credentials, or nothing for one who may go on. */
  readonly challenge: (visit: Visit) => Answer | undefined;
  /** The answer to a call beyond a limit. */
  readonly refuse: (admission: Exclude<Admission, { kind: 'admitted' }>, visit: Visit) => Answer;
  /** The family's own form of an error. */
  readonly fail: (status: number, message: string, visit: Visit) => Answer;
}

/** One route of the vendor. */
export interface Route {
  /** Name in the statistics. */
  readonly name: string;
  /** Whose limits count; absent for `/auth`, which is exempt. */
  readonly api?: ApiName;
  readonly methods: readonly string[];
  readonly pattern: RegExp;
  readonly family: Family;
  /** @throws QueryError, ParameterError or BadCallError for a wrong request. */
  readonly answer: (visit: Visit, match: RegExpExecArray) => Answer;
}

const HOUR_MS = 3_600_000;

/** Makes the data, limits and clock of a simulator. */
export function createWorld(settings: SimulatorSettings): World {
  const clock = createClock(settings.clockOffsetMs);
  const end = settings.dataEnd ?? clock.now();
  const span = { seed: settings.seed, start: end - settings.spanHours * HOUR_MS, end };
  const events = createEventStore({
    ...span,
    count: settings.eventCount,
    longEventEvery: settings.longEventEvery,
    livePerMinute: settings.liveEventsPerMinute,
  });
  const hosts = createHostStore({
    ...span,
    count: settings.hostCount,
    idBase: BigInt(settings.hostIdBase),
    livePerMinute: settings.liveHostsPerMinute,
  });
  const catalogue = createCatalogue(settings.seed, settings.longResultsLength);
  const knowledgeBase = createKnowledgeBase([...catalogue.vulnerabilities, ...catalogue.informations], end);
  const base = { span, settings, events, hosts, knowledgeBase };
  const limiter = (): Limiter => createLimiter(settings, clock);
  return {
    settings,
    clock,
    events,
    searcher: createEventSearcher(events),
    hosts,
    parts: Object.fromEntries(PARTS.map(({ name, create }) => [name, create(base)])),
    knowledgeBase,
    catalogue,
    faults: createFaultBook<Fault>(settings.seed, clock.now),
    tokens: createTokenOffice(settings, clock),
    cursors: createCursorBook(settings, clock),
    limiters: { edr: limiter(), vm: limiter(), kb: limiter(), about: limiter() },
    counters: createCounters(),
  };
}
