import { DASH, GREATER, QUESTION } from './byte-tables.ts';
import { nameEndAt, NEEDS_INPUT } from './read-name.ts';
import type { Phase, XmlReader } from './xml-reader.ts';
import { malformed, PHASE } from './xml-reader.ts';

/** The phase that comments and processing instructions return to. */
function surroundingPhase(reader: XmlReader): Phase {
  if (reader.depth > 0) return PHASE.content;
  return reader.hasRoot ? PHASE.epilog : PHASE.prolog;
}

/** Enters the comment whose `<!--` stands at the reader's place. */
export function startComment(reader: XmlReader): true {
  reader.at += '<!--'.length;
  reader.phase = PHASE.comment;
  return true;
}

/** Skips a comment; false when it goes on beyond the window. */
export function readComment(reader: XmlReader): boolean {
  const dash = indexBefore(reader, DASH, reader.at);
  if (dash < 0) return skipRest(reader);
  reader.at = dash;
  if (dash + 1 >= reader.end) return false;
  if (reader.bytes[dash + 1] !== DASH) {
    reader.at++;
    return true;
  }
  if (dash + 2 >= reader.end) return false;
  if (reader.bytes[dash + 2] !== GREATER) throw malformed(reader, dash, '"--" in a comment');
  reader.at = dash + 3;
  reader.phase = surroundingPhase(reader);
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

/** Skips a processing instruction; false when it goes on beyond the window. */
export function readInstruction(reader: XmlReader): boolean {
  const mark = indexBefore(reader, QUESTION, reader.at);
  if (mark < 0) return skipRest(reader);
  reader.at = mark;
  if (mark + 1 >= reader.end) return false;
  reader.at++;
  if (reader.bytes[reader.at] !== GREATER) return true;
  reader.at++;
  reader.phase = surroundingPhase(reader);
  return true;
}

/** Index of a byte in what the window holds, or -1. */
function indexBefore(reader: XmlReader, byte: number, from: number): number {
  const index = reader.bytes.subarray(from, reader.end).indexOf(byte);
  return index < 0 ? -1 : from + index;
}

function skipRest(reader: XmlReader): false {
  reader.at = reader.end;
  return false;
}
