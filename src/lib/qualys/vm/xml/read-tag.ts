import { AMPERSAND, APOSTROPHE, EQUALS, GREATER, LESS, QUOTE, SLASH } from './byte-tables.ts';
import { nameEndAt, NEEDS_INPUT } from './read-name.ts';
import { referenceAt } from './read-reference.ts';
import type { Before, XmlReader, XmlHandlers } from './xml-reader.ts';
import { BEFORE, malformed, MAX_ATTRIBUTES, MAX_DEPTH, MAX_TAG_BYTES, nameAt, PHASE, skipSpace } from './xml-reader.ts';

/** Reads the start tag or empty element at the reader's place; false when it is not whole in the buffer. */
export function readStartTag(reader: XmlReader, handlers: XmlHandlers): boolean {
  const nameFrom = reader.at + 1;
  const nameTo = nameEndAt(reader, nameFrom);
  if (nameTo === NEEDS_INPUT) return awaitTag(reader);
  const close = readAttributes(reader, nameTo);
  if (close === NEEDS_INPUT) return awaitTag(reader);
  const isEmpty = reader.bytes[close] === SLASH;
  const tagTo = isEmpty ? close + 2 : close + 1;
  if (isEmpty && close + 1 >= reader.end) return awaitTag(reader);
  if (isEmpty && reader.bytes[close + 1] !== GREATER) throw malformed(reader, close, 'expected "/>"');
  endText(reader, handlers, BEFORE.startTag);
  pushName(reader, nameFrom, nameTo);
  advanceTo(reader, tagTo);
  handlers.startElement(nameFrom, nameTo);
  if (isEmpty && reader.phase === PHASE.content) popElement(reader, handlers);
  return true;
}

/** Reads the end tag at the reader's place, which must close the innermost element; false when it is not whole in the buffer. */
export function readEndTag(reader: XmlReader, handlers: XmlHandlers): boolean {
  const { bytes, names, nameEnds, depth } = reader;
  let at = reader.at + 2;
  for (let n = nameEnds[depth - 1] ?? 0; n < (nameEnds[depth] ?? 0); n++, at++) {
    if (at >= reader.end) return false;
    if (bytes[at] !== names[n]) throw mismatch(reader);
  }
  at = skipSpace(reader, at);
  if (at >= reader.end) return awaitTag(reader);
  if (bytes[at] !== GREATER) throw mismatch(reader);
  endText(reader, handlers, BEFORE.endTag);
  advanceTo(reader, at + 1);
  popElement(reader, handlers);
  return true;
}

function advanceTo(reader: XmlReader, tagTo: number): void {
  reader.tagFrom = reader.at;
  reader.tagTo = tagTo;
  reader.at = tagTo;
  reader.isBlank = true;
}

function endText(reader: XmlReader, handlers: XmlHandlers, before: Before): void {
  if (!reader.isInText) return;
  reader.isInText = false;
  handlers.closeText(before);
}

function pushName(reader: XmlReader, from: number, to: number): void {
  if (reader.depth >= MAX_DEPTH) throw malformed(reader, from, `elements nest deeper than ${MAX_DEPTH}`);
  const start = reader.nameEnds[reader.depth] ?? 0;
  for (let n = from; n < to; n++) reader.names[start + n - from] = reader.bytes[n] ?? 0;
  reader.depth++;
  reader.nameEnds[reader.depth] = start + to - from;
  reader.hasRoot = true;
  reader.phase = PHASE.content;
}

function popElement(reader: XmlReader, handlers: XmlHandlers): void {
  handlers.endElement();
  reader.depth--;
  if (reader.depth === 0) reader.phase = PHASE.epilog;
}

function mismatch(reader: XmlReader): Error {
  return malformed(reader, reader.at, `expected "</${nameAt(reader, reader.depth)}>"`);
}

/** Nothing of a tag is taken before it is whole; a tag that never ends must not fill the memory. */
function awaitTag(reader: XmlReader): false {
  if (reader.end - reader.at > MAX_TAG_BYTES) throw malformed(reader, reader.at, `a tag above ${MAX_TAG_BYTES} bytes`);
  return false;
}

/** Reads attributes from the end of the name up to `>` or `/`, whose index it returns. */
function readAttributes(reader: XmlReader, from: number): number {
  reader.attributeCount = 0;
  let at = from;
  for (;;) {
    const next = skipSpace(reader, at);
    if (next >= reader.end) return NEEDS_INPUT;
    const byte = reader.bytes[next];
    if (byte === GREATER || byte === SLASH) return next;
    if (next === at) throw malformed(reader, next, 'expected white space, ">" or "/>" in a tag');
    at = readAttribute(reader, next);
    if (at === NEEDS_INPUT) return NEEDS_INPUT;
  }
}

/** Reads one attribute into the reader's table and returns the index after its closing quote. */
function readAttribute(reader: XmlReader, from: number): number {
  const nameTo = nameEndAt(reader, from);
  if (nameTo === NEEDS_INPUT) return NEEDS_INPUT;
  const equals = skipSpace(reader, nameTo);
  if (equals < reader.end && reader.bytes[equals] !== EQUALS)
    throw malformed(reader, equals, 'expected "=" after an attribute');
  const quoteAt = skipSpace(reader, equals + 1);
  if (equals >= reader.end || quoteAt >= reader.end) return NEEDS_INPUT;
  const quote = reader.bytes[quoteAt] ?? 0;
  if (quote !== QUOTE && quote !== APOSTROPHE) throw malformed(reader, quoteAt, 'expected a quoted attribute value');
  const valueTo = attributeValueEnd(reader, quoteAt + 1, quote);
  if (valueTo === NEEDS_INPUT) return NEEDS_INPUT;
  addAttribute(reader, from, nameTo, quoteAt + 1, valueTo);
  return valueTo + 1;
}

function attributeValueEnd(reader: XmlReader, from: number, quote: number): number {
  for (let at = from; at < reader.end; at++) {
    const byte = reader.bytes[at];
    if (byte === quote) return at;
    if (byte === LESS) throw malformed(reader, at, '"<" in an attribute value');
    if (byte !== AMPERSAND) continue;
    const reference = referenceAt(reader, at);
    if (reference === undefined) return NEEDS_INPUT;
    at = reference.end - 1;
  }
  return NEEDS_INPUT;
}

function addAttribute(reader: XmlReader, ...ranges: readonly [number, number, number, number]): void {
  const [nameFrom, nameTo] = ranges;
  if (reader.attributeCount >= MAX_ATTRIBUTES)
    throw malformed(reader, nameFrom, `more than ${MAX_ATTRIBUTES} attributes`);
  const name = reader.bytes.subarray(nameFrom, nameTo);
  for (let n = 0; n < reader.attributeCount; n++) {
    const other = reader.bytes.subarray(reader.attributes[4 * n], reader.attributes[4 * n + 1]);
    if (name.equals(other)) throw malformed(reader, nameFrom, `attribute "${name.toString()}" twice`);
  }
  reader.attributes.set(ranges, 4 * reader.attributeCount);
  reader.attributeCount++;
}
