import { AMPERSAND, BACKSLASH, IS_SPACE, LOOK, NON_ASCII, SPACE, TEXT_ACTION } from './byte-tables.ts';
import type { Copy } from './copy-result.ts';
import { COPY } from './copy-result.ts';
import type { JsonOut } from './json-out.ts';
import { referenceAt } from './read-reference.ts';
import { INCOMPLETE, isXmlCharacter, putCodePoint, REPLACEMENT, sequenceAt } from './utf8.ts';
import type { XmlReader } from './xml-reader.ts';

/** Copies a character beyond ASCII, or replaces an illegal one. */
export function copyOther(reader: XmlReader, out: JsonOut): Copy {
  const { bytes, at, end } = reader;
  const length = (bytes[at] ?? 0) < NON_ASCII ? -1 : sequenceAt(bytes, at, end);
  if (length === INCOMPLETE) return COPY.needsInput;
  if (length < 0) {
    putReplacement(reader, out);
    reader.at -= length;
    return COPY.goesOn;
  }
  for (let n = 0; n < length; n++) out.bytes[out.at + n] = bytes[at + n] ?? 0;
  out.at += length;
  reader.at += length;
  return COPY.goesOn;
}

function putReplacement(reader: XmlReader, out: JsonOut): void {
  reader.illegal++;
  for (const byte of REPLACEMENT) out.bytes[out.at++] = byte;
}

/** Writes the character of a reference as JSON string characters. It counts as text even where it is white space. */
export function putCharacter(reader: XmlReader, out: JsonOut, code: number): void {
  const action = code < NON_ASCII ? (TEXT_ACTION[code] ?? 0) : 0;
  if (!isXmlCharacter(code)) putReplacement(reader, out);
  else if (action > LOOK) {
    out.bytes[out.at++] = BACKSLASH;
    out.bytes[out.at++] = action;
  } else out.at = putCodePoint(out.bytes, out.at, code);
  out.trimAt = out.at;
}

/**
 * Copies an attribute value, references resolved and white space normalised to blanks as XML asks, as JSON string
 * characters. False when the output is full.
 */
export function copyAttribute(reader: XmlReader, out: JsonOut, from: number, to: number): boolean {
  const { at } = reader;
  reader.at = from;
  while (reader.at < to && out.at <= out.limit) copyAttributeCharacter(reader, out);
  const isWhole = reader.at >= to;
  reader.at = at;
  return isWhole;
}

function copyAttributeCharacter(reader: XmlReader, out: JsonOut): void {
  const byte = reader.bytes[reader.at] ?? 0;
  const reference = byte === AMPERSAND ? referenceAt(reader, reader.at) : undefined;
  if (reference !== undefined) {
    putCharacter(reader, out, reference.code);
    reader.at = reference.end;
  } else if (byte >= NON_ASCII || (byte < SPACE && IS_SPACE[byte] === 0)) copyOther(reader, out);
  else {
    putCharacter(reader, out, IS_SPACE[byte] === 1 ? SPACE : byte);
    reader.at++;
  }
}

/** Writes an ASCII literal that needs no escape. */
export function putLiteral(out: JsonOut, literal: string): void {
  for (let n = 0; n < literal.length; n++) out.bytes[out.at++] = literal.charCodeAt(n);
}
