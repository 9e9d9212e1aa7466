import { createArrayReader } from '../../json/read-array.ts';
import { failForeign } from '../../qualys/refusals/fail-foreign.ts';
import { finishChunks, takeChunks, type Booking, type EdrChunk } from './event-chunks.ts';
import { createEdrPage, takeRecord, takeText } from './event-page.ts';
import { startLongEvent, type LongEvent } from './long-event.ts';
import type { EdrPageOptions } from './page-options.ts';

export type { EdrChunk } from './event-chunks.ts';
export type { EdrPageOptions } from './page-options.ts';

/** What a page held. */
export interface EdrPageEnd {
  /** Records received, and those of them that no page before held. */
  readonly records: number;
  readonly newRecords: number;
  /** Records, known ones included, that are for this window although their time lies outside of it and of the seconds beside it. */
  readonly outside: number;
  /** Records kept as text with a `ParseError`. */
  readonly unreadable: number;
  /** Records that hold what may not stand in JSON text, known ones included; and characters that were replaced or escaped in them. */
  readonly repaired: number;
  readonly characters: number;
  /** What is to be booked of the documents behind the last chunk, which gave no row. */
  readonly rest: Pick<Readonly<Booking>, 'fetched' | 'before' | 'behind'>;
}

/** Decodes one page; not to be used again after an error. */
export interface EdrPageDecoder {
  /**
   * Takes the next bytes of the answer, cut anywhere, and gives the chunks that they fill.
   * @throws RetryableError when the answer is no well-formed JSON array.
   */
  readonly write: (bytes: Uint8Array) => EdrChunk[];
  /** Records so far whose time lies outside, as `EdrPageEnd` counts them. */
  readonly outside: () => number;
  /**
   * Gives what is left.
   * @throws RetryableError when the answer is cut off.
   */
  readonly end: () => { readonly chunks: EdrChunk[]; readonly end: EdrPageEnd };
}

/** An event above this many bytes goes as text, part by part while it is read, so that it never fills the memory. */
export const MAX_HELD_BYTES = 4 * 1024 * 1024;

/**
 * Decodes a page of EDR events: bytes in, chunks of rows of `QualysEdrEvents_CL` out. The answer is a bare JSON array;
 * an empty body is an empty page. A record that cannot be read is kept as text with a `ParseError`; a malformed or
 * cut answer is an error, never a short page: what was emitted before is in the ledgers and comes once.
 */
export function createEdrPageDecoder(options: EdrPageOptions): EdrPageDecoder {
  const page = createEdrPage(options);
  let long: LongEvent | undefined;
  const reader = createArrayReader(
    { what: 'the page of EDR events', maxElementBytes: MAX_HELD_BYTES },
    {
      element: (json, bytes) => takeRecord(page, json, bytes),
      broken: (record) => {
        options.onBroken?.(record);
        page.isBroken = true;
        page.counts.repaired++;
      },
      text: (bytes, reason) => takeText(page, bytes, reason),
      long: (bytes, beginning) => {
        long = startLongEvent(page, bytes, beginning);
        long(bytes, false);
      },
      more: (bytes, isLast) => long?.(bytes, isLast),
      foreign: (beginning) => failForeign('events', beginning),
    },
  );
  return {
    write: (bytes) => {
      reader.write(bytes);
      return takeChunks(page.chunks);
    },
    outside: () => page.counts.outside,
    end: () => {
      reader.end();
      const chunks = finishChunks(page.chunks);
      return { chunks, end: { ...page.counts, characters: reader.repaired(), rest: page.chunks.open } };
    },
  };
}
