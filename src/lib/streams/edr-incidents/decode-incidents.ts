import { canonicalText } from '../../json/canonical-json.ts';
import { endOf, KIND, kindOf, startOf, type JsonTape } from '../../json/json-tape.ts';
import { createArrayReader } from '../../json/read-array.ts';
import { replaceBroken } from '../../json/repair-json.ts';
import { createChunkWriter, finishChunk } from '../../pipeline/chunk-writer.ts';
import { failForeign } from '../../qualys/refusals/fail-foreign.ts';
import { digestOf, type SourceRecord } from '../../records/record-rows.ts';
import { compileTable, type CompiledTable } from '../../records/record-table.ts';
import {
  pushChunk,
  startLong,
  takeLong,
  takeRecord,
  type IncidentChunk,
  type IncidentPage,
  type IncidentPageOptions,
} from './incident-page.ts';

/** What a page held. */
export interface IncidentPageEnd {
  /** False for an answer of nothing but white space: no page, but for status 204. */
  readonly isPage: boolean;
  readonly records: number;
  /** Records that were not known before. */
  readonly fresh: number;
  /** Of these, those of another time: they are kept. */
  readonly outside: number;
  /** Ledger keys of records that no chunk has told: none of them gave a row. */
  readonly keys: readonly string[];
  /** Records kept as text with a `ParseError`. */
  readonly unreadable: number;
  /** Records that hold what may not stand in JSON text, known ones included; and characters that were replaced or escaped in them. */
  readonly repaired: number;
  readonly characters: number;
}

/** Decodes one page; not to be used again after an error. */
export interface IncidentPageDecoder {
  /** Takes the next bytes and gives the chunks that they fill. @throws RetryableError for what is no well-formed array. */
  readonly write: (bytes: Uint8Array) => IncidentChunk[];
  /** Records so far that were not known before and are of another time than the window and those beside it. */
  readonly outside: () => number;
  /** Gives what is left. @throws RetryableError when the answer is cut off. */
  readonly end: () => { readonly chunks: IncidentChunk[]; readonly end: IncidentPageEnd };
}

/** An incident above this many bytes goes as text, part by part while it is read. */
export const MAX_HELD_BYTES = 4 * 1024 * 1024;
const SPACE = 0x20;

/** Decodes a page of incidents: a bare JSON array in, chunks of rows out. A malformed or cut answer is an error, never a short page. */
export function createIncidentPageDecoder(options: IncidentPageOptions): IncidentPageDecoder {
  const { from, to } = options.window;
  const table = compileTable(options.table, options.timeField);
  const page: IncidentPage = {
    options,
    table,
    timeSlot: table.fields.slotOf(options.timeField),
    writer: createChunkWriter(),
    from: Date.parse(from),
    to: Date.parse(to),
    chunks: [],
    received: { keys: [], uploaded: 0, repaired: 0 },
    seen: new Set(),
    long: undefined,
    isBroken: false,
    isPage: false,
    records: 0,
    fresh: 0,
    outside: 0,
    unreadable: 0,
    repaired: 0,
  };
  const reader = createArrayReader(
    { what: 'the page of incidents', fields: table.fields, maxElementBytes: MAX_HELD_BYTES },
    {
      element: (tape) => takeRecord(page, sourceOf(table, tape, canonicalText(tape, 0))),
      broken: (record) => {
        options.onBroken?.(record);
        page.isBroken = true;
        page.repaired++;
      },
      text: (bytes, reason) => takeRecord(page, textRecord(table, bytes, reason)),
      long: (bytes) => {
        startLong(page, bytes);
        takeLong(page, bytes, false);
      },
      more: (bytes, isLast) => takeLong(page, bytes, isLast),
      foreign: (beginning) => failForeign('incidents', beginning),
    },
  );
  const takeChunks = (): IncidentChunk[] => page.chunks.splice(0);
  return {
    write: (bytes) => {
      page.isPage ||= bytes.some((byte) => byte > SPACE);
      reader.write(bytes);
      return takeChunks();
    },
    outside: () => page.outside,
    end: () => {
      reader.end();
      pushChunk(page, finishChunk(page.writer));
      const { isPage, records, fresh, outside, unreadable, repaired, received } = page;
      const counts = { isPage, records, fresh, outside, unreadable, repaired, characters: reader.repaired() };
      return { chunks: takeChunks(), end: { ...counts, keys: received.keys } };
    },
  };
}

function sourceOf(table: CompiledTable, tape: JsonTape, canonical: Uint8Array): SourceRecord {
  const text = tape.source.subarray(startOf(tape, 0), endOf(tape, 0));
  const error = kindOf(tape, 0) === KIND.object ? undefined : 'the record is no object';
  return { tape, text, digest: digestOf(table, canonical), error };
}

function textRecord(table: CompiledTable, bytes: Buffer, reason: string): SourceRecord {
  const text = replaceBroken(bytes).bytes;
  return { text, digest: digestOf(table, text), error: `the record is ${reason}` };
}
