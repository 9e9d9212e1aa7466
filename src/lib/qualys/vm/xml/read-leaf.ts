import { GREATER, LESS, NAME_CLASS, NON_ASCII, SLASH } from './byte-tables.ts';
import { COPY, copyText } from './copy-text.ts';
import type { JsonOut } from './json-out.ts';
import { isAt, MAX_DEPTH, MAX_NAME_BYTES, PHASE, skipSpace, type XmlReader } from './xml-reader.ts';

const CDATA_START = '<![CDATA[';
const CDATA_END = ']]>';

/*
 * Most elements of the vendor's lists are a name, plain text or one CDATA section, and the end tag of that name. These are read here in one
 * go. Whatever else comes, or is not whole in the buffer, is left to `readNext`, which knows all of the grammar: nothing is taken then.
 */

/** Index after the name of the start tag that the reader stands before, blanks aside; -1 where it may be no leaf. */
export function leafNameEnd(reader: XmlReader): number {
  const isBetweenTags = reader.phase === PHASE.content && !reader.isInText && reader.isBlank;
  if (!isBetweenTags || reader.depth >= MAX_DEPTH) return -1;
  const { bytes, end } = reader;
  const tagAt = skipSpace(reader, reader.at);
  if (tagAt + 2 >= end || bytes[tagAt] !== LESS) return -1;
  reader.at = tagAt;
  let at = tagAt + 1;
  if (NAME_CLASS[bytes[at] ?? 0] !== 1) return -1;
  while (at < end && NAME_CLASS[bytes[at] ?? NON_ASCII] !== 0) at++;
  return at < end && bytes[at] === GREATER && at - tagAt <= MAX_NAME_BYTES ? at : -1;
}

/**
 * Appends the text of the leaf whose name ends at `nameTo` to `out`, as JSON string characters, and takes it. False where it is no leaf:
 * then `out` has to be set back by the caller, and the reader stands where it stood.
 */
export function readLeafText(reader: XmlReader, out: JsonOut, nameTo: number): boolean {
  const { at, illegal } = reader;
  const textAt = out.at;
  reader.at = nameTo + 1;
  const isRead = copyLeafText(reader, out, textAt) && readLeafEnd(reader, at + 1, nameTo);
  if (isRead) return true;
  reader.at = at;
  reader.illegal = illegal;
  return false;
}

function copyLeafText(reader: XmlReader, out: JsonOut, textAt: number): boolean {
  if (isAt(reader, reader.at, CDATA_START) === true) {
    reader.at += CDATA_START.length;
    if (copyText(reader, out, true) !== COPY.done) return false;
    reader.at += CDATA_END.length;
    return true;
  }
  // White space at either end is for the grammar to judge.
  const from = reader.at;
  out.trimAt = textAt;
  return skipSpace(reader, from) === from && copyText(reader, out, false) === COPY.done && out.trimAt === out.at;
}

function readLeafEnd(reader: XmlReader, nameFrom: number, nameTo: number): boolean {
  const { bytes, end } = reader;
  let at = reader.at;
  if (at + nameTo - nameFrom + 2 >= end || bytes[at] !== LESS || bytes[at + 1] !== SLASH) return false;
  at += 2;
  for (let n = nameFrom; n < nameTo; n++, at++) if (bytes[at] !== bytes[n]) return false;
  if (bytes[at] !== GREATER) return false;
  reader.at = at + 1;
  return true;
}
