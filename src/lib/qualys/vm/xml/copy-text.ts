import {
  AMPERSAND,
  BACKSLASH,
  CDATA_ACTION,
  CLOSE_BRACKET,
  GREATER,
  IS_SPACE,
  LESS,
  LOOK,
  QUOTE,
  SPACE,
  TEXT_ACTION,
} from './byte-tables.ts';
import type { JsonOut } from './json-out.ts';
import { referenceAt } from './read-reference.ts';
import { openAttribute } from './xml-json.ts';
import type { XmlReader } from './xml-reader.ts';
import { malformed } from './xml-reader.ts';

/** Why copying stopped. */
export const COPY = {
  /** At `<`, or at the `]]>` of the CDATA section. */
  done: 0,
  /** At `&`. */
  reference: 1,
  /** The buffer ends. */
  needsInput: 2,
  /** The output is full. */
  isFull: 3,
  /** One more character was copied; never given to the caller. */
  goesOn: 4,
} as const;
type Copy = (typeof COPY)[keyof typeof COPY];

const REPLACEMENT = Buffer.from('\ufffd');

/**
 * Copies text up to the next `<` or `&`, or the inside of a CDATA section, as JSON string characters, noting where trailing white space begins.
 * Whole characters are copied, and one is begun only while `out.at` is not above its limit: where an output gets full does not depend on how
 * the input was split. A byte makes at most two bytes of output (U+FFFD takes three), hence the portions: within one, no check is needed.
 */
export function copyText(reader: XmlReader, out: JsonOut, isCdata: boolean): Copy {
  const actions = isCdata ? CDATA_ACTION : TEXT_ACTION;
  for (;;) {
    if (reader.at >= reader.end) return COPY.needsInput;
    const isWithin = ((reader.bytes[reader.at] ?? 0) & 0xc0) === 0x80;
    if (out.at > out.limit && !isWithin) return COPY.isFull;
    const portion = Math.min(reader.end, reader.at + Math.max(0, (out.limit - out.at) >> 1) + 1);
    if (!copyRun(reader, out, actions, portion)) continue;
    const next = look(reader, out, isCdata);
    if (next !== COPY.goesOn) return next;
  }
}

/** Copies up to `stop`; true when it stopped earlier, at a byte that needs a closer look. */
function copyRun(reader: XmlReader, out: JsonOut, actions: Uint8Array, stop: number): boolean {
  const from = reader.bytes;
  const to = out.bytes;
  let i = reader.at;
  let o = out.at;
  let { trimAt } = out;
  for (; i < stop; i++) {
    const byte = from[i] ?? 0;
    const action = actions[byte] ?? 0;
    if (action === LOOK) break;
    if (action === 0) to[o++] = byte;
    else {
      to[o++] = BACKSLASH;
      to[o++] = action;
    }
    if (byte > SPACE) trimAt = o;
  }
  reader.at = i;
  out.at = o;
  out.trimAt = trimAt;
  return i < stop;
}

function look(reader: XmlReader, out: JsonOut, isCdata: boolean): Copy {
  const { at, bytes, end } = reader;
  const byte = bytes[at] ?? 0;
  if (byte === LESS) return COPY.done;
  if (byte === AMPERSAND) return COPY.reference;
  if (byte !== CLOSE_BRACKET) putReplacement(reader, out);
  else {
    const isPair = at + 1 < end && bytes[at + 1] === CLOSE_BRACKET;
    if (at + 1 >= end || (isPair && at + 2 >= end)) return COPY.needsInput;
    if (isPair && bytes[at + 2] === GREATER) {
      if (isCdata) return COPY.done;
      throw malformed(reader, at, '"]]>" in text');
    }
    out.bytes[out.at++] = CLOSE_BRACKET;
  }
  out.trimAt = out.at;
  reader.at++;
  return COPY.goesOn;
}

function putReplacement(reader: XmlReader, out: JsonOut): void {
  reader.illegal++;
  out.bytes.set(REPLACEMENT, out.at);
  out.at += REPLACEMENT.length;
}

/** Copies part of the buffer as JSON string characters, markup and all; `makeRoom` is called whenever `reader.out` is full. */
export function copyMarkup(reader: XmlReader, from: number, to: number, makeRoom: () => void): void {
  const { at, end } = reader;
  reader.at = from;
  reader.end = to;
  while (reader.at < to) {
    const stopped = copyText(reader, reader.out, true);
    if (stopped === COPY.isFull) makeRoom();
    else if (reader.at < to) {
      // A bracket that ends the part, or begins what would end a CDATA section.
      reader.out.bytes[reader.out.at++] = CLOSE_BRACKET;
      reader.at++;
    }
  }
  reader.at = at;
  reader.end = end;
}

/** Writes the character of a reference as JSON string characters. It counts as text even where it is white space. */
export function putCharacter(reader: XmlReader, out: JsonOut, code: number): void {
  const character = isXmlCharacter(code) ? String.fromCodePoint(code) : '';
  if (character === '') putReplacement(reader, out);
  else out.at += out.bytes.write(code < 0x80 ? JSON.stringify(character).slice(1, -1) : character, out.at, 'utf8');
  out.trimAt = out.at;
}

/** The `Char` production of XML 1.0. */
function isXmlCharacter(code: number): boolean {
  if (code < 0x20) return code === 0x09 || code === 0x0a || code === 0x0d;
  if (code >= 0xd800 && code <= 0xdfff) return false;
  return code <= 0x10ffff && code !== 0xfffe && code !== 0xffff;
}

/**
 * Writes the attributes of the last start tag as members of the open value: references resolved, white space normalised to blanks as XML
 * asks. False when there is no room.
 */
export function putAttributes(reader: XmlReader, out: JsonOut): boolean {
  const { attributes, bytes } = reader;
  for (let n = 0; n < 4 * reader.attributeCount; n += 4) {
    if (!openAttribute(out, bytes, attributes[n] ?? 0, attributes[n + 1] ?? 0)) return false;
    const to = attributes[n + 3] ?? 0;
    for (let at = attributes[n + 2] ?? 0; at < to;) {
      if (out.at > out.limit) return false;
      at = copyAttributeByte(reader, out, at);
    }
    out.bytes[out.at++] = QUOTE;
  }
  return true;
}

/** Copies a byte of an attribute's value, or the character of a reference, and returns the index after it. */
function copyAttributeByte(reader: XmlReader, out: JsonOut, at: number): number {
  const byte = reader.bytes[at] ?? 0;
  const reference = byte === AMPERSAND ? referenceAt(reader, at) : undefined;
  const action = IS_SPACE[byte] === 1 ? 0 : (CDATA_ACTION[byte] ?? 0);
  if (reference !== undefined) putCharacter(reader, out, reference.code);
  else if (action === LOOK && byte < SPACE) putReplacement(reader, out);
  else {
    if (action > LOOK) out.bytes[out.at++] = BACKSLASH;
    out.bytes[out.at++] = IS_SPACE[byte] === 1 ? SPACE : action > LOOK ? action : byte;
  }
  return reference?.end ?? at + 1;
}
