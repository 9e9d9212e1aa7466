/** UTF-8 JSON text of a row under construction. */
export interface RowBytes {
  readonly bytes: Buffer;
  length: number;
}

/** A row for up to `size` bytes. */
export function createRowBytes(size: number): RowBytes {
  return { bytes: Buffer.allocUnsafe(size), length: 0 };
}

/** Appends the bytes `[start, end)` of `source`. */
export function putBytes(row: RowBytes, source: Buffer, start: number, end: number): void {
  source.copy(row.bytes, row.length, start, end);
  row.length += end - start;
}

/** Appends the whole of `source`. */
export function putAll(row: RowBytes, source: Buffer): void {
  source.copy(row.bytes, row.length);
  row.length += source.length;
}

export function putByte(row: RowBytes, byte: number): void {
  row.bytes[row.length++] = byte;
}

/** Appends a text, one byte a character. */
export function putAscii(row: RowBytes, text: string): void {
  for (let index = 0; index < text.length; index++) row.bytes[row.length++] = text.charCodeAt(index);
}

/** Appends a text of any characters. */
export function putText(row: RowBytes, text: string): void {
  row.length += row.bytes.write(text, row.length, 'utf8');
}
