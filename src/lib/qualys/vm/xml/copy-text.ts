import {
  AMPERSAND,
  BACKSLASH,
  CDATA_ACTION,
  CLOSE_BRACKET,
  GREATER,
  LESS,
  LOOK,
  SPACE,
  TEXT_ACTION,
} from './byte-tables.ts';
import { copyOther } from './copy-character.ts';
import type { Copy } from './copy-result.ts';
import { COPY } from './copy-result.ts';
import type { JsonOut } from './json-out.ts';
import type { XmlReader } from './xml-reader.ts';
import { malformed } from './xml-reader.ts';

/*
 * Both loops below write whole characters only, and start one only while `at` is not above `limit`: where an output
 * gets full does not depend on how the input was split. A byte of input makes at most four bytes of output, hence
 * the portions: within one, no check of the output is needed.
 */

/** Copies the inside of a CDATA section as JSON string characters, to the byte. */
export function copyCdata(reader: XmlReader, out: JsonOut): Copy {
  for (;;) {
    if (out.at > out.limit) return COPY.isFull;
    const portion = Math.min(reader.end, reader.at + ((out.limit - out.at) >> 2) + 1);
    if (copyCdataRun(reader, out, portion)) {
      const next = lookInCdata(reader, out);
      if (next !== COPY.goesOn) return next;
    } else if (reader.at >= reader.end) return COPY.needsInput;
  }
}

/** Copies up to `stop`; true when it stopped earlier, at a byte that needs a closer look. */
function copyCdataRun(reader: XmlReader, out: JsonOut, stop: number): boolean {
  const from = reader.bytes;
  const to = out.bytes;
  let i = reader.at;
  let o = out.at;
  for (; i < stop; i++) {
    const byte = from[i] ?? 0;
    const action = CDATA_ACTION[byte] ?? 0;
    if (action === LOOK) break;
    if (action === 0) to[o++] = byte;
    else {
      to[o++] = BACKSLASH;
      to[o++] = action;
    }
  }
  reader.at = i;
  out.at = o;
  return i < stop;
}

function lookInCdata(reader: XmlReader, out: JsonOut): Copy {
  if (reader.bytes[reader.at] !== CLOSE_BRACKET) return copyOther(reader, out);
  const end = closingBracketsAt(reader);
  if (end === undefined) return COPY.needsInput;
  if (end) return COPY.done;
  putBracket(reader, out);
  return COPY.goesOn;
}

/** Whether `]]>` stands at the reader's place; undefined when the window ends too early to tell. */
function closingBracketsAt(reader: XmlReader): boolean | undefined {
  const { bytes, at, end } = reader;
  if (at + 1 >= end) return undefined;
  if (bytes[at + 1] !== CLOSE_BRACKET) return false;
  return at + 2 >= end ? undefined : bytes[at + 2] === GREATER;
}

/** Copies text as JSON string characters up to the next `<` or `&`, noting where trailing white space begins. */
export function copyText(reader: XmlReader, out: JsonOut): Copy {
  for (;;) {
    if (out.at > out.limit) return COPY.isFull;
    const portion = Math.min(reader.end, reader.at + ((out.limit - out.at) >> 2) + 1);
    if (copyTextRun(reader, out, portion)) {
      const next = lookInText(reader, out);
      if (next !== COPY.goesOn) return next;
    } else if (reader.at >= reader.end) return COPY.needsInput;
  }
}

function copyTextRun(reader: XmlReader, out: JsonOut, stop: number): boolean {
  const from = reader.bytes;
  const to = out.bytes;
  let i = reader.at;
  let o = out.at;
  while (i < stop) {
    const byte = from[i] ?? 0;
    const action = TEXT_ACTION[byte] ?? 0;
    if (action === LOOK) break;
    if (action === 0) to[o++] = byte;
    else {
      to[o++] = BACKSLASH;
      to[o++] = action;
    }
    if (byte > SPACE) out.trimAt = o;
    i++;
  }
  reader.at = i;
  out.at = o;
  return i < stop;
}

function lookInText(reader: XmlReader, out: JsonOut): Copy {
  const byte = reader.bytes[reader.at];
  if (byte === LESS) return COPY.done;
  if (byte === AMPERSAND) return COPY.reference;
  if (byte !== CLOSE_BRACKET) return markWritten(out, copyOther(reader, out));
  const end = closingBracketsAt(reader);
  if (end === undefined) return COPY.needsInput;
  if (end) throw malformed(reader, reader.at, '"]]>" in text');
  putBracket(reader, out);
  return markWritten(out, COPY.goesOn);
}

function markWritten(out: JsonOut, copied: Copy): Copy {
  if (copied === COPY.goesOn) out.trimAt = out.at;
  return copied;
}

/** Copies part of the window as JSON string characters, markup and all; `makeRoom` is called whenever `reader.out` is full. */
export function copyMarkup(reader: XmlReader, from: number, to: number, makeRoom: () => void): void {
  const { at, end } = reader;
  reader.at = from;
  reader.end = to;
  for (;;) {
    const stopped = copyCdata(reader, reader.out);
    if (stopped === COPY.isFull) makeRoom();
    else if (stopped === COPY.done) putBracket(reader, reader.out);
    else break;
  }
  reader.at = at;
  reader.end = end;
}

function putBracket(reader: XmlReader, out: JsonOut): void {
  out.bytes[out.at++] = CLOSE_BRACKET;
  reader.at++;
}
