import type { Settings } from '../../config.ts';
import type { Json, WindowTask } from '../../pipeline/stream.ts';
import { isoSeconds } from '../../pipeline/window.ts';
import type { EdrQuery } from '../../qualys/edr/edr-api.ts';
import { overTime, windowFilter, windowSort } from '../../qualys/edr/qql.ts';
import type { BrokenText } from '../broken-text.ts';
import type { CountMemory, ReadEnd } from './count-memory.ts';
import { MAX_DEPTH, pageSizeWithinReach } from './page-depth.ts';

/** Where reading a window stands. */
export interface EdrCursor {
  readonly mode: 'pages' | 'searchAfter';
  /** Number of this read, from 0. */
  readonly read: number;
  /** Next page, from 0. */
  readonly page: number;
  /** Events a page. */
  readonly size: number;
  /** Events a page at most, since longer ones failed on a route that answers; holds for further reads too. */
  readonly mostEvents?: number;
  /** Vendor's cursor of the next page, with `searchAfter`. */
  readonly after?: string;
  /** Whether a document came on two pages of this read. */
  readonly isRepeated?: boolean;
  /** What is asked: the same for all pages, whatever becomes of the settings meanwhile. */
  readonly query: WindowQuery;
  /** What was counted; absent before the first count. */
  readonly counted?: CountMemory;
  /** Whether the first page was full, but could not be counted behind: the count comes before it then. */
  readonly isFull?: boolean;
  /** Records of the page before, when that was shorter than asked for and more was asked all the same. */
  readonly shortPage?: number;
  /** Pages without a record that have come in a row. */
  readonly emptyPages?: number;
  /** Set once the page at which the read ended is asked for again. */
  readonly isDoubted?: boolean;
  /** What the next page was refused for. */
  readonly broken?: BrokenText;
  /** Set once the last page of this read is stored: what is left is to compare. */
  readonly end?: ReadEnd;
  /** The same for a release that knows no `end`. */
  readonly isRead?: boolean;
  /** Events of the second before the window, and of the second behind it, that this read has brought. */
  readonly beside?: { readonly before: number; readonly behind: number };
  /** Counts of the pieces into which the window is to be cut, as far as they were asked for; pages are not read meanwhile. */
  readonly pieces?: readonly number[];
}

/** What a window asks of the vendor. */
export type WindowQuery = Required<Pick<EdrQuery, 'filter' | 'sort' | 'state'>>;

/** What narrows a window of events: an event type. */
export const TYPE_SLICE = 'type.';

const SECOND_MS = 1000;

/**
 * What is asked for a window. It starts a second early: whether the vendor's brackets include their first instant, or go by whole seconds,
 * is not documented.
 */
export function queryOf(window: Pick<WindowTask['window'], 'from' | 'to' | 'slice'>, settings: Settings): WindowQuery {
  const { to, slice } = window;
  const from = isoSeconds(Date.parse(window.from) - SECOND_MS);
  return {
    filter: windowFilter(settings, { from, to, ...typeOf(slice) }),
    sort: windowSort(settings),
    state: settings.EDR_STATE,
  };
}

/** The type that a slice is narrowed to, if any. */
export function typeOf(slice: string | undefined): { readonly type?: string } {
  return slice?.startsWith(TYPE_SLICE) === true ? { type: slice.slice(TYPE_SLICE.length) } : {};
}

/** The query of a part of what was asked once, whatever has become of the settings since. */
export function partOf(
  query: WindowQuery,
  { from: first, to }: { readonly from: string; readonly to: string },
): WindowQuery {
  const from = isoSeconds(Date.parse(first) - SECOND_MS);
  return { ...query, filter: overTime(query.filter, { from, to }) };
}

/** The beginning of a read. */
export function firstCursor(
  { query, counted, read, mostEvents }: Pick<EdrCursor, 'query' | 'counted' | 'read' | 'mostEvents'>,
  settings: Settings,
): EdrCursor {
  const expected = counted?.greatest ?? 0;
  const mode = settings.EDR_PAGING === 'searchAfter' || expected > MAX_DEPTH ? 'searchAfter' : 'pages';
  const most = mostEvents ?? settings.EDR_PAGE_SIZE;
  const size = mode === 'pages' ? pageSizeWithinReach(expected, most) : most;
  return {
    mode,
    read,
    page: 0,
    size,
    query,
    ...(counted === undefined ? {} : { counted }),
    ...(mostEvents === undefined ? {} : { mostEvents }),
  };
}

/** A read that has ended. */
export function ended(cursor: EdrCursor, end: ReadEnd): EdrCursor {
  return { ...cursor, end, isRead: true };
}

export function toJson(cursor: EdrCursor): Json {
  return { ...cursor } as unknown as Json;
}
