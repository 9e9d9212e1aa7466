import type { WindowRecord } from './ports.ts';
import type { Json, WindowCounts } from './stream.ts';
import { windowKey } from './window.ts';

/** A window that nobody has worked on yet. */
export function newWindow(
  window: {
    readonly stream: string;
    readonly run: string;
    readonly from: string;
    readonly to: string;
    readonly slice?: string;
    readonly isFirst?: boolean;
    readonly listed?: number;
    readonly cursor?: Json;
  },
  now: Date,
): WindowRecord {
  const { stream, run, from, to, slice, isFirst, listed, cursor } = window;
  return {
    stream,
    run,
    key: windowKey(window),
    from,
    to,
    ...(slice === undefined ? {} : { slice }),
    ...(isFirst === true ? { isFirst } : {}),
    ...(cursor === undefined ? {} : { cursor }),
    state: 'planned',
    counts: { pages: 0, calls: 0, rows: 0, fetched: 0, ...(listed === undefined ? {} : { listed }) },
    attempts: 0,
    waits: 0,
    shortReads: 0,
    plannedAt: now.toISOString(),
    progressAt: now.toISOString(),
  };
}

/** What the list names for the first slice of a window, together with what the window has read of it before it was split. */
export function listedByFirst(
  { counts }: Pick<WindowRecord, 'counts'>,
  slices: readonly Pick<WindowRecord, 'counts'>[],
): Pick<WindowCounts, 'listed'> {
  const first = slices[0]?.counts.listed;
  if (first === undefined) return {};
  const left = slices.reduce((sum, slice) => sum + (slice.counts.listed ?? 0), 0);
  return { listed: first + Math.max(0, (counts.listed ?? left) - left) };
}
