import { isLate } from './look-back.ts';
import type { WindowRecord } from './ports.ts';
import type { Window, WindowCounts, WindowSlice } from './stream.ts';
import { windowKey } from './window.ts';

/** A window that nobody has worked on yet. */
export function newWindow(
  /** `counts`: what a window it replaces has uploaded and counted. */
  window: Window & WindowSlice & { readonly counts?: WindowCounts },
  now: Date,
): WindowRecord {
  const { stream, run, from, to, slice, isFirst, listed, cursor } = window;
  const none = { pages: 0, calls: 0, rows: 0, fetched: 0, ...(listed === undefined ? {} : { listed }) };
  return {
    stream,
    run,
    key: windowKey(window),
    from,
    to,
    ...(slice === undefined ? {} : { slice }),
    ...(isFirst === true ? { isFirst } : {}),
    ...(cursor === undefined ? {} : { cursor, ...(isLate(window) ? { begin: cursor } : {}) }),
    state: 'planned',
    counts: window.counts ?? none,
    attempts: 0,
    waits: 0,
    shortReads: 0,
    plannedAt: now.toISOString(),
    progressAt: now.toISOString(),
  };
}

/** The windows that replace one. What it has uploaded and counted so far stays booked: with the first. */
export function windowsOf(record: WindowRecord, slices: readonly WindowSlice[], now: Date): WindowRecord[] {
  const { stream, run } = record;
  const { expected: _, ...counts } = record.counts;
  return slices.map((slice, place) => {
    // Of its slices only those that begin with it may be the first of their run.
    const isFirst = record.isFirst === true && slice.from === record.from;
    const booked = place > 0 ? {} : { counts: { ...counts, ...listedByFirst(record, slices) } };
    return newWindow({ stream, run, ...slice, isFirst, ...booked }, now);
  });
}

/** What the list names for the first slice of a window, together with what the window has read of it before it was split. */
function listedByFirst({ counts }: WindowRecord, slices: readonly WindowSlice[]): Pick<WindowCounts, 'listed'> {
  const first = slices[0]?.listed;
  if (first === undefined) return {};
  const rest = slices.reduce((sum, { listed = 0 }) => sum + listed, 0);
  return { listed: first + Math.max(0, (counts.listed ?? rest) - rest) };
}
