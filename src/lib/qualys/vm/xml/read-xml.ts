import { AMPERSAND, EXCLAMATION, IS_SPACE, LESS, QUESTION, SLASH, SPACE } from './byte-tables.ts';
import { COPY, copyText, putCharacter } from './copy-text.ts';
import { skipMisc, startComment, startInstruction } from './read-misc.ts';
import { readDoctype, readStart } from './read-prolog.ts';
import { referenceAt } from './read-reference.ts';
import { readEndTag, readStartTag } from './read-tag.ts';
import type { XmlReader, XmlHandlers } from './xml-reader.ts';
import { BEFORE, isAt, malformed, PHASE, skipSpace } from './xml-reader.ts';

const CDATA_START = '<![CDATA[';
const CDATA_END = ']]>';

/**
 * Reads the next piece of markup or text. False when the buffer holds nothing more that can be read before further
 * bytes come. Throws a MalformedXmlError where the document breaks the grammar of XML 1.0.
 *
 * Two freedoms are taken, both to keep vendor data to the byte: line ends are not normalised, and characters that XML
 * forbids become U+FFFD and are counted instead of failing the document. Characters inside comments, instructions
 * and the document type declaration are not looked at.
 */
export function readNext(reader: XmlReader, handlers: XmlHandlers): boolean {
  switch (reader.phase) {
    case PHASE.content:
      return reader.bytes[reader.at] === LESS ? readMarkup(reader, handlers) : readText(reader, handlers);
    case PHASE.cdata:
      return readCdata(reader, handlers);
    case PHASE.comment:
    case PHASE.instruction:
      return skipMisc(reader);
    case PHASE.start:
      return readStart(reader);
    case PHASE.prolog:
    case PHASE.epilog:
      return readOutside(reader, handlers);
  }
}

/** Fails unless the document has ended: the root element is closed and nothing is left half read. */
export function assertEnded(reader: XmlReader): void {
  if (reader.phase === PHASE.epilog && reader.at >= reader.end && !reader.cleaner.isWithin()) return;
  const where = reader.depth > 0 ? `inside ${reader.depth} open elements` : 'outside the root element';
  throw malformed(reader, reader.end, `the document ends ${where}`);
}

function readMarkup(reader: XmlReader, handlers: XmlHandlers): boolean {
  if (reader.at + 1 >= reader.end) return false;
  switch (reader.bytes[reader.at + 1]) {
    case SLASH:
      return readEndTag(reader, handlers);
    case EXCLAMATION:
      return readDeclarationLike(reader, handlers);
    case QUESTION:
      return startInstruction(reader);
    default:
      return readStartTag(reader, handlers);
  }
}

/** A comment or a CDATA section. */
function readDeclarationLike(reader: XmlReader, handlers: XmlHandlers): boolean {
  const isComment = isAt(reader, reader.at, '<!--');
  if (isComment) return startComment(reader);
  const isCdata = isAt(reader, reader.at, CDATA_START);
  if (isCdata) return startCdata(reader, handlers);
  if (isComment === undefined || isCdata === undefined) return false;
  throw malformed(reader, reader.at, 'expected "<!--" or "<![CDATA["');
}

function startCdata(reader: XmlReader, handlers: XmlHandlers): true {
  if (reader.isInText) {
    reader.isInText = false;
    handlers.closeText(BEFORE.cdata);
  }
  reader.at += CDATA_START.length;
  reader.phase = PHASE.cdata;
  handlers.openText(true);
  reader.isBlank = false;
  return true;
}

function readCdata(reader: XmlReader, handlers: XmlHandlers): boolean {
  for (;;) {
    const stopped = copyText(reader, reader.out, true);
    if (stopped === COPY.needsInput) return false;
    if (stopped === COPY.done) break;
    handlers.makeRoom();
  }
  reader.at += CDATA_END.length;
  reader.phase = PHASE.content;
  return true;
}

function readText(reader: XmlReader, handlers: XmlHandlers): boolean {
  if (!reader.isInText && !startText(reader, handlers)) return reader.at < reader.end;
  for (;;) {
    switch (copyText(reader, reader.out, false)) {
      case COPY.done:
        return true;
      case COPY.reference:
        if (!readReference(reader)) return false;
        break;
      case COPY.isFull:
        handlers.makeRoom();
        break;
      default:
        return false;
    }
  }
}

/** Begins a run of text; false when there is only white space, which is dropped, before the next markup. */
function startText(reader: XmlReader, handlers: XmlHandlers): boolean {
  if (reader.isBlank) {
    reader.at = skipSpace(reader, reader.at);
    if (reader.at >= reader.end || reader.bytes[reader.at] === LESS) return false;
  }
  handlers.openText(false);
  reader.out.runAt = reader.out.at;
  reader.out.trimAt = reader.out.at;
  reader.isInText = true;
  reader.isBlank = false;
  return true;
}

function readReference(reader: XmlReader): boolean {
  const reference = referenceAt(reader, reader.at);
  if (reference === undefined) return false;
  putCharacter(reader, reader.out, reference.code);
  reader.at = reference.end;
  return true;
}

/** Before and after the root element: white space, comments, instructions; before it also the document type. */
function readOutside(reader: XmlReader, handlers: XmlHandlers): boolean {
  reader.at = skipSpace(reader, reader.at);
  if (reader.at + 1 >= reader.end) return reader.at < reader.end && readStray(reader);
  if (reader.bytes[reader.at] !== LESS) return readStray(reader);
  const second = reader.bytes[reader.at + 1] ?? 0;
  if (second === QUESTION) return startInstruction(reader);
  if (second !== EXCLAMATION) return readRoot(reader, handlers);
  const isComment = isAt(reader, reader.at, '<!--');
  if (isComment) return startComment(reader);
  const isDoctype = isAt(reader, reader.at, '<!DOCTYPE');
  if (isDoctype) return readDoctype(reader);
  if (isComment === undefined || isDoctype === undefined) return false;
  throw malformed(reader, reader.at, 'expected a comment or a document type declaration');
}

function readRoot(reader: XmlReader, handlers: XmlHandlers): boolean {
  if (reader.hasRoot) throw malformed(reader, reader.at, 'a second root element');
  return readStartTag(reader, handlers);
}

/** Control characters after the root are counted and skipped, as anywhere; anything else does not belong there. */
function readStray(reader: XmlReader): boolean {
  const byte = reader.bytes[reader.at] ?? 0;
  if (byte === LESS) return false;
  const isControl = byte < SPACE && IS_SPACE[byte] === 0;
  if (!isControl || !reader.hasRoot) {
    throw malformed(reader, reader.at, `${byte === AMPERSAND ? 'a reference' : 'text'} outside the root element`);
  }
  reader.illegal++;
  reader.at++;
  return true;
}
