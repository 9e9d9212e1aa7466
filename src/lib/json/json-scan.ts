import type { FieldPath, FieldPaths } from './field-paths.ts';
import type { JsonTape } from './json-tape.ts';

/** Why a scan ended without a value; positions are never negative. */
export const SCAN = {
  /** The text goes on behind the bytes at hand. */
  incomplete: -1,
  malformed: -2,
  tooDeep: -3,
  tooManyValues: -4,
} as const;

/** Bytes that must follow the text in its buffer, each of them `GUARD`. */
export const GUARD_BYTES = 8;
/** Outside of strings no JSON text has this byte, and it is no control character. */
export const GUARD = 0x7f;

/** A scanner: where it stands, and the tape of the value scanned last. */
export interface JsonScan extends JsonTape {
  /** Words that the tape has room for. */
  capacity: number;
  /** End of the text at hand. */
  limit: number;
  /** Whether the last string has an escape that `JSON.stringify` would not write. */
  isEscaped: boolean;
  /** Whether strings of the value hold control characters. */
  controlsInStrings: boolean;
  /** Position of the byte that ended the scan. */
  faultAt: number;
  readonly fields: FieldPath;
}

/** A scanner that looks for the fields. */
export function createJsonScan(fields: FieldPaths): JsonScan {
  return {
    source: Buffer.alloc(0),
    cells: new Int32Array(0),
    length: 0,
    capacity: 0,
    slots: new Int32Array(fields.count).fill(-1),
    limit: 0,
    isEscaped: false,
    controlsInStrings: false,
    faultAt: 0,
    fields: fields.root,
  };
}

/** Gives the scanner the bytes up to `limit`; `GUARD_BYTES` bytes of `GUARD` must follow there. */
export function loadJson(scan: JsonScan, source: Buffer, limit: number): void {
  scan.source = source;
  scan.limit = limit;
}

/** Notes where the text went wrong, and tells whether it only ended. */
export function failAt(scan: JsonScan, at: number): number {
  scan.faultAt = at;
  return at >= scan.limit ? SCAN.incomplete : SCAN.malformed;
}

/** Position of the first byte that is no white space. */
export function skipSpace(source: Buffer, from: number): number {
  return (source[from] ?? 0) > 0x20 ? from : skipSpaces(source, from);
}

function skipSpaces(source: Buffer, from: number): number {
  let at = from;
  let byte = source[at] ?? 0;
  while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = source[++at] ?? 0;
  return at;
}
