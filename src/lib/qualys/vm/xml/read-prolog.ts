import { checkName } from './read-tag.ts';
import type { XmlReader } from './xml-reader.ts';
import { goOn, isAt, malformed, matchAt } from './xml-reader.ts';

const BYTE_ORDER_MARK = '\u00ef\u00bb\u00bf';
const MAX_DECLARATION_BYTES = 1024;
const DECLARATION =
  /^<\?xml\s+version\s*=\s*(?:"1\.\d+"|'1\.\d+')(?:\s+encoding\s*=\s*(?:"([A-Za-z][\w.-]*)"|'([A-Za-z][\w.-]*)'))?(?:\s+standalone\s*=\s*(?:"(?:yes|no)"|'(?:yes|no)'))?\s*\?>$/;

/** Skips the byte order mark, where there is one; false when it is not whole. */
export function readStart(reader: XmlReader): boolean {
  const hasMark = isAt(reader, BYTE_ORDER_MARK);
  if (hasMark === undefined) return false;
  if (hasMark) reader.startsAt = BYTE_ORDER_MARK.length;
  return goOn(reader, reader.startsAt, 'content');
}

/** Reads the XML declaration at the reader's place; false when it is not whole. */
function readDeclaration(reader: XmlReader): boolean {
  const { at, text } = reader;
  const end = text.indexOf('?>', at) + 2;
  if ((end >= 2 ? end : text.length) - at > MAX_DECLARATION_BYTES) {
    throw malformed(reader, at, `an XML declaration above ${MAX_DECLARATION_BYTES} bytes`);
  }
  if (end < 2) return false;
  const match = DECLARATION.exec(text.slice(at, end));
  if (!match) throw malformed(reader, at, 'a malformed XML declaration');
  const encoding = match[1] ?? match[2] ?? 'UTF-8';
  if (!/^(?:utf-?8|us-ascii)$/i.test(encoding))
    throw malformed(reader, at, `encoding "${encoding}": only UTF-8 is read`);
  reader.at = end;
  return true;
}

/** Most bytes of a document type declaration. The vendor's have a hundred. */
const MAX_DOCTYPE_BYTES = 64 * 1024;
const DOCTYPE_NAME = /<!DOCTYPE[ \t\r\n]+([A-Za-z_:\x80-\xff][\w:.\x80-\xff-]*)(?=[^\w:.\x80-\xff-])/y;
/** Of its inner grammar only quotes, comments, instructions and brackets are followed, to find its end. */
const DOCTYPE_PIECE = /"[^"]*"|'[^']*'|<!--[^]*?-->|<\?[^]*?\?>|<(?!$|!$|!-|\?)|<!-(?!$|-)|[>[\]]|[^"'<>[\]]+/y;

/** Skips the document type declaration at the reader's place: nothing is declared, expanded or fetched. False when it is not whole. */
export function readDoctype(reader: XmlReader): boolean {
  const { at, text } = reader;
  if (reader.hasRoot || reader.hasDoctype) throw malformed(reader, at, 'a misplaced document type declaration');
  const name = matchAt(reader, DOCTYPE_NAME)?.[1];
  if (name !== undefined) checkName(reader, name);
  else if (!/^<!DOCTYPE(?:[ \t\r\n]+(?:[A-Za-z_:\x80-\xff][\w:.\x80-\xff-]*)?)?$/.test(text.slice(at)))
    throw malformed(reader, at, 'a document type declaration without white space and a name');
  const end = name === undefined ? -1 : doctypeEnd(reader, DOCTYPE_NAME.lastIndex);
  if (end < 0 && text.length - at > MAX_DOCTYPE_BYTES) {
    throw malformed(reader, at, `a document type declaration above ${MAX_DOCTYPE_BYTES} bytes`);
  }
  if (end < 0) return false;
  reader.hasDoctype = true;
  reader.at = end;
  return true;
}

/** Index after the declaration, from behind its name; -1 when it is not whole. */
function doctypeEnd(reader: XmlReader, from: number): number {
  let isInSubset = false;
  for (DOCTYPE_PIECE.lastIndex = from; ;) {
    const piece = DOCTYPE_PIECE.exec(reader.text)?.[0];
    if (piece === undefined) return -1;
    if (piece === '>' && !isInSubset) return DOCTYPE_PIECE.lastIndex;
    if (piece === '[' && isInSubset)
      throw malformed(reader, DOCTYPE_PIECE.lastIndex - 1, '"[" within a document type declaration');
    if (piece === '[' || piece === ']') isInSubset = piece === '[';
  }
}

const INSTRUCTION = /<\?([A-Za-z_:\x80-\xff][\w:.\x80-\xff-]*)(?=[ \t\r\n?])/y;

/** Reads the declaration or enters the processing instruction whose `<?` stands at the reader's place; false when its target is not whole. */
export function startInstruction(reader: XmlReader): boolean {
  const { at, text } = reader;
  const target = matchAt(reader, INSTRUCTION)?.[1];
  if (target === undefined) {
    if (/^<\?(?:[A-Za-z_:\x80-\xff][\w:.\x80-\xff-]{0,1023})?$/.test(text.slice(at))) return false;
    throw malformed(reader, at, 'expected a name and white space in an instruction');
  }
  if (target === 'xml' && reader.offset + at === reader.startsAt) return readDeclaration(reader);
  if (/^xml$/i.test(target)) throw malformed(reader, at, 'an XML declaration that is not at the very start');
  checkName(reader, target);
  return goOn(reader, INSTRUCTION.lastIndex, 'instruction');
}

/** Skips a comment or an instruction; false when it goes on beyond the text at hand. */
export function skipMisc(reader: XmlReader): boolean {
  const { phase, text } = reader;
  const isComment = phase === 'comment';
  const found = text.indexOf(isComment ? '--' : '?>', reader.at);
  // The first character of the mark may be the last one at hand.
  reader.at = found < 0 ? Math.max(reader.at, text.length - 1) : found;
  const end = reader.at + (isComment ? 3 : 2);
  if (found < 0 || end > text.length) return false;
  if (text[end - 1] !== '>') throw malformed(reader, reader.at, '"--" in a comment');
  return goOn(reader, end, 'content');
}
