import { cutDocuments, documentsOf, pageSize, type Document } from './documents.ts';
import { pageSizeOf } from './edr-parameters.ts';
import { BadCallError } from './exchange.ts';
import { findFault } from './faults.ts';
import type { Visit } from './world.ts';

/** What a chain of cursors leads through, in its order. */
export interface ChainedRecords {
  readonly count: number;
  /** Time and id of a record: its cursor. */
  readonly keyAt: (place: number) => { readonly time: number; readonly id: string };
  /** First place behind the record that a cursor names. */
  readonly placeAfter: (time: number, id: string) => number;
}

/** A page of a chain, and the header that leads to the next one. */
export interface ChainPage {
  readonly documents: readonly Document[];
  readonly headers: Readonly<Record<string, string>>;
}

/** `<milliseconds>,<id>`; then what the simulator marks it with: that the record's copy is still to come, and a number to make it new. */
const CURSOR = /^(?<time>\d+),(?<id>[^~]+)(?<before>~copy)?(?:~\d+)?$/u;

/** Rank of the first document behind a cursor. */
function rankAfter(records: ChainedRecords, rankOf: (place: number) => number, cursor: string): number {
  if (cursor === '') return 0;
  const { time, id, before } = CURSOR.exec(cursor)?.groups ?? {};
  if (time === undefined || id === undefined) {
    throw new BadCallError(400, 'searchAfterValues must be the value of the response header, <milliseconds>,<id>');
  }
  return rankOf(records.placeAfter(Number(time), id)) - (before === undefined ? 0 : 1);
}

/** Cuts the page that the call asks for out of all records that pass its filter. */
export function readChain(visit: Visit, records: ChainedRecords): ChainPage {
  const { call, faults, world } = visit;
  const cursor = call.parameters.get('searchAfterValues') ?? '';
  if (world.cursors.isExpired(cursor)) {
    throw new BadCallError(
      400,
      `searchAfterValues has expired: a cursor lives for ${world.settings.cursorTtlSeconds} seconds`,
    );
  }
  const all = documentsOf(records.count, faults);
  const size = pageSize(pageSizeOf(visit), faults);
  const first = rankAfter(records, all.rankOf, cursor);
  const start = findFault(faults, 'duplicate-page') === undefined ? first : Math.max(0, first - size);
  const cursorAt = (rank: number): string => {
    const { place, isCopy } = all.at(rank);
    const { time, id } = records.keyAt(place);
    const hasCopy = !isCopy && rank + 1 < all.count && all.at(rank + 1).isCopy;
    return `${time},${id}${hasCopy ? '~copy' : ''}`;
  };
  const last = Math.min(first + size, all.count) - 1;
  const next = last < first ? undefined : cursorAt(endOf(visit, { first, last, size }));
  return {
    documents: cutDocuments(all, start, size, faults),
    headers: next === undefined ? {} : cursorHeaders(visit, next),
  };
}

/** Rank of the document that the header names: the last of the page, or the last of the first page in a circle. */
function endOf(
  { faults }: Visit,
  { first, last, size }: { readonly first: number; readonly last: number; readonly size: number },
): number {
  const circle = findFault(faults, 'cursor-circle');
  const isTurned = circle !== undefined && Math.floor(first / size) >= (circle.pages ?? 2);
  return isTurned ? size - 1 : last;
}

/** The header that names the next page, as the faults leave it. */
function cursorHeaders({ call, faults, stats, world }: Visit, next: string): Readonly<Record<string, string>> {
  if (findFault(faults, 'lost-cursor') !== undefined) return {};
  const isStuck = findFault(faults, 'same-cursor') !== undefined;
  const isFresh = findFault(faults, 'cursor-circle')?.cursors === 'fresh';
  const named = isStuck ? (call.parameters.get('searchAfterValues') ?? next) : next;
  const cursor = isFresh ? `${named}~${stats.calls}` : named;
  world.cursors.issue(cursor);
  return { [world.settings.searchAfterHeader]: cursor };
}
