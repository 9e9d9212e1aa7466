import { APOSTROPHE, CLOSE_BRACKET, GREATER, IS_SPACE, LESS, OPEN_BRACKET, QUOTE } from './byte-tables.ts';
import { nameEndAt, NEEDS_INPUT } from './read-name.ts';
import type { DoctypeState, XmlReader } from './xml-reader.ts';
import { isAt, malformed, PHASE, skipSpace } from './xml-reader.ts';

const BYTE_ORDER_MARK = '\u00ef\u00bb\u00bf';
const MAX_DECLARATION_BYTES = 1024;
const DECLARATION =
  /^<\?xml\s+version\s*=\s*(?:"1\.\d+"|'1\.\d+')(?:\s+encoding\s*=\s*(?:"([A-Za-z][\w.-]*)"|'([A-Za-z][\w.-]*)'))?(?:\s+standalone\s*=\s*(?:"(?:yes|no)"|'(?:yes|no)'))?\s*\?>$/;

/** Reads the byte order mark and the XML declaration, where there are any; false when they are not whole in the window. */
export function readStart(reader: XmlReader): boolean {
  if (reader.offset + reader.at === 0) {
    const hasMark = isAt(reader, 0, BYTE_ORDER_MARK);
    if (hasMark === undefined) return false;
    if (hasMark) reader.at = BYTE_ORDER_MARK.length;
  }
  const hasDeclaration = isDeclaration(reader);
  if (hasDeclaration === undefined) return false;
  if (hasDeclaration && !readDeclaration(reader)) return false;
  reader.phase = PHASE.prolog;
  return true;
}

/** `<?xml` and white space; `<?xml-stylesheet` is an ordinary instruction. */
function isDeclaration(reader: XmlReader): boolean | undefined {
  const starts = isAt(reader, reader.at, '<?xml');
  if (starts !== true) return starts;
  const next = reader.at + '<?xml'.length;
  return next < reader.end ? IS_SPACE[reader.bytes[next] ?? 0] === 1 : undefined;
}

function readDeclaration(reader: XmlReader): boolean {
  const end = reader.bytes.indexOf('?>', reader.at) + 2;
  const isWhole = end >= 2 && end <= reader.end;
  if ((isWhole ? end : reader.end) - reader.at > MAX_DECLARATION_BYTES) {
    throw malformed(reader, reader.at, `an XML declaration above ${MAX_DECLARATION_BYTES} bytes`);
  }
  if (!isWhole) return false;
  const match = DECLARATION.exec(reader.bytes.toString('latin1', reader.at, end));
  if (!match) throw malformed(reader, reader.at, 'a malformed XML declaration');
  const encoding = match[1] ?? match[2] ?? 'UTF-8';
  if (!/^(?:utf-?8|us-ascii)$/i.test(encoding))
    throw malformed(reader, reader.at, `encoding "${encoding}": only UTF-8 is read`);
  reader.at = end;
  return true;
}

/** Enters the document type declaration whose `<!DOCTYPE` stands at the reader's place. */
export function startDoctype(reader: XmlReader): true {
  if (reader.hasRoot || reader.hasDoctype) throw malformed(reader, reader.at, 'a misplaced document type declaration');
  reader.at += '<!DOCTYPE'.length;
  reader.hasDoctype = true;
  reader.phase = PHASE.doctype;
  return true;
}

/**
 * Skips a document type declaration of any size without keeping any of it: nothing is declared, expanded or fetched.
 * Of its inner grammar only quotes, comments, instructions and brackets are followed, to find its end.
 */
export function readDoctype(reader: XmlReader): boolean {
  const state = reader.doctype;
  if (!state.isNamed && !readDoctypeName(reader)) return false;
  while (reader.at < reader.end) {
    if (state.skipTo !== '') {
      if (!skipPast(reader, state.skipTo)) return false;
      state.skipTo = '';
    }
    skipToMark(reader);
    if (reader.at >= reader.end) return false;
    const isOver = readMark(reader, state);
    if (isOver !== false) return isOver === true;
  }
  return false;
}

function readDoctypeName(reader: XmlReader): boolean {
  const from = skipSpace(reader, reader.at);
  if (from >= reader.end) return false;
  if (from === reader.at) throw malformed(reader, from, 'expected white space after "<!DOCTYPE"');
  const to = nameEndAt(reader, from);
  if (to === NEEDS_INPUT) return false;
  reader.at = to;
  reader.doctype.isNamed = true;
  return true;
}

/** Skips up to the first byte after `end`; false when it is not in the window. */
function skipPast(reader: XmlReader, end: string): boolean {
  const index = reader.bytes.subarray(reader.at, reader.end).indexOf(end, 0, 'latin1');
  if (index < 0) {
    // A part of it may stand at the end of the window.
    reader.at = Math.max(reader.at, reader.end - end.length + 1);
    return false;
  }
  reader.at += index + end.length;
  return true;
}

function skipToMark(reader: XmlReader): void {
  let { at } = reader;
  while (at < reader.end && IS_MARK[reader.bytes[at] ?? 0] === 0) at++;
  reader.at = at;
}

const IS_MARK = new Uint8Array(256);
for (const byte of [QUOTE, APOSTROPHE, LESS, GREATER, OPEN_BRACKET, CLOSE_BRACKET]) IS_MARK[byte] = 1;

/** Takes a byte that has a meaning. True at the end of the declaration, undefined when further bytes are needed. */
function readMark(reader: XmlReader, state: DoctypeState): boolean | undefined {
  const byte = reader.bytes[reader.at];
  if (byte === LESS) return readInnerMarkup(reader, state);
  if (byte === QUOTE || byte === APOSTROPHE) state.skipTo = byte === QUOTE ? '"' : "'";
  else if (byte === CLOSE_BRACKET) state.isInSubset = false;
  else if (byte === OPEN_BRACKET) {
    if (state.isInSubset) throw malformed(reader, reader.at, '"[" within a document type declaration');
    state.isInSubset = true;
  } else if (!state.isInSubset) {
    reader.phase = PHASE.prolog;
    reader.at++;
    return true;
  }
  reader.at++;
  return false;
}

/** A comment, an instruction or a declaration. */
function readInnerMarkup(reader: XmlReader, state: DoctypeState): false | undefined {
  const isComment = isAt(reader, reader.at, '<!--');
  const isInstruction = isAt(reader, reader.at, '<?');
  if (isComment === undefined || isInstruction === undefined) return undefined;
  if (isComment) state.skipTo = '-->';
  else if (isInstruction) state.skipTo = '?>';
  reader.at += isComment ? '<!--'.length : 1;
  return false;
}
