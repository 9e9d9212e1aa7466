/** UTF-8 JSON text of a row under construction. */
export interface RowBytes {
  readonly bytes: Buffer;
  readonly view: DataView;
  length: number;
}

/** A text that many rows have, ready to be appended four bytes at a time. */
export interface RowText {
  readonly words: Int32Array;
  readonly size: number;
}

/** Bytes up to which copying word by word beats the native copy with its cost a call. */
const MAX_WORDWISE = 24;
/** Words may reach over the end of what is copied. */
const SLACK_BYTES = 8;

/** A row for up to `size` bytes. */
export function createRowBytes(size: number): RowBytes {
  const memory = new ArrayBuffer(size + SLACK_BYTES);
  return { bytes: Buffer.from(memory), view: new DataView(memory), length: 0 };
}

/** Prepares a text for `putRowText`. */
export function toRowText(text: string): RowText {
  const size = Buffer.byteLength(text);
  const words = new Int32Array(Math.ceil(size / 4));
  Buffer.from(words.buffer).write(text);
  return { words, size };
}

export function putRowText(row: RowBytes, { words, size }: RowText): void {
  const { view, length } = row;
  for (let index = 0; index < words.length; index++) view.setInt32(length + 4 * index, words[index] ?? 0, true);
  row.length = length + size;
}

/** Appends the bytes `[start, end)` of `source`, seen through `view` too, which has three bytes more. */
export function putShort(row: RowBytes, source: Buffer, view: DataView, start: number, end: number): void {
  if (end - start > MAX_WORDWISE) {
    putBytes(row, source, start, end);
    return;
  }
  const target = row.view;
  const distance = row.length - start;
  for (let at = start; at < end; at += 4) target.setInt32(at + distance, view.getInt32(at, true), true);
  row.length += end - start;
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
