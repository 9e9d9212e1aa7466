import { GREATER, QUESTION } from './byte-tables.ts';
import { nameEndAt, NEEDS_INPUT } from './read-name.ts';
import type { XmlReader } from './xml-reader.ts';
import { malformed, PHASE } from './xml-reader.ts';

/** Enters the comment whose `<!--` stands at the reader's place. */
export function startComment(reader: XmlReader): true {
  reader.at += '<!--'.length;
  reader.phase = PHASE.comment;
  return true;
}

/** Enters the processing instruction whose `<?` stands at the reader's place; false when its target is not whole. */
export function startInstruction(reader: XmlReader): boolean {
  const from = reader.at + 2;
  const to = nameEndAt(reader, from);
  if (to === NEEDS_INPUT) return false;
  const target = reader.bytes.toString('latin1', from, to);
  if (/^xml$/i.test(target)) throw malformed(reader, reader.at, 'an XML declaration that is not at the very start');
  const next = reader.bytes[to] ?? 0;
  if (next !== QUESTION && next > 0x20)
    throw malformed(reader, to, 'expected white space after the target of an instruction');
  reader.at = to;
  reader.phase = PHASE.instruction;
  return true;
}

/** Skips a comment or an instruction; false when it goes on beyond the buffer. */
export function skipMisc(reader: XmlReader): boolean {
  const isComment = reader.phase === PHASE.comment;
  const index = reader.bytes.subarray(reader.at, reader.end).indexOf(isComment ? '--' : '?>');
  // The first byte of the mark may be the last one of the buffer.
  reader.at = index < 0 ? Math.max(reader.at, reader.end - 1) : reader.at + index;
  const to = reader.at + (isComment ? 3 : 2);
  if (index < 0 || to > reader.end) return false;
  if (reader.bytes[to - 1] !== GREATER) throw malformed(reader, reader.at, '"--" in a comment');
  reader.at = to;
  reader.phase = reader.depth > 0 ? PHASE.content : reader.hasRoot ? PHASE.epilog : PHASE.prolog;
  return true;
}
