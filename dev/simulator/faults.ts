import { checkFaults } from './check-faults.ts';
import type { FaultTarget } from './fault-rules.ts';

/** What goes wrong. */
export type FaultAction =
  // Answers in place of the real one
  /** A status with a body: the API's own error form unless one is given. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: string;
      readonly contentType?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** A SIMPLE_RETURN with a vendor code, e.g. 1960 (409), 1965 (409), 2003, 1905; `items` fill its ITEM_LIST. */
  | {
      readonly kind: 'simple-return';
      readonly code: string;
      readonly text?: string;
      readonly status?: number;
      readonly items?: Readonly<Record<string, string>>;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** The GENERIC_RETURN of code 999. */
  | { readonly kind: 'generic-return'; readonly status?: number }
  | { readonly kind: 'html'; readonly status?: number }
  | { readonly kind: 'redirect'; readonly location: string; readonly status?: number }
  /** An empty body, with status 200 unless another is given. */
  | { readonly kind: 'empty-body'; readonly status?: number }
  // Transport
  /** The connection is reset before any header. */
  | { readonly kind: 'reset' }
  /** The connection is reset after so many bytes of the body (default 2,000; at the latest half-way). */
  | { readonly kind: 'reset-body'; readonly afterBytes?: number }
  /** Nothing comes after so many bytes, for `ms` milliseconds or until the client goes. */
  | { readonly kind: 'stall-body'; readonly afterBytes?: number; readonly ms?: number }
  | { readonly kind: 'slow-first-byte'; readonly ms: number }
  /** The body ends too early, but as if it were whole. */
  | { readonly kind: 'truncate'; readonly afterBytes?: number }
  | { readonly kind: 'gzip' }
  /** A gzip body that inflates to so many bytes (default 1 GiB). */
  | { readonly kind: 'gzip-bomb'; readonly bytes?: number }
  // Bodies that are wrong inside
  | { readonly kind: 'malformed' }
  | { readonly kind: 'illegal-characters'; readonly characters?: 'control' | 'nul' | 'invalid-utf8' }
  /** XML only: a DOCTYPE that declares so many entities (default 1,000,000), each made of the one before. */
  | { readonly kind: 'doctype-entities'; readonly entities?: number }
  /** XML only: one element of so many bytes (default 100 MiB). */
  | { readonly kind: 'huge-element'; readonly bytes?: number }
  /** So many levels of nesting (default 100,000). */
  | { readonly kind: 'deep-nesting'; readonly depth?: number }
  /** XML only: digits before each host id, so that it lies beyond 2^53. */
  | { readonly kind: 'big-ids' }
  // Data that is wrong
  /** The page before is served again in place of this one. */
  | { readonly kind: 'duplicate-page' }
  /** So many events (default 10) arrive at the start of the range asked for, just before the answer. */
  | { readonly kind: 'page-drift'; readonly records?: number }
  /** EDR: the count is the truth times `factor` (0: nothing is counted), and so many more. */
  | { readonly kind: 'wrong-count'; readonly delta?: number; readonly factor?: number }
  /** The last so many records of the page (default 1) are left out. */
  | { readonly kind: 'missing-records'; readonly records?: number }
  /** Events of one instant are listed in another order than before. */
  | { readonly kind: 'unstable-order' }
  /**
   * A page holds so many records at most, whatever is asked. Pages by number start at multiples of that size, or else of the size that
   * was `asked` for, so that the records between are on none.
   */
  | { readonly kind: 'page-cap'; readonly records: number; readonly starts?: 'capped' | 'asked' }
  /** EDR: behind the last page by number comes it again, or the first one. */
  | { readonly kind: 'page-wrap'; readonly onto?: 'last' | 'first' }
  /** Records of other times are given and counted, too. */
  | { readonly kind: 'ignored-time-filter' }
  /** Each so many-th record (default: each) comes twice, as the same document or as one with other content. */
  | { readonly kind: 'duplicate-records'; readonly each?: number; readonly content?: 'same' | 'other' }
  /** EDR: times in the answer differ from those that the filter sees by so many seconds, or come without their zone. */
  | { readonly kind: 'wrong-times'; readonly shiftSeconds?: number; readonly zone?: 'kept' | 'none' }
  /** searchAfter: from the page of this number on (default 2) the header leads back to it, by the same cursors or always other ones. */
  | { readonly kind: 'cursor-circle'; readonly pages?: number; readonly cursors?: 'same' | 'fresh' }
  /** searchAfter: the header names the page just served. */
  | { readonly kind: 'same-cursor' }
  /** searchAfter: the header is missing. */
  | { readonly kind: 'lost-cursor' }
  /** VM: the WARNING names the page just served. */
  | { readonly kind: 'same-id-min' }
  /** VM: the WARNING's URL lies on another host. */
  | { readonly kind: 'foreign-warning'; readonly origin?: string }
  /** VM: a new HOST_LIST after each so many hosts (default 2). */
  | { readonly kind: 'several-host-lists'; readonly hosts?: number }
  /** VM: the page has a WARNING but no HOST_LIST. */
  | { readonly kind: 'missing-host-list' }
  /** VM: the first so many records of the page (default 1) come last. */
  | { readonly kind: 'unordered-page'; readonly records?: number }
  /** VM: the page is cut, but has no WARNING. */
  | { readonly kind: 'lost-warning' }
  /** VM: the last so many hosts (default 10) that the call asks for are processed again just before the answer. */
  | { readonly kind: 'reprocessed-hosts'; readonly hosts?: number };

export type Fault = FaultTarget & FaultAction;

export type FaultKind = FaultAction['kind'];

/** The parameters of each kind; `!` marks what it needs, `?` what it needs one of. */
const PARAMETERS: Readonly<Record<FaultKind, readonly string[]>> = {
  status: ['status!', 'body', 'contentType', 'headers'],
  'simple-return': ['code!', 'text', 'status', 'items', 'headers'],
  'generic-return': ['status'],
  html: ['status'],
  redirect: ['location!', 'status'],
  'empty-body': ['status'],
  reset: [],
  'reset-body': ['afterBytes'],
  'stall-body': ['afterBytes', 'ms'],
  'slow-first-byte': ['ms!'],
  truncate: ['afterBytes'],
  gzip: [],
  'gzip-bomb': ['bytes'],
  malformed: [],
  'illegal-characters': ['characters'],
  'doctype-entities': ['entities'],
  'huge-element': ['bytes'],
  'deep-nesting': ['depth'],
  'big-ids': [],
  'duplicate-page': [],
  'page-drift': ['records'],
  'wrong-count': ['delta?', 'factor?'],
  'missing-records': ['records'],
  'unstable-order': [],
  'page-cap': ['records!', 'starts'],
  'page-wrap': ['onto'],
  'ignored-time-filter': [],
  'duplicate-records': ['each', 'content'],
  'wrong-times': ['shiftSeconds?', 'zone?'],
  'cursor-circle': ['pages', 'cursors'],
  'same-cursor': [],
  'lost-cursor': [],
  'same-id-min': [],
  'foreign-warning': ['origin'],
  'several-host-lists': ['hosts'],
  'missing-host-list': [],
  'unordered-page': ['records'],
  'lost-warning': [],
  'reprocessed-hosts': ['hosts'],
};

/**
 * Checks faults that come from outside.
 * @throws RangeError naming the fault and what is allowed.
 */
export function parseFaults(value: unknown): Fault[] {
  checkFaults(value, PARAMETERS);
  return value as Fault[];
}

/** The fault of this kind among those that hit a call. */
export function findFault<Kind extends FaultKind>(
  faults: readonly FaultAction[],
  kind: Kind,
): Extract<FaultAction, { kind: Kind }> | undefined {
  return faults.find((fault): fault is Extract<FaultAction, { kind: Kind }> => fault.kind === kind);
}
