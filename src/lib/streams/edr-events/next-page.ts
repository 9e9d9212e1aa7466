import { RetryableError } from '../../errors.ts';
import { ended, type EdrCursor } from './edr-cursor.ts';
import { MAX_DEPTH } from './page-depth.ts';

/** What a page brought. */
export interface PageFacts {
  readonly records: number;
  /** Documents that no page of this read held before; those of a page that was booked in part, all. */
  readonly newRecords: number;
  /** Whether nothing came where `[]` stands for an empty page. */
  readonly isBlank: boolean;
  /** The vendor's cursor of the next page, with `searchAfter`. */
  readonly after?: string;
  /** Records of the longest page the vendor has given. */
  readonly longest: number;
}

/** Pages without a record that `searchAfter` may give in a row before it counts as stuck. */
const MAX_EMPTY_PAGES = 3;

/** The cursor behind a page: of the next one, or of the end of the read. A read ends by proof, never by a count. */
export function nextPage(cursor: EdrCursor, page: PageFacts): EdrCursor {
  const { broken: _, shortPage: __, emptyPages: ___, isDoubted: ____, ...rest } = cursor;
  const doubted = cursor.isDoubted === true ? { ...rest, isDoubted: true } : rest;
  if (page.isBlank) return ended({ ...doubted, emptyPages: 1 }, 'stuck');
  if (cursor.mode === 'searchAfter') {
    const { after } = page;
    return after === undefined ? ended(doubted, 'chain') : nextAfter(cursor, rest, { ...page, after });
  }
  if (page.records === 0) return ended({ ...doubted, emptyPages: 1 }, 'empty');
  if (page.newRecords === 0) return ended(rest, 'stuck');
  // A page shorter than asked for was not the last one after all: the later ones may have jumped over what it left out.
  if (cursor.shortPage !== undefined && cursor.page > 1) {
    const { isRepeated: _____, beside: ______, ...again } = rest;
    return { ...again, read: cursor.read + 1, page: 0, size: cursor.shortPage };
  }
  const isShort = page.records < cursor.size;
  if (page.records < Math.min(cursor.size, page.longest)) return ended({ ...rest, shortPage: page.records }, 'short');
  // A short first page: the vendor may cap the page size. Later pages must ask for that size to keep their offsets.
  const size = isShort && cursor.page === 0 ? page.records : cursor.size;
  return withinReach({ ...rest, page: cursor.page + 1, size });
}

/**
 * The cursor of the last page once more, where that is cheaper than all the pages before it: when nothing came although more was counted, or
 * when it named no next one although more had come than was counted. Undefined elsewhere, and for a page that was asked for twice.
 * @param beyond documents that came beyond what was counted; below 0 for what is missing.
 */
export function askAgain({ end, isRead: _, ...cursor }: EdrCursor, beyond: number): EdrCursor | undefined {
  if (cursor.isDoubted === true) return undefined;
  const isHole = beyond < 0 && cursor.page > 0 && cursor.emptyPages !== undefined;
  return isHole || (beyond > 0 && end === 'chain') ? { ...cursor, isDoubted: true } : undefined;
}

/** The cursor of one page more, behind a short page that was taken for the last one. */
export function goOn({ end: _, isRead: __, shortPage = 0, ...cursor }: EdrCursor): EdrCursor {
  if (cursor.mode === 'searchAfter') return cursor;
  if (cursor.page === 0) return withinReach({ ...cursor, page: 1, size: shortPage });
  return withinReach({ ...cursor, page: cursor.page + 1, shortPage });
}

function withinReach(next: EdrCursor): EdrCursor {
  return (next.page + 1) * next.size > MAX_DEPTH ? ended(next, 'reach') : next;
}

/** An empty page with a new cursor is not the end; the same cursor twice is an error, not a loop. */
function nextAfter(cursor: EdrCursor, rest: EdrCursor, page: PageFacts & { readonly after: string }): EdrCursor {
  const { records, newRecords, longest, after } = page;
  if (after === cursor.after) {
    if (records === 0) return ended(rest, 'empty');
    throw new RetryableError('searchAfter gave the same cursor twice', { scope: 'answer' });
  }
  const next = { ...rest, page: cursor.page + 1, after };
  if (records === 0) {
    const emptyPages = (cursor.emptyPages ?? 0) + 1;
    return emptyPages >= MAX_EMPTY_PAGES ? ended(next, 'stuck') : { ...next, emptyPages };
  }
  if (newRecords === 0) return ended(next, 'stuck');
  return records < Math.min(cursor.size, longest) ? ended(next, 'short') : next;
}
