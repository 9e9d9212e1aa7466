import { LESS, SPACE, TEXT_ACTION } from './byte-tables.ts';
import type { JsonOut } from './json-out.ts';
import { plainBytes, textMarks } from './word-marks.ts';
import type { XmlReader } from './xml-reader.ts';

/** Copies text that needs no escape and no trimming; true when it is whole, up to its `<`, or has not begun after white space. */
export function copyPlainText(reader: XmlReader, out: JsonOut): boolean {
  const { at: start, bytes } = reader;
  const stop = Math.min(reader.end, start + out.limit - out.at + 1);
  if (start < stop && (bytes[start] ?? 0) <= SPACE) return true;
  const end = copyPlainWords(reader, out, stop);
  return end < stop && bytes[end] === LESS && (end === start || bytes[end - 1] !== SPACE);
}

/** Copies plain characters up to `stop` at most, and returns the index of the first one that is not plain. */
function copyPlainWords(reader: XmlReader, out: JsonOut, stop: number): number {
  const { bytes, view } = reader;
  let i = reader.at;
  let o = out.at;
  for (const last = stop - 4; i <= last; i += 4, o += 4) {
    const word = view.getInt32(i, true);
    const marks = textMarks(word);
    out.view.setInt32(o, word, true);
    if (marks === 0) continue;
    const count = plainBytes(marks);
    reader.at = i + count;
    out.at = o + count;
    return i + count;
  }
  for (; i < stop && TEXT_ACTION[bytes[i] ?? 0] === 0; i++, o++) out.bytes[o] = bytes[i] ?? 0;
  reader.at = i;
  out.at = o;
  return i;
}
