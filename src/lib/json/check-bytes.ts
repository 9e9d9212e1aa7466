/** What a text holds that needs a closer look. */
export const BYTES = {
  /** Bytes below 0x20. */
  controls: 1,
  /** Bytes from 0x80. */
  nonAscii: 2,
} as const;

/**
 * Which of `BYTES` lie in `[from, to)`, rounded outward to whole words of four bytes; `words` are the bytes as words.
 * Four bytes are tested at once: in a byte below 0x20, subtracting 0x20 borrows into the highest bit.
 */
export function checkBytes(words: Int32Array, from: number, to: number): number {
  const last = (to + 3) >> 2;
  let low = 0;
  let high = 0;
  for (let index = from >> 2; index < last; index++) {
    const word = words[index] ?? 0;
    low |= (word - 0x2020_2020) & ~word;
    high |= word;
  }
  return ((low & 0x8080_8080) === 0 ? 0 : BYTES.controls) | ((high & 0x8080_8080) === 0 ? 0 : BYTES.nonAscii);
}
