/** A text of which characters were replaced or escaped, and how many. */
export interface RepairedText {
  readonly bytes: Buffer;
  readonly count: number;
}

const REPLACEMENT = Buffer.from('\uFFFD');

/** Where the UTF-8 bytes `[from, to)` end without a last character that is not whole. */
export function wholeEnd(buffer: Uint8Array, from: number, to: number): number {
  for (let at = to - 1; at >= from && to - at < 4; at--) {
    const byte = buffer[at] ?? 0;
    if (byte < 0x80) break;
    if (byte >= 0xc0) return to - at < (byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4) ? at : to;
  }
  return to;
}

/** Replaces bytes that are not UTF-8 by U+FFFD, as the WHATWG decoder does. */
export function replaceBroken(text: Buffer): RepairedText {
  const bytes = Buffer.from(text.toString('utf8'));
  return { bytes, count: countOf(bytes, REPLACEMENT) - countOf(text, REPLACEMENT) };
}

function countOf(bytes: Buffer, wanted: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + wanted.length)) count++;
  return count;
}
