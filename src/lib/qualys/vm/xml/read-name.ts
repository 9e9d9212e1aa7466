import { NAME_CLASS, NON_ASCII } from './byte-tables.ts';
import { codePointOf, INCOMPLETE, isNameCharacter, sequenceAt } from './utf8.ts';
import type { XmlReader } from './xml-reader.ts';
import { malformed, MAX_NAME_BYTES } from './xml-reader.ts';

/** The window ends before the thing looked for does. */
export const NEEDS_INPUT = -1;

/** Index after the name that starts at `from`, or {@link NEEDS_INPUT} when it may go on beyond the window. */
export function nameEndAt(reader: XmlReader, from: number): number {
  const { bytes, end } = reader;
  let at = from;
  while (at < end) {
    const byte = bytes[at] ?? 0;
    if (byte >= NON_ASCII) {
      const length = wideNameCharacterAt(reader, at, at === from);
      if (length === INCOMPLETE) return NEEDS_INPUT;
      at += length;
      continue;
    }
    const nameClass = NAME_CLASS[byte];
    if (nameClass === 0 || (nameClass === 2 && at === from)) break;
    at++;
  }
  if (at - from > MAX_NAME_BYTES) throw malformed(reader, from, `a name above ${MAX_NAME_BYTES} bytes`);
  if (at >= end) return NEEDS_INPUT;
  if (at === from) throw malformed(reader, at, 'expected a name');
  return at;
}

function wideNameCharacterAt(reader: XmlReader, at: number, isFirst: boolean): number {
  const length = sequenceAt(reader.bytes, at, reader.end);
  if (length < 0 || (length > 0 && !isNameCharacter(codePointOf(reader.bytes, at, length), isFirst))) {
    throw malformed(reader, at, 'a character that no name may hold');
  }
  return length;
}

/** Whether the bytes `[from, to)` are the name. */
export function isName(bytes: Uint8Array, from: number, to: number, name: Uint8Array): boolean {
  if (to - from !== name.length) return false;
  for (let n = 0; n < name.length; n++) if (bytes[from + n] !== name[n]) return false;
  return true;
}
