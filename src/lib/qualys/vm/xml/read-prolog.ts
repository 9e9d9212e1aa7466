import { IS_SPACE } from './byte-tables.ts';
import { nameEndAt, NEEDS_INPUT } from './read-name.ts';
import type { XmlReader } from './xml-reader.ts';
import { isAt, malformed, PHASE, skipSpace } from './xml-reader.ts';

const BYTE_ORDER_MARK = '\u00ef\u00bb\u00bf';
const MAX_DECLARATION_BYTES = 1024;
const DECLARATION =
  /^<\?xml\s+version\s*=\s*(?:"1\.\d+"|'1\.\d+')(?:\s+encoding\s*=\s*(?:"([A-Za-z][\w.-]*)"|'([A-Za-z][\w.-]*)'))?(?:\s+standalone\s*=\s*(?:"(?:yes|no)"|'(?:yes|no)'))?\s*\?>$/;

/** Reads the byte order mark and the XML declaration, where there are any; false when they are not whole in the buffer. */
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

/** Most bytes of a document type declaration. The vendor's have a hundred. */
const MAX_DOCTYPE_BYTES = 64 * 1024;
/** Of its inner grammar only quotes, comments, instructions and brackets are followed, to find its end. */
const DOCTYPE_PIECE = /"[^"]*"|'[^']*'|<!--[^]*?-->|<\?[^]*?\?>|<(?!$|!$|!-|\?)|<!-(?!$|-)|[>[\]]|[^"'<>[\]]+/y;

/**
 * Skips the document type declaration at the reader's place: nothing is declared, expanded or fetched. False when it is not whole in the
 * buffer.
 */
export function readDoctype(reader: XmlReader): boolean {
  if (reader.hasRoot || reader.hasDoctype) throw malformed(reader, reader.at, 'a misplaced document type declaration');
  const nameAt = reader.at + '<!DOCTYPE'.length;
  const from = skipSpace(reader, nameAt);
  if (from >= reader.end) return false;
  if (from === nameAt) throw malformed(reader, from, 'expected white space after "<!DOCTYPE"');
  const to = nameEndAt(reader, from);
  const length = to === NEEDS_INPUT ? 0 : doctypeLength(reader, to);
  if (length > 0) {
    reader.hasDoctype = true;
    reader.at = to + length;
  } else if (reader.end - reader.at > MAX_DOCTYPE_BYTES) {
    throw malformed(reader, reader.at, `a document type declaration above ${MAX_DOCTYPE_BYTES} bytes`);
  }
  return length > 0;
}

/** Bytes of the declaration behind its name; 0 when it is not whole. */
function doctypeLength(reader: XmlReader, from: number): number {
  const text = reader.bytes.toString('latin1', from, reader.end);
  let isInSubset = false;
  for (DOCTYPE_PIECE.lastIndex = 0; ;) {
    const at = DOCTYPE_PIECE.lastIndex;
    const piece = DOCTYPE_PIECE.exec(text)?.[0];
    if (piece === undefined) return 0;
    if (piece === '>' && !isInSubset) return at + 1;
    if (piece === '[' && isInSubset) throw malformed(reader, from + at, '"[" within a document type declaration');
    if (piece === '[' || piece === ']') isInSubset = piece === '[';
  }
}
