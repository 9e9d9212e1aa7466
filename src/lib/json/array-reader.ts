import type { FieldPaths } from './field-paths.ts';
import type { EndSearch } from './find-end.ts';
import type { JsonScan } from './json-scan.ts';
import type { JsonTape } from './json-tape.ts';

/** An element that holds what may not stand in JSON text: raw control characters in strings, or bytes that are not UTF-8. */
export interface BrokenElement {
  /** Position of its first byte in the text. */
  readonly at: number;
  /** The element as it came; none for one above the bound. */
  readonly bytes: Uint8Array;
}

/** Who gets the elements of the array; bytes and tapes are valid during the call only. */
export interface ArrayHandlers {
  /** A well-formed element. */
  readonly element: (tape: JsonTape) => void;
  /** The element that comes next, or goes on, is broken; it is handed on repaired unless this throws. */
  readonly broken: (element: BrokenElement) => void;
  /** An element that is whole but cannot be scanned, and why. */
  readonly text: (bytes: Buffer, reason: string) => void;
  /** An element above the bound begins: its first `maxElementBytes` bytes, and what was found in them. */
  readonly long: (bytes: Buffer, tape: JsonTape) => void;
  /** More bytes of it. */
  readonly more: (bytes: Buffer, isLast: boolean) => void;
  /** The text is no array: makes the error from its beginning. */
  readonly foreign: (beginning: string) => Error;
}

export interface ArrayReaderOptions {
  /** What is read, for error messages. */
  readonly what: string;
  readonly fields: FieldPaths;
  /** Longer elements are handed on in pieces; in bytes. */
  readonly maxElementBytes: number;
}

/** What a reader expects next. */
export type Place = 'start' | 'first' | 'element' | 'inside' | 'long' | 'separator' | 'behind' | 'foreign';

/** Where a reader stands. */
export interface Reader {
  readonly options: ArrayReaderOptions;
  readonly handlers: ArrayHandlers;
  readonly scan: JsonScan;
  /** Scans copies, while `scan` keeps its place in the buffer. */
  readonly spare: JsonScan;
  buffer: Buffer;
  /** Next byte to look at, and end of the bytes at hand. */
  at: number;
  limit: number;
  /** Position of the buffer's first byte in the text. */
  base: number;
  place: Place;
  /** Whether the buffer may hold bytes that are not UTF-8. */
  mayBeBroken: boolean;
  /** Search for the end of the element that begins at `at`, how far it came, and why the element cannot be scanned. */
  search: EndSearch;
  searched: number;
  reason: string | undefined;
  /** Position of the element above the bound in the text, until it was found to be broken. */
  longAt: number | undefined;
  /** Its last bytes, of a character that may go on. */
  longRest: Buffer;
  repaired: number;
}
