import { isLate, lateSlice } from '../../pipeline/look-back.ts';
import type { Outcome, Past, Progress, WindowSlice, WindowTask } from '../../pipeline/stream.ts';
import { endOf, isoSeconds, toInterval } from '../../pipeline/window.ts';
import { clipIds, countIds, eachId, rangesOf, sliceIds } from '../../qualys/vm/id-ranges.ts';
import { detectionFilters } from '../../qualys/vm/vm-parameters.ts';
import { callOptionsOf } from '../call-options.ts';
import type { StreamServices } from '../stream-definition.ts';
import { HOSTS, hostOf } from './host-keys.ts';
import { MOST_PACKED, packIds, unpackIds } from './pack-ids.ts';
import { selectionOf, toJson, type VmCursor } from './vm-cursor.ts';

const HOUR_MS = 3_600_000;
/** Lists of a look. */
const MOST_CALLS = 6;
/** From how long before its end on they list hosts, beside the one of all its time. */
const HOURS = [1, 2, 3, 4, 5, 6];
/** Left out where there are more than may be asked: a host that it would tell comes with the next one, an hour later. */
const LEAST_HOURS = 5;
/** A list asks from a second before its first instant to a second behind its last. */
const EDGE_MS = 2000;
/**
 * Hosts of a row that reads what was late, and how many such rows a look makes: their number is that of a transaction. The oldest go first, which
 * are the next ones that no look reaches any more; what is left is found again.
 */
const MOST_HOSTS = 2000;
const MOST_SLICES = 60;

/** A part of the time of a look, and the hosts in it that no window has read. */
interface Found {
  readonly from: number;
  readonly to: number;
  readonly ids: readonly bigint[];
}

/** What a look has learnt so far. */
interface LookCursor {
  /** From when on hosts were listed last, in epoch milliseconds. */
  readonly listedFrom: number;
  /** What was found, with packed ids. */
  readonly found: readonly { readonly from: number; readonly to: number; readonly ids: string }[];
}

/** What is kept of a window that has been read whole: that it was. With hosts that were late, how long they were missing at least. */
export async function witnessOf(
  { counts, past, window }: WindowTask,
  { fetched = 0 }: Progress,
): Promise<Pick<Progress, 'witness' | 'missingSeconds'>> {
  if (window.run !== 'live') return {};
  if (!isLate(window) || counts.fetched + fetched === 0) return { witness: {} };
  const { lookedAt, windows } = await past();
  const behind = windows.flatMap(({ read, to }) => (read === undefined ? [] : [Date.parse(read.at) - Date.parse(to)]));
  const missing = Math.max(0, lookedAt - Date.parse(window.to), Math.min(...behind));
  return { witness: {}, missingSeconds: Math.round((Number.isFinite(missing) ? missing : 0) / 1000) };
}

/**
 * Lists the hosts that Qualys processed last in the last hour, two hours … and in all the time of the look. Late is a host whose newest window
 * ends before the time in which it was processed: it is asked for by its id. What was found is kept while a list has to wait, as
 * far as a checkpoint holds it: lists behind that are asked for again.
 */
export async function* lookBack(task: WindowTask, services: StreamServices): AsyncGenerator<Progress, Outcome> {
  const past = await task.past();
  const { from, to } = toInterval(task.window);
  // Hosts of windows that nobody has read to their end are not known.
  const unread = past.windows.filter((window) => window.read === undefined && !isLate(window));
  const begin = Math.max(from, ...unread.map((window) => Date.parse(window.to)));
  const newest = await newestReads(past);
  const learnt = task.cursor as unknown as LookCursor | undefined;
  const found: Found[] = (learnt?.found ?? []).map((each) => ({ ...each, ids: [...eachId(unpackIds(each.ids))] }));
  let end = learnt?.listedFrom ?? to;
  for (const mark of marksOf(begin, to, newest).filter((each) => each < end)) {
    const window = { ...task.window, from: isoSeconds(mark + EDGE_MS), to: isoSeconds(to - EDGE_MS) };
    const listed = await services.vm.hostIds(selectionOf({ ...task, window }, {}), callOptionsOf(task));
    // One that a list of less time has shown was read within that time, or is found already.
    const known = new Set(found.flatMap(({ ids }) => ids));
    const ids = [...eachId(listed)].filter((id) => !known.has(id) && (newest.get(id) ?? -Infinity) <= mark);
    if (ids.length > 0) found.push({ from: mark, to: end, ids });
    end = mark;
    const packed = found.map((each) => ({ ...each, ids: packIds(rangesOf(each.ids)) }));
    const size = packed.reduce((sum, { ids: { length } }) => sum + length, 0);
    if (size <= MOST_PACKED) yield { cursor: { listedFrom: end, found: packed } };
  }
  const slices = found.toReversed().flatMap((each) => slicesOf(each, services));
  if (slices.length === 0) return { kind: 'complete' };
  const taken = slices.slice(0, MOST_SLICES);
  const hosts = found.reduce((sum, { ids }) => sum + ids.length, 0);
  task.log.warn('LateFound', { records: hosts, windows: taken.length, left: slices.length - taken.length });
  return {
    kind: 'split',
    slices: taken.map((slice, place) => ({ ...slice, slice: lateSlice(task.window, place) })),
    reason: `${hosts} hosts were late`,
  };
}

/** When the newest window ends that has read a host, or that is going to, in epoch milliseconds. */
async function newestReads({ keys, windows }: Past): Promise<Map<bigint, number>> {
  const ledgers = await keys(HOSTS);
  const newest = new Map<bigint, number>();
  const note = (to: string, hosts: Iterable<bigint>): void => {
    const end = Date.parse(to);
    for (const id of hosts) newest.set(id, Math.max(end, newest.get(id) ?? 0));
  };
  // Of a window that was cut its ledger alone is left: what it had read does not come with its slices.
  for (const [key, hosts] of ledgers) note(endOf(key), [...hosts].map(hostOf));
  for (const { cursor, to } of windows) {
    const { missing = '' } = (cursor ?? {}) as unknown as Partial<VmCursor>;
    note(to, eachId(unpackIds(missing)));
  }
  return newest;
}

/** From when on hosts are listed, newest first. One that tells nothing is left out first: no window that some host was read by last ends there. */
function marksOf(begin: number, to: number, newest: ReadonlyMap<bigint, number>): number[] {
  const marks = HOURS.map((hours) => to - hours * HOUR_MS).filter((mark) => mark > begin);
  if (marks.length >= MOST_CALLS) {
    const ends = [...new Set(newest.values())];
    const idle = marks.findIndex((mark) => !ends.some((end) => end <= mark && end > mark - HOUR_MS));
    marks.splice(idle === -1 ? HOURS.indexOf(LEAST_HOURS) : idle, 1);
  }
  return begin < to - EDGE_MS ? [...marks, begin] : marks;
}

function slicesOf({ from, ids: hosts, to }: Found, { settings }: StreamServices): WindowSlice[] {
  const ids = rangesOf(hosts);
  return sliceIds(ids, Math.min(MOST_HOSTS, settings.VM_TRUNCATION_LIMIT)).map((slice) => {
    const own = clipIds(ids, slice);
    return {
      from: isoSeconds(from),
      to: isoSeconds(to),
      listed: countIds(own),
      cursor: toJson({ filters: detectionFilters(settings), missing: packIds(own), isRead: true }),
    };
  });
}
