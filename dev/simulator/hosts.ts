import { fraction } from './random.ts';

/** A host as the lists see it. */
export interface Host {
  readonly id: bigint;
  /** When its last scan was processed, milliseconds since 1970, on a whole second. */
  readonly processedTime: number;
  /** Index of a generated host; absent for one put in by hand. */
  readonly index?: number;
  /** The whole HOST element of one put in by hand. */
  readonly xml?: string;
}

/** Host ids from `first` to `last`, both included. */
export interface IdRange {
  readonly first: bigint;
  readonly last: bigint;
}

/** A host put in by hand, or a generated one processed anew. */
export interface HostChange {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly processedTime: number;
  /** The HOST element to send as it is; without it the id must be that of a known host. */
  readonly xml?: string;
}

/** All hosts, in the order of their ids. */
export interface HostStore {
  /** Hosts of the ranges, which must be in order and apart, lowest id first. */
  readonly within: (ranges: readonly IdRange[], now: number) => Generator<Host>;
  readonly change: (changes: readonly HostChange[]) => void;
  /** Takes hosts out, as a purge does. */
  readonly remove: (ids: readonly string[]) => void;
}

/** What the generated hosts are made from. */
export interface HostStoreOptions {
  readonly seed: number;
  readonly count: number;
  readonly idBase: bigint;
  /** The span in which the hosts were processed, milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
  /** Hosts processed anew a minute after the span, in turn. */
  readonly livePerMinute: number;
}

interface State {
  readonly options: HostStoreOptions;
  /** Raw hosts, lowest id first. */
  raws: Host[];
  readonly processedAnew: Map<number, number>;
  readonly removed: Set<bigint>;
}

const DRAW_PROCESSED = 50;
const MINUTE_MS = 60_000;
/** So many ids follow one another; then a gap of so many is left. */
const RUN = 10;
const GAP = 7;

/** Every id there can be. */
export const ALL_IDS: readonly IdRange[] = [{ first: 0n, last: 2n ** 128n }];

function offsetOf(index: number): number {
  return index + Math.floor(index / RUN) * GAP;
}

/** Smallest index whose id is not below the given one. */
function firstIndexFrom({ idBase, count }: HostStoreOptions, id: bigint): number {
  if (id <= idBase) return 0;
  const distance = id - idBase;
  if (distance > BigInt(offsetOf(count))) return count;
  const offset = Number(distance);
  const block = Math.floor(offset / (RUN + GAP));
  return Math.min(count, block * RUN + Math.min(RUN, offset - block * (RUN + GAP)));
}

function toSecond(instant: number): number {
  return Math.floor(instant / 1_000) * 1_000;
}

/** The last turn of a host among those processed anew one after the other. */
function liveTime({ end, count, livePerMinute }: HostStoreOptions, index: number, now: number): number | undefined {
  if (livePerMinute <= 0 || now <= end) return undefined;
  const turns = Math.floor(((now - end) / MINUTE_MS) * livePerMinute);
  if (turns <= index) return undefined;
  const turn = index + 1 + count * Math.floor((turns - 1 - index) / count);
  return toSecond(end + (turn * MINUTE_MS) / livePerMinute);
}

function generatedHost({ options, processedAnew }: State, index: number, now: number): Host {
  const { seed, start, end, idBase } = options;
  const first = toSecond(start + fraction(seed, index, DRAW_PROCESSED) * (end - start));
  const processedTime = Math.max(processedAnew.get(index) ?? first, liveTime(options, index, now) ?? 0);
  return { id: idBase + BigInt(offsetOf(index)), processedTime, index };
}

function* merge(state: State, { first, last }: IdRange, now: number): Generator<Host> {
  const end = firstIndexFrom(state.options, last + 1n);
  let rawAt = state.raws.findIndex((raw) => raw.id >= first);
  if (rawAt === -1) rawAt = state.raws.length;
  const rawBefore = (id: bigint): Host | undefined => {
    const raw = state.raws[rawAt];
    return raw !== undefined && raw.id <= id ? raw : undefined;
  };
  for (let index = firstIndexFrom(state.options, first); index < end; index += 1) {
    const host = generatedHost(state, index, now);
    let isReplaced = false;
    for (let raw = rawBefore(host.id); raw !== undefined; raw = rawBefore(host.id)) {
      yield raw;
      isReplaced = raw.id === host.id;
      rawAt += 1;
    }
    if (!isReplaced && !state.removed.has(host.id)) yield host;
  }
  for (let raw = rawBefore(last); raw !== undefined; raw = rawBefore(last)) {
    yield raw;
    rawAt += 1;
  }
}

function changeHost(state: State, { id: text, processedTime, xml }: HostChange): void {
  const id = BigInt(text);
  const index = firstIndexFrom(state.options, id);
  const isKnown = index < state.options.count && state.options.idBase + BigInt(offsetOf(index)) === id;
  if (xml === undefined && !isKnown) throw new RangeError(`host ${text} is not known: give its xml`);
  state.removed.delete(id);
  state.raws = state.raws.filter((raw) => raw.id !== id);
  if (xml === undefined) state.processedAnew.set(index, toSecond(processedTime));
  else state.raws.push({ id, processedTime: toSecond(processedTime), xml });
  state.raws.sort((a, b) => (a.id < b.id ? -1 : 1));
}

export function createHostStore(options: HostStoreOptions): HostStore {
  const state: State = { options, raws: [], processedAnew: new Map(), removed: new Set() };
  return {
    within: function* (ranges, now) {
      for (const range of ranges) yield* merge(state, range, now);
    },
    change: (changes) => {
      for (const change of changes) changeHost(state, change);
    },
    remove: (ids) => {
      for (const id of ids) state.removed.add(BigInt(id));
      state.raws = state.raws.filter((raw) => !state.removed.has(raw.id));
    },
  };
}

/** Puts ranges in order and joins those that touch. */
export function joinRanges(ranges: readonly IdRange[]): IdRange[] {
  const sorted = [...ranges].sort((a, b) => (a.first < b.first ? -1 : 1));
  const joined: IdRange[] = [];
  for (const range of sorted) {
    const before = joined.at(-1);
    if (before === undefined || range.first > before.last + 1n) joined.push(range);
    else if (range.last > before.last) joined[joined.length - 1] = { first: before.first, last: range.last };
  }
  return joined;
}

/** The parts of the ranges that lie between two ids, both included. */
export function clipRanges(ranges: readonly IdRange[], idMin: bigint, idMax: bigint): IdRange[] {
  return ranges
    .map(({ first, last }) => ({ first: first < idMin ? idMin : first, last: last > idMax ? idMax : last }))
    .filter(({ first, last }) => first <= last);
}
