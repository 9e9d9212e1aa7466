import { createFactsMaker, indexOfId, type EventFacts, type FactsMaker } from './event-facts.ts';
import { createRecordMaker, type JsonObject, type RecordMaker } from './event-record.ts';
import { processedTimeAt, type EventSpan } from './event-times.ts';

/** A record put in by hand, sent as it is, whatever JSON it is. */
export interface RawEvent {
  readonly record: unknown;
  /** When the cloud processed it, milliseconds since 1970. */
  readonly processedTime: number;
}

/** Generated events put into one place of the timeline. */
export interface Burst {
  /** When the first was processed, milliseconds since 1970. */
  readonly processedTime: number;
  readonly count: number;
  /** The burst is spread over so many milliseconds; 0 puts all into one instant. */
  readonly spreadMs: number;
}

/** All events in the order of their processed time; a position counts from 0 in that order. */
export interface EventStore {
  /** Grows with every change, so that a search result kept for later can be told from a stale one. */
  readonly version: () => number;
  readonly count: () => number;
  readonly timeAt: (position: number) => number;
  readonly factsAt: (position: number) => EventFacts;
  readonly recordAt: (position: number) => unknown;
  /** First position processed at or after the instant. */
  readonly firstFrom: (instant: number) => number;
  readonly positionOf: (id: string) => number | undefined;
  readonly addRecords: (events: readonly RawEvent[]) => void;
  readonly addBurst: (burst: Burst) => void;
  /** Lets the live events up to the instant arrive. */
  readonly growTo: (instant: number) => void;
}

/** What the generated timeline is made from. */
export interface EventStoreOptions extends EventSpan {
  readonly longEventEvery: number;
  readonly livePerMinute: number;
}

/** A clock set far ahead must not fill the memory with live events. */
const MOST_LIVE_EVENTS = 1_000_000;

interface Entry {
  readonly time: number;
  /** Index of a generated event, or minus one minus the index of a raw one. */
  readonly key: number;
}

/** Two columns, sorted by time; entries of one instant stay in the order they were put in. */
interface Timeline {
  times: number[];
  keys: number[];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function asObject(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

function scoreOf(value: unknown): number | undefined {
  const isGiven = typeof value === 'number' || (typeof value === 'string' && value.trim() !== '');
  return isGiven && Number.isFinite(Number(value)) ? Number(value) : undefined;
}

function rawFacts({ record, processedTime }: RawEvent): EventFacts {
  const fields = asObject(record);
  const happened = Date.parse(textOf(fields.dateTime));
  return {
    id: textOf(fields.id),
    type: textOf(fields.type),
    action: textOf(fields.action),
    dateTime: Number.isNaN(happened) ? processedTime : happened,
    processedTime,
    score: scoreOf(fields.score),
    isCurrent: true,
    agentId: textOf(asObject(fields.asset).agentId),
  };
}

function firstFrom(times: readonly number[], instant: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < instant) low = middle + 1;
    else high = middle;
  }
  return low;
}

function merge(timeline: Timeline, added: readonly Entry[]): Timeline {
  const times: number[] = [];
  const keys: number[] = [];
  let old = 0;
  const takeOld = (until: number): void => {
    for (; old < timeline.times.length && timeline.times[old]! <= until; old += 1) {
      times.push(timeline.times[old]!);
      keys.push(timeline.keys[old]!);
    }
  };
  for (const entry of added) {
    takeOld(entry.time);
    times.push(entry.time);
    keys.push(entry.key);
  }
  takeOld(Number.POSITIVE_INFINITY);
  return { times, keys };
}

function generateTimeline(span: EventSpan): Timeline {
  const times = Array.from({ length: span.count }, (_, index) => processedTimeAt(span, index));
  return { times, keys: times.map((_, index) => index) };
}

interface State {
  readonly options: EventStoreOptions;
  readonly makeFacts: FactsMaker;
  readonly makeRecord: RecordMaker;
  timeline: Timeline;
  version: number;
  /** Live events that have arrived. */
  live: number;
  /** Times of the generated events beyond the first `count`, by their index minus `count`. */
  readonly laterTimes: number[];
  readonly raws: RawEvent[];
  readonly rawIds: Map<string, number>;
}

function insert(state: State, entries: Entry[]): void {
  state.timeline = merge(
    state.timeline,
    entries.sort((a, b) => a.time - b.time),
  );
  state.version += 1;
}

/** Makes one more generated event, processed at that time. */
function takeIndex(state: State, time: number): Entry {
  state.laterTimes.push(time);
  return { time, key: state.options.count + state.laterTimes.length - 1 };
}

function takeRaw(state: State, event: RawEvent): Entry {
  state.raws.push(event);
  state.rawIds.set(rawFacts(event).id, state.raws.length - 1);
  return { time: event.processedTime, key: -state.raws.length };
}

function timeOfIndex({ options, laterTimes }: State, index: number): number | undefined {
  return index < options.count ? processedTimeAt(options, index) : laterTimes[index - options.count];
}

function entryOf(state: State, id: string): Entry | undefined {
  const raw = state.rawIds.get(id);
  if (raw !== undefined) return { key: -1 - raw, time: state.raws[raw]!.processedTime };
  const index = indexOfId(id);
  const time = index === undefined ? undefined : timeOfIndex(state, index);
  return index === undefined || time === undefined ? undefined : { key: index, time };
}

function factsAt({ makeFacts, timeline, raws }: State, position: number): EventFacts {
  const key = timeline.keys[position]!;
  return key < 0 ? rawFacts(raws[-1 - key]!) : makeFacts(key, timeline.times[position]!);
}

function recordAt(state: State, position: number): unknown {
  const key = state.timeline.keys[position]!;
  if (key < 0) return state.raws[-1 - key]!.record;
  return state.makeRecord(key, factsAt(state, position));
}

function positionOf(state: State, id: string): number | undefined {
  const entry = entryOf(state, id);
  if (entry === undefined) return undefined;
  const { times, keys } = state.timeline;
  let position = firstFrom(times, entry.time);
  while (times[position] === entry.time && keys[position] !== entry.key) position += 1;
  return times[position] === entry.time && factsAt(state, position).id === id ? position : undefined;
}

function addBurst(state: State, { processedTime, count, spreadMs }: Burst): void {
  const timeOf = (turn: number): number => processedTime + Math.floor((turn * spreadMs) / count);
  insert(
    state,
    Array.from({ length: count }, (_, turn) => takeIndex(state, timeOf(turn))),
  );
}

function growTo(state: State, instant: number): void {
  const { end, livePerMinute } = state.options;
  const due = Math.floor(((instant - end) / 60_000) * livePerMinute);
  const more = Math.min(due, MOST_LIVE_EVENTS) - state.live;
  if (more <= 0) return;
  const first = state.live + 1;
  const timeOf = (turn: number): number => end + Math.ceil(((first + turn) * 60_000) / livePerMinute);
  state.live += more;
  insert(
    state,
    Array.from({ length: more }, (_, turn) => takeIndex(state, timeOf(turn))),
  );
}

/** Holds eight bytes of time and a key for each event; the records themselves are made when asked for. */
export function createEventStore(options: EventStoreOptions): EventStore {
  const state: State = {
    options,
    makeFacts: createFactsMaker(options.seed),
    makeRecord: createRecordMaker(options.seed, options.longEventEvery),
    timeline: generateTimeline(options),
    version: 0,
    live: 0,
    laterTimes: [],
    raws: [],
    rawIds: new Map(),
  };
  return {
    version: () => state.version,
    count: () => state.timeline.times.length,
    timeAt: (position) => state.timeline.times[position]!,
    factsAt: (position) => factsAt(state, position),
    recordAt: (position) => recordAt(state, position),
    firstFrom: (instant) => firstFrom(state.timeline.times, instant),
    positionOf: (id) => positionOf(state, id),
    addRecords: (events) =>
      insert(
        state,
        events.map((event) => takeRaw(state, event)),
      ),
    addBurst: (burst) => addBurst(state, burst),
    growTo: (instant) => growTo(state, instant),
  };
}
