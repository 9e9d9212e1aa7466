import { MAX_CHUNK_BYTES } from '../../pipeline/chunk-writer.ts';

/** How large the parts of a row may get, in bytes of JSON text. */
export interface VmLimits {
  /** A chunk, brackets and separators counted. */
  readonly chunk: number;
  /** Any dynamic column and `RecordPart` stay below this. */
  readonly field: number;
  /** What stands between the brackets of a row's `DETECTION`. */
  readonly list: number;
  /** Where an element of a detection gets no further room. */
  readonly value: number;
  /** Where RESULTS goes on in the next row: the elements after it still have to go into the first. */
  readonly results: number;
  /** Where `RecordPart` goes on in the next row. */
  readonly record: number;
  /** A host column that is repeated on every row of the host. */
  readonly column: number;
  /** XML of one element, or of a host without id, that is held back to be kept as text should it fit no row. */
  readonly captured: number;
}

/** Azure cuts a field at 64 KB; this leaves a margin. */
const FIELD_BYTES = 60_000;
const SMALLEST_FIELD = 4_096;
const COLUMN_BYTES = 16_384;
const CAPTURED_BYTES = 256 * 1024;
/** Beside the list: `{"DETECTION":[` and `]}`. */
const WRAPPER_BYTES = 16;
/** Closing what may be open in a detection, and the largest character. */
const CLOSING_BYTES = 512;
/** Elements that come after RESULTS; the vendor's take about 1,500 bytes, QDS factors included. */
const AFTER_RESULTS_BYTES = 10_000;

/** Limits for fields of at most `maxRowBytes` and chunks of at most `maxChunkBytes`. Throws a RangeError when they do not fit each other. */
export function vmLimits(maxRowBytes = FIELD_BYTES, maxChunkBytes = MAX_CHUNK_BYTES): VmLimits {
  if (maxRowBytes < SMALLEST_FIELD || maxRowBytes > FIELD_BYTES) {
    throw new RangeError(`maxRowBytes is ${maxRowBytes}: allowed are ${SMALLEST_FIELD} to ${FIELD_BYTES}`);
  }
  const column = Math.min(COLUMN_BYTES, Math.floor(maxRowBytes / 3));
  // One row may hold all host columns, the list, the four dynamic columns and a part of a record.
  const largestRow = 22 * column + 6 * maxRowBytes + 8_192;
  if (maxChunkBytes < largestRow) {
    throw new RangeError(`maxChunkBytes is ${maxChunkBytes}: at least ${largestRow} are needed for one row`);
  }
  const list = maxRowBytes - WRAPPER_BYTES - 1;
  const value = list - CLOSING_BYTES;
  return {
    chunk: maxChunkBytes,
    field: maxRowBytes,
    list,
    value,
    results: value - Math.min(AFTER_RESULTS_BYTES, Math.floor(maxRowBytes / 4)),
    record: maxRowBytes - WRAPPER_BYTES,
    column,
    captured: CAPTURED_BYTES,
  };
}
