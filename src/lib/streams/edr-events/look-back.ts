import { lateSlice, nextLookFrom, numberOf } from '../../pipeline/look-back.ts';
import type { Outcome, Past, PastWindow, Progress, WindowTask } from '../../pipeline/stream.ts';
import { overTime } from '../../qualys/edr/qql.ts';
import { callOptionsOf } from '../call-options.ts';
import type { StreamServices } from '../stream-definition.ts';
import { hearCount } from './count-memory.ts';
import { firstCursor, partOf, toJson, typeOf, type EdrCursor, type WindowQuery } from './edr-cursor.ts';

/** What is kept of a window. */
interface Witness {
  /** What was asked, of all types. */
  readonly query: WindowQuery;
  /** Events counted at its end, without those of the seconds beside it. */
  readonly held: number;
  /** Events of these seconds, which a count of the window holds as well. */
  readonly before: number;
  readonly behind: number;
}

/** Windows that follow one another and asked the same. */
interface Block extends Pick<Witness, 'query'> {
  /** In order of time; never empty. */
  readonly windows: readonly Held[];
}

interface Held extends Witness {
  readonly from: string;
  readonly to: string;
}

/** A block of which Qualys now counts more than its windows hold. */
interface Found extends Block {
  readonly more: number;
  /** What was counted; absent where it follows from other counts. */
  readonly counted?: number;
}

/** What a look has learnt so far: what was counted, by the time over which. */
interface LookCursor {
  readonly counted: Readonly<Record<string, number>>;
}

/** Calls of a look. */
const MOST_CALLS = 6;
/** Pages of known events that a look has read once more, or one window: where counts waver there is no end of them. Each part has its turn. */
const MOST_PAGES = 60;
const HOUR_MS = 3_600_000;
/** What is younger is counted apart: most of what is late is found there. */
const RECENT_MS = 6 * HOUR_MS;
const SOME_TIME = '1970-01-01T00:00:00Z';

/** What is kept of a live window, for the look back. */
export function witnessOf(
  { window: { from, run, slice, to } }: WindowTask,
  { beside, counted, query }: EdrCursor,
  documents: number,
): Pick<Progress, 'witness'> {
  if (run !== 'live') return {};
  const { before, behind } = beside ?? { before: 0, behind: 0 };
  const filter = overTime(query.filter, { from, to, ...typeOf(slice) });
  const held = (counted?.latest ?? documents) - before - behind;
  const witness: Witness = { query: { ...query, filter }, held, before, behind };
  return { witness: { ...witness } };
}

/**
 * Counts again what was read in the last day, and compares with what its windows were counted to hold. Where there is more now, it is looked
 * for by halves, as far as the calls reach or a page holds what is left; that is read once more. What was counted is kept while a call has to wait.
 */
export async function* lookBack(
  task: WindowTask,
  { edr, settings }: StreamServices,
): AsyncGenerator<Progress, Outcome> {
  const { windows } = await task.past();
  const options = callOptionsOf(task);
  const counts = new Map(Object.entries((task.cursor as unknown as LookCursor | undefined)?.counted ?? {}));
  async function* count(block: Block): AsyncGenerator<Progress, Found> {
    const { from, to } = boundsOf(block);
    const time = `${from}/${to}`;
    const counted = counts.get(time) ?? (await edr.count(queryOf(block), options));
    if (!counts.has(time)) yield { cursor: { counted: Object.fromEntries(counts.set(time, counted)) } };
    return { ...block, counted, more: counted - expectedOf(block) };
  }
  const blocks = blocksOf(windows, Date.parse(task.window.to) - RECENT_MS);
  let found: Found[] = [];
  for (const block of blocks.length > MOST_CALLS ? inTurn(blocks, task.window) : blocks) {
    if (found.length < MOST_CALLS) found.push(yield* count(block));
  }
  for (let calls = found.length; calls < MOST_CALLS; calls++) {
    const [largest] = found
      .filter((block) => block.more > 0 && block.windows.length > 1 && expectedOf(block) > settings.EDR_PAGE_SIZE)
      .sort((one, two) => expectedOf(two) - expectedOf(one));
    if (largest === undefined) break;
    const middle = Math.ceil(largest.windows.length / 2);
    const left = yield* count({ ...largest, windows: largest.windows.slice(0, middle) });
    const { query, more } = largest;
    const right = { query, windows: largest.windows.slice(middle), more: more - left.more };
    found = [...found.filter((block) => block !== largest), left, right];
  }
  found = found.filter(({ more }) => more > 0);
  if (found.length === 0) return { kind: 'complete' };
  const most = MOST_PAGES * settings.EDR_PAGE_SIZE;
  const parts = inTurn(
    found.flatMap((block) => partsOf(block, most)),
    task.window,
  );
  const taken = firstOf(parts, most);
  const events = found.reduce((sum, { more }) => sum + more, 0);
  task.log.warn('LateFound', { records: events, windows: taken.length, left: parts.length - taken.length });
  const slices = taken.map((block, place) => {
    const { counted } = block;
    const start = {
      query: queryOf(block),
      read: 0,
      ...(counted === undefined ? {} : { counted: hearCount(undefined, counted) }),
    };
    return { ...boundsOf(block), slice: lateSlice(task.window, place), cursor: toJson(firstCursor(start, settings)) };
  });
  return { kind: 'split', slices, reason: `${events} events were late` };
}

/** A block in parts of at most so many known events, or of one window. What is late is in one of them. */
function partsOf(block: Found, most: number): Found[] {
  if (expectedOf(block) <= most) return [block];
  const parts: { query: WindowQuery; windows: Held[]; more: number }[] = [];
  for (const held of block.windows) {
    const part = parts.at(-1);
    if (part !== undefined && expectedOf(part) + held.held <= most) part.windows.push(held);
    else parts.push({ query: block.query, windows: [held], more: block.more });
  }
  return parts;
}

/** As many of them as hold no more known events; the first one in any case. */
function firstOf(parts: readonly Found[], most: number): Found[] {
  let events = 0;
  return parts.filter((part, place) => {
    events += expectedOf(part);
    return place === 0 || events <= most;
  });
}

/** When a record was still missing: as its window was read, or as the last look, if it reached that time, found nothing. */
export function missedBy({ lookedAt, lookedTo, windows }: Past): (time: number) => number {
  const read = standing(windows).map(({ from, read: { at = from } = {}, to }) => ({ from, to, at }));
  return (time) => {
    const iso = new Date(time).toISOString();
    const at = read.find(({ from, to }) => from <= iso && iso < to)?.at ?? iso;
    return Math.max(time < lookedTo ? lookedAt : 0, Date.parse(at));
  };
}

/**
 * Where there are too many for one look, be it that windows were given up or settings changed: first those that the next look does not reach any
 * more, so that each is looked into at last; behind them the others have their turn, another one an hour.
 */
function inTurn<T extends Block>(blocks: readonly T[], look: WindowTask['window']): readonly T[] {
  const next = nextLookFrom(look);
  const sorted = blocks.toSorted((one, two) => (boundsOf(one).from < boundsOf(two).from ? -1 : 1));
  const last = sorted.filter((block) => boundsOf(block).from < next);
  const others = sorted.slice(last.length);
  const first = Math.floor((numberOf(look) * 1000) / HOUR_MS) % others.length;
  return [...last, ...others.slice(first), ...others.slice(0, first)];
}

function boundsOf({ windows }: Block): { readonly from: string; readonly to: string } {
  return { from: windows[0]?.from ?? '', to: windows.at(-1)?.to ?? '' };
}

function queryOf(block: Block): WindowQuery {
  return partOf(block.query, boundsOf(block));
}

/** What a count over the block gives if nothing has changed. */
function expectedOf({ windows }: Block): number {
  const held = windows.reduce((sum, window) => sum + window.held, 0);
  return held + (windows[0]?.before ?? 0) + (windows.at(-1)?.behind ?? 0);
}

/** @param boundary where blocks are cut, in epoch milliseconds. */
function blocksOf(windows: readonly PastWindow[], boundary: number): Block[] {
  const blocks: { query: WindowQuery; windows: Held[] }[] = [];
  for (const held of heldWindows(windows)) {
    const block = blocks.at(-1);
    const last = block?.windows.at(-1);
    const isNext =
      block !== undefined &&
      last?.to === held.from &&
      isRecent(last, boundary) === isRecent(held, boundary) &&
      isSame(block.query, held.query);
    if (isNext) block.windows.push(held);
    else blocks.push({ query: held.query, windows: [held] });
  }
  return blocks;
}

function isRecent({ from }: Held, boundary: number): boolean {
  return Date.parse(from) >= boundary;
}

function isSame(one: WindowQuery, two: WindowQuery): boolean {
  const [first, second] = [one, two].map(({ filter }) => overTime(filter, { from: SOME_TIME, to: SOME_TIME }));
  return first === second && one.state === two.state;
}

/** Windows of which something is known. Slices by type of one time count together; where one of them is not known, neither is the time. */
function heldWindows(windows: readonly PastWindow[]): Held[] {
  const byTime = new Map<string, PastWindow[]>();
  for (const window of standing(windows)) {
    const time = `${window.from}/${window.to}`;
    byTime.set(time, [...(byTime.get(time) ?? []), window]);
  }
  return [...byTime.values()].flatMap((slices) => {
    const held = slices.flatMap(({ from, read, to }) =>
      read === undefined ? [] : [{ ...(read.witness as unknown as Witness), from, to }],
    );
    const [first] = held;
    return first === undefined || held.length < slices.length ? [] : [held.reduce(together)];
  });
}

/** Of windows over the same time, those that stand for it: what was read again later. What lies between them is not known. */
function standing(windows: readonly PastWindow[]): readonly PastWindow[] {
  return windows.filter(
    (window) =>
      !windows.some((other) => numberOf(other) > numberOf(window) && other.from < window.to && window.from < other.to),
  );
}

function together(one: Held, two: Held): Held {
  return {
    ...one,
    held: one.held + two.held,
    before: one.before + two.before,
    behind: one.behind + two.behind,
  };
}
