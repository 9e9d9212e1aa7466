/** Where the UTF-8 bytes `[from, to)` end without a last character that is not whole. */
export function wholeEnd(buffer: Uint8Array, from: number, to: number): number {
  for (let at = to - 1; at >= from && to - at < 4; at--) {
    const byte = buffer[at] ?? 0;
    if (byte < 0x80) break;
    if (byte >= 0xc0) return to - at < (byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4) ? at : to;
  }
  return to;
}
