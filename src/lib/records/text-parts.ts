import { TextDecoder } from 'node:util';
import { wholeEnd } from '../utf8.ts';

/** Cuts a text that comes in pieces into parts; no character is cut through. What is not UTF-8 becomes U+FFFD. */
export type TextParts = (bytes: Uint8Array, isLast: boolean) => Buffer[];

/**
 * Starts to cut a text into parts of at most `maxBytes` bytes.
 * @param maxBytes at least 4, the bytes of the longest character.
 */
export function startTextParts(maxBytes: number): TextParts {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let rest = Buffer.alloc(0);
  return (bytes, isLast) => {
    const text = Buffer.concat([rest, Buffer.from(decoder.decode(bytes, { stream: !isLast }))]);
    const ends = cutText(text, maxBytes);
    const parts = ends.map((end, index) => text.subarray(ends[index - 1] ?? 0, end));
    if (!isLast) rest = Buffer.from(parts.pop() ?? []);
    return parts;
  };
}

/** Ends of the parts, of at most `maxBytes` bytes each, 4 at least, that a UTF-8 text is cut into. An empty text is one empty part. */
export function cutText(text: Uint8Array, maxBytes: number): number[] {
  const ends: number[] = [];
  let end = 0;
  while (text.length - end > maxBytes) {
    end = wholeEnd(text, end, end + maxBytes);
    ends.push(end);
  }
  ends.push(text.length);
  return ends;
}
