import { AT, CLOSE_BRACE, CLOSE_BRACKET, COMMA, OPEN_BRACE, QUOTE } from './byte-tables.ts';
import { findMember, joinMember, putBytes, putKey, putKeyEnd, putSeparator, reopenLast } from './json-members.ts';
import type { JsonOut } from './json-out.ts';
import { JOIN, KIND } from './json-out.ts';
import type { Before } from './xml-reader.ts';
import { BEFORE } from './xml-reader.ts';

/*
 * Microsoft's XML-to-JSON form, written as bytes while the elements are read: an element with text only is a string,
 * one with attributes or children an object ("@name" for attributes, "#text" or "#cdata-section" for text), and
 * elements of one name under one parent become an array in the place of the first.
 */

const TEXT_KEY = Buffer.from('#text');
const CDATA_KEY = Buffer.from('#cdata-section');
/** What a key costs beside its name: a comma, two quotes, a colon, and the quote or brace of the value. */
const KEY_BYTES = 8;

/** Opens a value that is a string until it gets an attribute or a child. */
export function openString(out: JsonOut): void {
  pushValue(out, KIND.text);
  out.bytes[out.at++] = QUOTE;
}

/** Opens an object. */
export function openObject(out: JsonOut): void {
  pushValue(out, KIND.object);
  out.bytes[out.at++] = OPEN_BRACE;
}

function pushValue(out: JsonOut, kind: number): void {
  const level = ++out.level;
  out.valueAt[level] = out.at;
  out.kind[level] = kind;
  out.base[level] = out.memberCount;
  out.join[level] = JOIN.asMember;
}

/** Closes the open value, which is nobody's member. */
export function closeValue(out: JsonOut): void {
  out.bytes[out.at++] = out.kind[out.level] === KIND.object ? CLOSE_BRACE : QUOTE;
  out.memberCount = out.base[out.level] ?? 0;
  out.level--;
}

/**
 * Opens a member of the open object, under the key `bytes[from..to)`, as a string value. False when there is no room
 * for its key; nothing has changed then.
 */
export function openMember(out: JsonOut, bytes: Uint8Array, from: number, to: number): boolean {
  if (out.at + (to - from) + KEY_BYTES > out.limit) return false;
  becomeObject(out);
  const found = findMember(out, bytes, from, to);
  if (found < 0) putKey(out, bytes, from, to);
  else if (found === out.memberCount - 1) reopenLast(out);
  out.join[out.level] = found < 0 ? JOIN.asMember : found === out.memberCount - 1 ? JOIN.atEndOfLastArray : found;
  openString(out);
  return true;
}

/** Closes the open member and settles it among the others of its object. */
export function closeMember(out: JsonOut): void {
  closeValue(out);
  joinMember(out, out.valueAt[out.level + 1] ?? 0);
}

/** Adds a member whose value is JSON text already. False when there is no room for it. */
export function addMember(out: JsonOut, key: Uint8Array, value: Uint8Array): boolean {
  if (out.at + key.length + value.length + KEY_BYTES > out.limit) return false;
  openMember(out, key, 0, key.length);
  const valueAt = out.valueAt[out.level] ?? 0;
  out.bytes.set(value, valueAt);
  out.at = valueAt + value.length;
  out.memberCount = out.base[out.level] ?? 0;
  out.level--;
  joinMember(out, valueAt);
  return true;
}

/** Writes the key of an attribute, with its quote for the value opened; the caller writes the value and its closing quote. */
export function openAttribute(out: JsonOut, bytes: Uint8Array, from: number, to: number): boolean {
  if (out.at + (to - from) + KEY_BYTES > out.limit) return false;
  becomeObject(out);
  putSeparator(out);
  out.bytes[out.at++] = QUOTE;
  out.bytes[out.at++] = AT;
  putBytes(out, bytes, from, to);
  putKeyEnd(out);
  out.bytes[out.at++] = QUOTE;
  return true;
}

/** Makes the open value ready for text: a string takes it as it is, an object under a key of its own. False without room. */
export function openText(out: JsonOut, isCdata: boolean): boolean {
  if (out.kind[out.level] !== KIND.object) return true;
  const key = isCdata ? CDATA_KEY : TEXT_KEY;
  if (!openMember(out, key, 0, key.length)) return false;
  out.kind[out.level] = KIND.objectText;
  return true;
}

/** Makes the open value an object whose text is its only member beside attributes, even where it is empty. False without room. */
export function openTextObject(out: JsonOut): boolean {
  if (!openMember(out, CDATA_KEY, 0, CDATA_KEY.length)) return false;
  out.kind[out.level] = KIND.objectText;
  return true;
}

/** Ends the run of text that was being written: white space is dropped before a tag, and a run of nothing else always. */
export function closeText(out: JsonOut, before: Before): void {
  if (before !== BEFORE.cdata || out.trimAt === out.runAt) out.at = out.trimAt;
}

/** Closes the text of an object, if it is open, before the object gets a child or ends. */
export function settleText(out: JsonOut): void {
  if (out.kind[out.level] === KIND.objectText) closeMember(out);
}

/** Takes back the member that is open on the given level, with all that is open in it. */
export function rollbackMember(out: JsonOut, level: number): void {
  const join = out.join[level] ?? JOIN.asMember;
  const childAt = out.valueAt[level + 1] ?? 0;
  out.memberCount = out.base[level + 1] ?? 0;
  out.level = level;
  out.at = childAt;
  if (join === JOIN.asMember) {
    const keyAt = (out.members[--out.memberCount] ?? 0) >> 1;
    out.at = out.bytes[keyAt - 1] === COMMA ? keyAt - 1 : keyAt;
  } else if (join === JOIN.atEndOfLastArray) out.bytes[childAt - 1] = CLOSE_BRACKET;
  out.join[level] = JOIN.asMember;
}

/** A string that gets an attribute or a child becomes an object, its text a member. */
function becomeObject(out: JsonOut): void {
  const { level } = out;
  if (out.kind[level] === KIND.object) return;
  const valueAt = out.valueAt[level] ?? 0;
  out.kind[level] = KIND.object;
  if (out.at === valueAt + 1) {
    out.bytes[valueAt] = OPEN_BRACE;
    return;
  }
  const start = TEXT_KEY.length + 4;
  out.bytes.copyWithin(valueAt + start, valueAt, out.at);
  const textTo = out.at + start;
  out.bytes[valueAt] = OPEN_BRACE;
  out.at = valueAt + 1;
  putKey(out, TEXT_KEY, 0, TEXT_KEY.length);
  out.at = textTo;
  out.bytes[out.at++] = QUOTE;
}
