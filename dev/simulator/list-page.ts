import { hasOtherContent, pageDocuments, pageSize } from './documents.ts';
import { findFault, type FaultAction } from './faults.ts';
import type { Visit } from './world.ts';

/** How a list is cut into pages. */
export interface ListOrder<Item> {
  /** Parameter that names the first record of a page: ids ascend from `id_min`, and descend from `id_max`. */
  readonly from: 'id_min' | 'id_max';
  readonly idOf: (item: Item) => number;
  /** Records a page. */
  readonly limit: number;
  /** A record as it was before, where a second document of it differs; absent: as it is. */
  readonly older?: (item: Item) => Item;
}

/** A page of a list, as the faults leave it. */
export interface ListPage<Item> {
  readonly items: readonly Item[];
  readonly limit: number;
  /** What a WARNING names; absent without one. */
  readonly nextUrl: string | undefined;
}

/** Cuts the page that a call asks for out of all records that pass its filter, in their order, and does to it what the faults say. */
export function cutListPage<Item>(visit: Visit, all: readonly Item[], order: ListOrder<Item>): ListPage<Item> {
  const { faults } = visit;
  const { from, idOf, older } = order;
  const limit = pageSize(order.limit, faults);
  const asked = visit.call.parameters.get(from);
  const isFrom = (item: Item): boolean =>
    from === 'id_min' ? idOf(item) >= Number(asked) : idOf(item) <= Number(asked);
  const found = asked === undefined ? 0 : all.findIndex(isFrom);
  const first = found === -1 ? all.length : found;
  const page = all.slice(first, first + limit);
  const next = all[first + limit];
  const names = { from, first: page[0] && idOf(page[0]), next: next && idOf(next) };
  return {
    items: faultyPage(faults, page, () => all.slice(Math.max(0, first - page.length), first), older),
    limit,
    nextUrl: nextPageUrl(visit, names),
  };
}

/** The documents that the faults make of a page: those of the page before it, where there is one, second ones, others left out or moved. */
export function faultyPage<Item>(
  faults: readonly FaultAction[],
  page: readonly Item[],
  before: () => readonly Item[],
  older: (item: Item) => Item = (item) => item,
): Item[] {
  const earlier = findFault(faults, 'duplicate-page') === undefined ? [] : before();
  const shown = earlier.length > 0 ? earlier : page;
  const isOther = hasOtherContent(faults);
  return pageDocuments(shown.length, faults).map(({ place, isCopy }) =>
    isCopy && isOther ? older(shown[place]!) : shown[place]!,
  );
}

/** The same request from the next page's first record on: what the URL of a WARNING is. */
export function nextPageUrl(
  { call, faults, origin }: Visit,
  { from, first, next }: { readonly from: string } & Readonly<Record<'first' | 'next', number | bigint | undefined>>,
): string | undefined {
  if (next === undefined || findFault(faults, 'lost-warning') !== undefined) return undefined;
  const isStuck = findFault(faults, 'same-id-min') !== undefined;
  const named = isStuck ? (call.parameters.get(from) ?? first ?? next) : next;
  const foreign = findFault(faults, 'foreign-warning');
  const target = foreign === undefined ? origin : (foreign.origin ?? 'http://qualysapi.elsewhere.example');
  const parameters = new URLSearchParams([...call.parameters].filter(([name]) => name !== from));
  return `${target}${call.path}?${parameters.toString()}&${from}=${named}`;
}
