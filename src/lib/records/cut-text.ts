/**
 * Ends of the parts, of at most `maxBytes` bytes each, that a UTF-8 text is cut into; no character is cut through.
 * An empty text is one empty part.
 * @param maxBytes at least 4, the bytes of the longest character.
 */
export function cutText(text: Uint8Array, maxBytes: number): number[] {
  const ends: number[] = [];
  let end = 0;
  while (text.length - end > maxBytes) {
    end = characterEnd(text, end + maxBytes);
    ends.push(end);
  }
  ends.push(text.length);
  return ends;
}

/** Last end of a character at or before `end`. */
export function characterEnd(text: Uint8Array, end: number): number {
  let at = end;
  while (((text[at] ?? 0) & 0xc0) === 0x80) at--;
  return at;
}
