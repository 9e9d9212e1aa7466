import type { BrokenElement } from '../../json/array-reader.ts';
import { createArrayReader } from '../../json/read-array.ts';
import { finishChunks, takeChunks, type EdrChunk } from './event-chunks.ts';
import { keyBytes } from './event-key.ts';
import { planEvents } from './event-plan.ts';
import { failForeign } from '../../qualys/fail-foreign.ts';
import { continueLongRecord, startLongRecord, type LongRecord } from './long-record.ts';
import { createEdrPage } from './page-state.ts';
import { takeRecord, takeText } from './record-rows.ts';
import type { SeverityLimit } from './severity.ts';

export type { EdrChunk } from './event-chunks.ts';

/** What a page of events is decoded with. */
export interface EdrPageOptions {
  /** Stands for the time of events that tell none. */
  readonly generatedAt: Date;
  /**
   * Half-open `[from, to)`, ISO 8601 UTC. Events of the second before and of the second behind it are received, but not emitted, because the
   * windows beside it read them too; before the first window of a run there is none. All others are emitted, whatever their time says.
   */
  readonly window: { readonly from: string; readonly to: string; readonly isFirst?: boolean };
  /** Dotted path of that time in the record, e.g. `eventProcessedTime`. */
  readonly timeField: string;
  /** Offset from UTC of times that tell none, in minutes; 0 when left out. */
  readonly zoneMinutes?: number;
  /** Highest limit first. */
  readonly severityTable: readonly SeverityLimit[];
  /** Lowest score of rows whose text comes with their chunk besides, to make alerts of; none when left out. */
  readonly alertScore?: number | undefined;
  /** Whether a row was accepted before, by its 16-byte ledger key, one character a byte; it is not emitted again. */
  readonly isUploaded: (rowKey: string) => boolean;
  /** Whether a document was received before, by its 16-byte key: its content, and how often it came on one page. */
  readonly isFetched: (documentKey: string) => boolean;
  /** Told of each record that holds what may not stand in JSON, before it is repaired; throws to refuse the page. */
  readonly onBroken?: (record: BrokenElement) => void;
  /** Largest chunk, in bytes; 950,000 when left out. Any record is sure to fit from 6 × `maxRecordBytes` + 18,000. */
  readonly maxChunkBytes?: number;
  /** Largest record that goes in one row, and largest part of a larger one, in bytes; 60,000 when left out. */
  readonly maxRecordBytes?: number;
}

/** What a page held. */
export interface EdrPageEnd {
  /** Records received: `newRecords` and `repeated`. */
  readonly records: number;
  /** Records that no page before held. */
  readonly newRecords: number;
  /** Records that a page before held. */
  readonly repeated: number;
  /** Records emitted although their time lies outside of the window and of the seconds beside it. */
  readonly outside: number;
  /** Records kept as text with a `ParseError`. */
  readonly unreadable: number;
  /** Records that hold what may not stand in JSON text, known ones included; and characters that were replaced or escaped in them. */
  readonly repaired: number;
  readonly characters: number;
  /** Time of the last record that tells one, in the order of the page, ISO 8601 UTC. */
  readonly lastTime?: string;
  /** Keys of the documents newly received since the last chunk, concatenated: those that gave no row. */
  readonly fetched: Uint8Array;
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
  const plan = planEvents(options.timeField, options.zoneMinutes);
  const page = createEdrPage(plan, options);
  let long: LongRecord | undefined;
  const reader = createArrayReader(
    { what: 'the page of EDR events', fields: plan.fields, maxElementBytes: MAX_HELD_BYTES },
    {
      element: (tape) => takeRecord(page, tape),
      broken: (record) => {
        options.onBroken?.(record);
        page.isBroken = true;
        page.counts.repaired++;
      },
      text: (bytes, reason) => takeText(page, bytes, reason),
      long: (bytes, tape) => {
        long = startLongRecord(page, bytes, tape);
        continueLongRecord(page, long, bytes, false);
      },
      more: (bytes, isLast) => long !== undefined && continueLongRecord(page, long, bytes, isLast),
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
      const lastTime = Number.isNaN(page.lastTime) ? {} : { lastTime: new Date(page.lastTime).toISOString() };
      const fetched = keyBytes(page.chunks.fetched);
      return { chunks, end: { ...page.counts, ...lastTime, characters: reader.repaired(), fetched } };
    },
  };
}
