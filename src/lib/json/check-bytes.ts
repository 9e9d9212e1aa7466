/** What a text holds that needs a closer look. */
export const BYTES = {
  /** Bytes below 0x20. */
  controls: 1,
  /** Bytes from 0x80. */
  nonAscii: 2,
} as const;

/** Which of `BYTES` lie in `[from, to)`. */
export function checkBytes(bytes: Uint8Array, from: number, to: number): number {
  let lowest = 0x20;
  let all = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    if (byte < lowest) lowest = byte;
    all |= byte;
  }
  return (lowest < 0x20 ? BYTES.controls : 0) | (all >= 0x80 ? BYTES.nonAscii : 0);
}
