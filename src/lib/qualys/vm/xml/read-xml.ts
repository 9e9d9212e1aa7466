import { readDoctype, readStart, skipMisc, startInstruction } from './read-prolog.ts';
import { endText, readEndTag, readStartTag } from './read-tag.ts';
import type { XmlHandlers, XmlReader } from './xml-reader.ts';
import { goOn, isAt, isSpace, malformed, MAX_DEPTH, MAX_NAME_BYTES, MAX_RUN_BYTES } from './xml-reader.ts';
import { blankEnd, plainJson, textJson, trimmed } from './xml-text.ts';

const CDATA_START = '<![CDATA[';
const CDATA_END = ']]>';
/** Text of a line that is JSON as it stands, but for references that all know. */
const LINE = `([ !#-%'-;=-[^-\\xff]*(?:&(?:lt|gt|amp|quot|apos);[ !#-%'-;=-[^-\\xff]*)*)`;
/**
 * Most elements of the vendor's lists: a name, at most one attribute, text of a line or one CDATA section, and the end tag of that name. A
 * comment may stand before it.
 */
const LEAF = new RegExp(
  `[ \\t\\r\\n]*(?:<!--[^-]*-->[ \\t\\r\\n]*)?<([A-Za-z_:][\\w:.-]*)(?: ([A-Za-z_:][\\w:.-]*)="${LINE}")?>(?:${LINE}|<!\\[CDATA\\[([\\t\\n\\r -\\\\^-\\xff]*)\\]\\]>)</\\1>`,
  'y',
);
/** A reference, or what no text may hold, that may go on in the next bytes. */
const UNFINISHED = /(?:&[^;&]{0,62}|\]{1,2})$/;
const TAIL_BYTES = 64;

/**
 * Reads the next piece of markup or text. False when nothing more can be read before further bytes come. Throws a MalformedXmlError where
 * the document breaks the grammar of XML 1.0.
 *
 * Two freedoms are taken, both to keep vendor data to the byte: line ends are not normalised, and characters that XML
 * forbids become U+FFFD and are counted instead of failing the document. Characters inside comments, instructions
 * and the document type declaration are not looked at.
 */
export function readNext(reader: XmlReader, handlers: XmlHandlers): boolean {
  switch (reader.phase) {
    case 'content':
      return readLeaves(reader, handlers) || readContent(reader, handlers);
    case 'cdata':
      return readCdata(reader, handlers);
    case 'comment':
    case 'instruction':
      return skipMisc(reader);
    case 'start':
      return readStart(reader);
  }
}

/** Fails unless the document has ended: the root element is closed and nothing is left half read. */
export function assertEnded(reader: XmlReader): void {
  const { at, cleaner, hasRoot, names, phase, text } = reader;
  const isBehindRoot = hasRoot && names.length === 0 && phase === 'content';
  if (isBehindRoot && at >= text.length && !cleaner.isWithin()) return;
  const where = names.length > 0 ? `inside ${names.length} open elements` : 'outside the root element';
  throw malformed(reader, text.length, `the document ends ${where}`);
}

/** Reads leaves in one go each; whatever else comes, or is not whole, is left to the grammar below. */
function readLeaves(reader: XmlReader, handlers: XmlHandlers): boolean {
  const { at, names, text } = reader;
  if (!reader.isBlank || names.length === 0 || names.length >= MAX_DEPTH) return false;
  for (;;) {
    LEAF.lastIndex = reader.at;
    const match = LEAF.exec(text);
    if (match === null || !isTaken(reader, match, handlers)) return reader.at > at;
    reader.at = LEAF.lastIndex;
  }
}

function isTaken(reader: XmlReader, match: RegExpExecArray, handlers: XmlHandlers): boolean {
  const name = match[1] ?? '';
  const attribute = match[2];
  const line = match[4];
  const json = line === undefined ? JSON.stringify(match[5]) : `"${lineJson(reader, trimmed(line))}"`;
  if (name.length > MAX_NAME_BYTES || (attribute?.length ?? 0) > MAX_NAME_BYTES) return false;
  if (attribute === undefined) return handlers.leaf(name, json);
  const value = lineJson(reader, match[3] ?? '');
  return handlers.leaf(name, json, { name: attribute, json: value, isCdata: line === undefined });
}

function lineJson(reader: XmlReader, line: string): string {
  return line.includes('&') ? textJson(reader, line, reader.at) : line;
}

function readContent(reader: XmlReader, handlers: XmlHandlers): boolean {
  const { hasRoot, isBlank, names, text } = reader;
  let { at } = reader;
  while (isBlank && isSpace(text.charCodeAt(at))) at++;
  reader.at = at;
  const isInside = names.length > 0;
  if (at >= text.length) return false;
  if (text[at] !== '<') return isInside ? readText(reader, handlers) : readStray(reader);
  switch (text[at + 1]) {
    case undefined:
      return false;
    case '!':
      return readDeclarationLike(reader, handlers);
    case '?':
      return startInstruction(reader);
  }
  if (!isInside && hasRoot) throw malformed(reader, at, 'a second root element');
  return isInside && text[at + 1] === '/' ? readEndTag(reader, handlers) : readStartTag(reader, handlers);
}

/** A comment, in an element also a CDATA section, outside the document type declaration. */
function readDeclarationLike(reader: XmlReader, handlers: XmlHandlers): boolean {
  const isInside = reader.names.length > 0;
  const isComment = isAt(reader, '<!--');
  if (isComment === true) return goOn(reader, reader.at + '<!--'.length, 'comment');
  const isOther = isAt(reader, isInside ? CDATA_START : '<!DOCTYPE');
  if (isOther === true) return isInside ? startCdata(reader, handlers) : readDoctype(reader);
  if (isComment === undefined || isOther === undefined) return false;
  const expected = isInside ? '"<!--" or "<![CDATA["' : 'a comment or a document type declaration';
  throw malformed(reader, reader.at, `expected ${expected}`);
}

/** Control characters after the root are counted and skipped, as anywhere; anything else does not belong there. */
function readStray(reader: XmlReader): true {
  const { at, hasRoot, text } = reader;
  if (text.charCodeAt(at) >= 0x20 || !hasRoot)
    throw malformed(reader, at, `${text[at] === '&' ? 'a reference' : 'text'} outside the root element`);
  reader.illegal++;
  reader.at++;
  return true;
}

function startCdata(reader: XmlReader, handlers: XmlHandlers): true {
  endText(reader, handlers, 'cdata');
  goOn(reader, reader.at + CDATA_START.length, 'cdata');
  handlers.cdata('');
  reader.isBlank = false;
  return true;
}

function readCdata(reader: XmlReader, handlers: XmlHandlers): boolean {
  const { at, text } = reader;
  const found = text.indexOf(CDATA_END, at);
  const end = found < 0 ? Math.max(at, unfinishedFrom(reader)) : found;
  if (end > at) handlers.cdata(plainJson(reader, text.slice(at, end)));
  if (found >= 0) return goOn(reader, found + CDATA_END.length, 'content');
  reader.at = end;
  return false;
}

function readText(reader: XmlReader, handlers: XmlHandlers): boolean {
  const { at, text } = reader;
  const found = text.indexOf('<', at);
  const end = found < 0 ? unfinishedFrom(reader) : found;
  if (end === at) return false;
  const run = text.slice(at, end);
  if (run.includes(CDATA_END)) throw malformed(reader, at + run.indexOf(CDATA_END), '"]]>" in text');
  const json = textJson(reader, run, at);
  const blank = blankEnd(run);
  reader.run += json;
  reader.runBlank = blank === json.length ? reader.runBlank + blank : blank;
  reader.isBlank = false;
  if (reader.run.length > MAX_RUN_BYTES) endText(reader, handlers, 'more');
  reader.at = end;
  return true;
}

/** Index from which the text at hand may be the beginning of something that goes on in the next bytes. */
function unfinishedFrom({ at, text }: XmlReader): number {
  const tail = UNFINISHED.exec(text.slice(Math.max(at, text.length - TAIL_BYTES)));
  return text.length - (tail?.[0].length ?? 0);
}
