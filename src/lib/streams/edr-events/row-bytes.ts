import { copyBytes, createViewedBytes, SLACK_BYTES, type ViewedBytes } from '../../json/copy-bytes.ts';

/** UTF-8 JSON text of a row under construction. */
export interface RowBytes extends ViewedBytes {
  length: number;
}

/** A text that many rows have, ready to be appended four bytes at a time. */
export interface RowText {
  readonly words: readonly number[];
  readonly size: number;
}

/** A row for up to `size` bytes. */
export function createRowBytes(size: number): RowBytes {
  return { ...createViewedBytes(size), length: 0 };
}

/** Prepares a text for `putRowText`. */
export function toRowText(text: string): RowText {
  const size = Buffer.byteLength(text);
  const bytes = Buffer.alloc(size + SLACK_BYTES);
  bytes.write(text);
  return { words: Array.from({ length: Math.ceil(size / 4) }, (_, index) => bytes.readInt32LE(4 * index)), size };
}

export function putRowText(row: RowBytes, { words, size }: RowText): void {
  const { view, length } = row;
  for (let index = 0; index < words.length; index++) view.setInt32(length + 4 * index, words[index] ?? 0, true);
  row.length = length + size;
}

/** Appends the bytes `[start, end)` of `source`, which is seen through `view` too. */
export function putShort(row: RowBytes, source: Buffer, view: DataView, start: number, end: number): void {
  row.length = copyBytes(row, row.length, source, view, start, end);
}

/** Appends the bytes `[start, end)` of `source`. */
export function putBytes(row: RowBytes, source: Buffer, start: number, end: number): void {
  source.copy(row.bytes, row.length, start, end);
  row.length += end - start;
}

export function putByte(row: RowBytes, byte: number): void {
  row.bytes[row.length++] = byte;
}

/** Appends a text, one byte a character. */
export function putAscii(row: RowBytes, text: string): void {
  const { bytes, length } = row;
  for (let index = 0; index < text.length; index++) bytes[length + index] = text.charCodeAt(index);
  row.length = length + text.length;
}

/** Appends a text of any characters. */
export function putText(row: RowBytes, text: string): void {
  row.length += row.bytes.write(text, row.length, 'utf8');
}
