import { canonicalJson } from '../../json/canonical-json.ts';
import { findFields, lastOf, type Fields } from '../../json/find-fields.ts';
import { isMembers } from '../../json/parse-json.ts';
import { createArrayReader } from '../../json/read-array.ts';
import { failForeign } from '../../qualys/refusals/fail-foreign.ts';
import { textOf } from '../../records/column-values.ts';
import { digestOf } from '../../records/record-rows.ts';
import { ID_FIELDS } from './event-columns.ts';
import {
  createEdrPage,
  takeRecord,
  type Booking,
  type EdrChunk,
  type EdrPage,
  type EdrPageOptions,
} from './event-page.ts';
import { startLongEvent, type LongEvent } from './long-event.ts';

/** What a page held. */
export interface EdrPageEnd extends Readonly<EdrPage['counts']> {
  /** Characters that were replaced or escaped. */
  readonly characters: number;
  /** What is to be booked of the documents behind the last chunk, which gave no row. */
  readonly rest: Pick<Readonly<Booking>, 'fetched' | 'before' | 'behind'>;
}

/** Decodes one page; not to be used again after an error. */
export type EdrPageDecoder = ReturnType<typeof createEdrPageDecoder>;

/** An event above this many bytes goes as text, part by part while it is read, so that it never fills the memory. */
export const MAX_HELD_BYTES = 4 * 1024 * 1024;

/**
 * Decodes a page of EDR events: bytes in, chunks of rows of `QualysEdrEvents_CL` out. The answer is a bare JSON array;
 * an empty body is an empty page. A record that cannot be read is kept as text with a `ParseError`; a malformed or
 * cut answer is an error, never a short page: what was emitted before is in the ledgers and comes once.
 */
export function createEdrPageDecoder(options: EdrPageOptions) {
  const page = createEdrPage(options);
  const { chunks, counts, table } = page;
  let long: LongEvent | undefined;
  const reader = createArrayReader(
    { what: 'the page of EDR events', maxElementBytes: MAX_HELD_BYTES },
    {
      element: (json, text) => {
        const fields = findFields(table.fields, json.value);
        const { isRepeating, text: canonical } = canonicalJson(json);
        const error = errorOf(page, fields);
        takeRecord(page, { fields, isRepeating, text, digest: digestOf(table, canonical), error });
      },
      broken: (record) => {
        options.onBroken?.(record);
        page.isBroken = true;
        counts.repaired++;
      },
      text: (text, reason) =>
        takeRecord(page, { text, digest: digestOf(table, text), error: `the record is ${reason}` }),
      long: (bytes, beginning) => {
        long = startLongEvent(page, bytes, beginning);
        long(bytes, false);
      },
      more: (bytes, isLast) => long?.(bytes, isLast),
      foreign: (beginning) => failForeign('events', beginning),
    },
  );
  return {
    /**
     * Takes the next bytes of the answer, cut anywhere, and gives the chunks that they fill.
     * @throws RetryableError when the answer is no well-formed JSON array.
     */
    write: (bytes: Uint8Array): EdrChunk[] => {
      reader.write(bytes);
      return chunks.take();
    },
    /** Records so far whose time lies outside, as `EdrPageEnd` counts them. */
    outside: (): number => counts.outside,
    /**
     * Gives what is left.
     * @throws RetryableError when the answer is cut off.
     */
    end: (): { readonly chunks: EdrChunk[]; readonly end: EdrPageEnd } => {
      reader.end();
      return { chunks: chunks.end(), end: { ...counts, characters: reader.repaired(), rest: chunks.open } };
    },
  };
}

/** Why a record cannot be read. Without an id it is kept, but as text. */
function errorOf({ table }: EdrPage, fields: Fields): string | undefined {
  const { value } = fields;
  if (isMembers(value)) {
    const ids = ID_FIELDS.map((path) => textOf(lastOf(fields, table.fields.slotOf(path))?.value));
    return ids.some((id) => id !== undefined) ? undefined : 'the record has neither id nor eventId';
  }
  const other = typeof value === 'object' ? 'a number' : `a ${typeof value}`;
  const kind = value === null ? 'null' : Array.isArray(value) ? 'an array' : other;
  return `the record is ${kind}, not an object`;
}
