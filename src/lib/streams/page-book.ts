import type { Window } from '../pipeline/stream.ts';
import { isPlausible } from '../records/read-time.ts';
import type { RecordRow } from '../records/record-rows.ts';
import { createBookedChunks } from './booked-chunks.ts';
import { keyOfDigest } from './ledger-key.ts';

/** A record of a page, as far as the book has to know. */
export interface BookedRecord {
  /** Hex digits that the keys of its rows share. */
  readonly digest: string;
  /** Milliseconds since 1970 of the time that windows go by; absent, or NaN: it has none. */
  readonly time?: number;
  /** Kept as text with a `ParseError`. */
  readonly isUnreadable: boolean;
  /** Holds characters that were replaced or escaped. */
  readonly isRepaired: boolean;
}

/** Books the records of one page: which of them are new and of this window, and what goes into which chunk. */
export type PageBook = ReturnType<typeof createPageBook>;

/** What a page has held so far. */
export type PageCounts = PageBook['counts'];

/** Rows to upload, and what is booked with them. */
export type BookedChunk = ReturnType<PageBook['chunks']>[number];

/** The bounds of a window in milliseconds since 1970, and whether no window lies before it. */
export interface WindowTime {
  readonly from: number;
  readonly to: number;
  readonly isFirst: boolean;
}

/** How far beyond its bounds a window is asked for or answered, because the vendor may go by whole seconds. */
const EDGE_MS = 1000;

/** Where a record's time lies. */
export type Place = 'inside' | 'neighbour' | 'outside';

/**
 * Where a time lies: in the window, in a second that one beside it is sure to read, or further out. What no neighbour reads is kept whatever
 * its time says: the vendor gave it for this window. So is what has no readable time, or a placeholder such as 1970 or year 9999.
 */
export function placeOf({ from, isFirst, to }: WindowTime, time: number): Place {
  if (!isPlausible(time) || (time >= from && time < to)) return 'inside';
  const isBefore = time >= from - EDGE_MS && time < from && !isFirst;
  return isBefore || (time >= to && time < to + EDGE_MS) ? 'neighbour' : 'outside';
}

/** The bounds of a window as {@link placeOf} takes them. */
export function timeOf({ from, isFirst = false, to }: Pick<Window, 'from' | 'to' | 'isFirst'>): WindowTime {
  return { from: Date.parse(from), to: Date.parse(to), isFirst };
}

function newBooking() {
  return {
    /** Ledger keys of the records that have ended since the last chunk, those without rows included: 16 bytes each, one character a byte. */
    keys: [] as string[],
    /** How many of them gave rows. */
    uploaded: 0,
    /** How many of these were repaired, and how many are of another time. */
    repaired: 0,
    outside: 0,
  };
}

/** A book at the beginning of a page. `isKnown` tells by its ledger key whether a record was received before. */
export function createPageBook(window: Pick<Window, 'from' | 'to' | 'isFirst'>, isKnown: (key: string) => boolean) {
  const time = timeOf(window);
  const chunks = createBookedChunks(newBooking);
  const seen = new Set<string>();
  const counts = {
    records: 0,
    /** Records that were not known before. */
    fresh: 0,
    /** Of these, those of another time: they are kept. */
    outside: 0,
    unreadable: 0,
    /** Repaired records, known ones included. */
    repaired: 0,
  };
  const add = (rows: readonly RecordRow[]): void => {
    for (const { text } of rows) chunks.add(text);
  };
  const isOld = (key: string): boolean => seen.has(key) || isKnown(key);
  return {
    counts,
    isKnown: (digest: string): boolean => isOld(keyOfDigest(digest)),
    /** Takes a record that is whole; its rows are made where they are wanted. */
    take: (record: BookedRecord, rows: () => readonly RecordRow[]): void => {
      const { digest, isRepaired, isUnreadable, time: at = Number.NaN } = record;
      counts.records++;
      if (isUnreadable) counts.unreadable++;
      if (isRepaired) counts.repaired++;
      const key = keyOfDigest(digest);
      if (isOld(key)) return;
      const place = placeOf(time, at);
      if (place === 'outside') counts.outside++;
      if (place !== 'neighbour') add(rows());
      seen.add(key);
      counts.fresh++;
      const { open } = chunks;
      open.keys.push(key);
      if (place === 'neighbour') return;
      open.uploaded++;
      if (isRepaired) open.repaired++;
      if (place === 'outside') open.outside++;
    },
    /** Takes rows of a record that is read piece by piece; it is taken, with its last ones, by `take`. */
    add,
    /** Hands out the chunks that are full. */
    chunks: chunks.take,
    /** Hands out all chunks, and the keys of records that none has told: none of them gave a row. */
    end: () => ({ chunks: chunks.end(), keys: chunks.open.keys }),
  };
}
