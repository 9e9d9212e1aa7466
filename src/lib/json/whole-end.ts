/** Bytes of the longest character behind its first one. */
const MAX_REST_BYTES = 3;

/** Where the bytes `[from, to)` end without a last character that may go on behind them. */
export function wholeEnd(buffer: Buffer, from: number, to: number): number {
  let end = to;
  while (end > from && to - end < MAX_REST_BYTES && ((buffer[end - 1] ?? 0) & 0xc0) === 0x80) end--;
  return end > from && (buffer[end - 1] ?? 0) >= 0xc0 ? end - 1 : end;
}
