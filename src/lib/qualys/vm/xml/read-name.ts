import { NAME_CLASS, NON_ASCII } from './byte-tables.ts';
import type { XmlReader } from './xml-reader.ts';
import { malformed, MAX_NAME_BYTES } from './xml-reader.ts';

/** The buffer ends before the thing looked for does. */
export const NEEDS_INPUT = -1;

/** `Name` of XML 1.0 (fifth edition), but for U+FFFD, which stands for broken bytes. */
const START =
  ':A-Z_a-z\\xc0-\\xd6\\xd8-\\xf6\\xf8-\\u02ff\\u0370-\\u037d\\u037f-\\u1fff\\u200c-\\u200d\\u2070-\\u218f\\u2c00-\\u2fef\\u3001-\\ud7ff\\uf900-\\ufdcf\\ufdf0-\\ufffc\\u{10000}-\\u{effff}';
const NAME = new RegExp(`^[${START}][\\u0300-\\u036f${START}\\-.0-9\\xb7\\u203f\\u2040]*$`, 'u');

/** Index after the name that starts at `from`, or {@link NEEDS_INPUT} when it may go on beyond the buffer. */
export function nameEndAt(reader: XmlReader, from: number): number {
  const { bytes, end } = reader;
  let at = from;
  let isAscii = true;
  for (; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte >= NON_ASCII) isAscii = false;
    else if (NAME_CLASS[byte] === 0) break;
  }
  if (at - from > MAX_NAME_BYTES) throw malformed(reader, from, `a name above ${MAX_NAME_BYTES} bytes`);
  if (at >= end) return NEEDS_INPUT;
  if (at === from || NAME_CLASS[bytes[from] ?? 0] === 2) throw malformed(reader, from, 'expected a name');
  if (!isAscii && !NAME.test(bytes.toString('utf8', from, at))) {
    throw malformed(reader, from, 'a character that no name may hold');
  }
  return at;
}

/** Whether the bytes `[from, to)` are the name. */
export function isName(bytes: Uint8Array, from: number, to: number, name: Uint8Array): boolean {
  if (to - from !== name.length) return false;
  for (let n = 0; n < name.length; n++) if (bytes[from + n] !== name[n]) return false;
  return true;
}
