import type { WindowRecord } from './ports.ts';
import type { Json } from './stream.ts';
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
    readonly cursor?: Json;
  },
  now: Date,
): WindowRecord {
  const { stream, run, from, to, slice, isFirst, cursor } = window;
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
    counts: { pages: 0, calls: 0, rows: 0, fetched: 0 },
    attempts: 0,
    waits: 0,
    shortReads: 0,
    plannedAt: now.toISOString(),
    progressAt: now.toISOString(),
  };
}
