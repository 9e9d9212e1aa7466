import type { Json } from '../pipeline/stream.ts';

/** Where a chain of pages stands, each of which names the next one: a part of a stream's cursor. */
export interface ChainCursor {
  /** Pages read since the chain began. */
  readonly page: number;
  /** Vendor's cursor of the next page; absent for the first one. */
  readonly after?: string;
  /** Records that these pages held, as often as they came. */
  readonly walked?: number;
  /** The same at the furthest page that ever brought a new record: up to there a chain that starts over repeats what is known. */
  readonly reach?: number;
  /** Pages in a row, beyond that, which brought no new record. */
  readonly stale?: number;
  /** A cursor of before; it is renewed at the pages 1, 2, 4, 8 …, so that a circle of any length is found. */
  readonly mark?: string;
  /** Set while a page that named no next one is asked for again: records to ask for, or 0 for as many as before. */
  readonly proof?: number;
  /** Set after such a page was full and named none either: a header lost at that very call, or a record that has gone meanwhile. */
  readonly isDoubted?: boolean;
  /** Set for the page behind one that was asked for again: what is left of that, if it was the last one. */
  readonly isBehindProof?: boolean;
  /** What the stream has to know of the pages before. */
  readonly carry?: Json;
}

/** What a page of a chain held. */
export interface ChainPage {
  readonly records: number;
  /** Records that the window had not received before. */
  readonly fresh: number;
  /** Vendor's cursor of the next page. */
  readonly after?: string | undefined;
  /** Whether the page itself says that none follows, where the vendor's pages do. */
  readonly isLast?: boolean;
  /** What the stream has to know of it while it reads the next one. */
  readonly carry?: Json;
}

/** How a chain goes on after a page. */
export type ChainStep =
  | { readonly kind: 'page'; readonly next: ChainCursor }
  | { readonly kind: 'end' }
  /** It does not lead to its end: it has to start over. */
  | { readonly kind: 'broken'; readonly reason: string };

/** Pages of one chain; more is a vendor that never ends. */
const MAX_PAGES = 20_000;
const MAX_STALE_PAGES = 2;

/**
 * Finds the next page. A chain has ended with an empty page only: a header may get lost, and pages may be smaller than what is asked for,
 * so a page with records that names no next one is asked for once more, one record shorter, and must then name it.
 */
export function followChain(chain: ChainCursor, page: ChainPage): ChainStep {
  const walked = (chain.walked ?? 0) + page.records;
  const read = {
    ...chain,
    page: chain.page + 1,
    reach: Math.max(chain.reach ?? 0, page.fresh > 0 ? walked : 0),
  };
  if (page.after === undefined && page.isLast === true) return { kind: 'end' };
  if (read.page >= MAX_PAGES) return broken(`the chain of pages does not end after ${MAX_PAGES} pages`);
  if (page.after === undefined) return page.records === 0 ? { kind: 'end' } : proveEnd(read, page);
  if (page.after !== chain.after) return goOn({ ...read, walked }, page, page.after);
  return page.records === 0 ? { kind: 'end' } : broken('Qualys gave the same cursor twice');
}

/** The beginning of a chain that has to be read from there again. */
export function startOver({ reach = 0 }: ChainCursor): ChainCursor {
  return { page: 0, reach };
}

function broken(reason: string): ChainStep {
  return { kind: 'broken', reason };
}

function proveEnd(read: ChainCursor, { fresh, records }: ChainPage): ChainStep {
  const { isBehindProof = false, proof } = read;
  const isRest = isBehindProof && records === 1 && fresh === 0;
  if (isRest || (proof === 0 && records === 1)) return { kind: 'end' };
  const isFull = proof !== undefined && proof > 0 && records >= proof;
  if (isFull && read.isDoubted === true) {
    return broken('Qualys names no next page, although there are more records');
  }
  return { kind: 'page', next: { ...read, proof: records - 1, ...(isFull ? { isDoubted: true } : {}) } };
}

function goOn(read: ChainCursor & { readonly walked: number }, page: ChainPage, after: string): ChainStep {
  const { carry: _, isBehindProof: __, isDoubted: ___, proof, reach = 0, walked, ...kept } = read;
  if (after === kept.mark)
    return broken(`the chain of pages leads in a circle: page ${kept.page} names a cursor of before`);
  // A page that brought a new record is itself as far as the chain has ever come.
  const isStale = page.records === 0 || walked > reach;
  const stale = isStale ? (kept.stale ?? 0) + 1 : 0;
  if (stale >= MAX_STALE_PAGES) {
    return broken(`the chain of pages leads in a circle: ${stale} pages in a row brought no new record`);
  }
  const isMarked = Number.isInteger(Math.log2(kept.page));
  const next = {
    ...kept,
    reach,
    walked,
    stale,
    after,
    ...(isMarked ? { mark: after } : {}),
    ...(page.carry === undefined ? {} : { carry: page.carry }),
  };
  return { kind: 'page', next: proof === undefined ? next : { ...next, isBehindProof: true } };
}
