import { MAX_CHUNK_BYTES } from '../pipeline/chunk-writer.ts';

/** How large the parts of a row of items may get, in bytes of JSON text. */
export interface ItemLimits {
  /** A chunk, brackets and separators counted. */
  readonly chunk: number;
  /** Any dynamic column and `RecordPart` stay below this. */
  readonly field: number;
  /** What stands between the brackets of a row's list. */
  readonly list: number;
  /** Where an element of an item gets no further room. */
  readonly item: number;
  /** Where the long text of an item goes on in the next row: the elements after it still have to go into the first. */
  readonly text: number;
  /** A column that is repeated on every row. */
  readonly column: number;
}

/** Azure cuts a field at 64 KB; this leaves a margin. */
const FIELD_BYTES = 60_000;
const SMALLEST_FIELD = 4_096;
const COLUMN_BYTES = 16_384;
/** Beside the list: `{"DETECTION":[` and `]}`. */
const WRAPPER_BYTES = 16;
/** Closing what may be open in an item, and the largest character. */
const CLOSING_BYTES = 512;
/** Elements that come after the long text; the vendor's take about 1,500 bytes, QDS factors included. */
const AFTER_TEXT_BYTES = 10_000;

/** Limits for fields of at most `maxRowBytes` and chunks of at most `maxChunkBytes`. Throws a RangeError when they do not fit each other. */
export function itemLimits(maxRowBytes = FIELD_BYTES, maxChunkBytes = MAX_CHUNK_BYTES): ItemLimits {
  if (maxRowBytes < SMALLEST_FIELD || maxRowBytes > FIELD_BYTES) {
    throw new RangeError(`maxRowBytes is ${maxRowBytes}: allowed are ${SMALLEST_FIELD} to ${FIELD_BYTES}`);
  }
  const column = Math.min(COLUMN_BYTES, Math.floor(maxRowBytes / 3));
  // One row may hold all columns, the list, the four dynamic columns and a part of a record.
  const largestRow = 22 * column + 6 * maxRowBytes + 8_192;
  if (maxChunkBytes < largestRow) {
    throw new RangeError(`maxChunkBytes is ${maxChunkBytes}: at least ${largestRow} are needed for one row`);
  }
  const list = maxRowBytes - WRAPPER_BYTES - 1;
  const item = list - CLOSING_BYTES;
  const text = item - Math.min(AFTER_TEXT_BYTES, Math.floor(maxRowBytes / 4));
  return { chunk: maxChunkBytes, field: maxRowBytes, list, item, text, column };
}
