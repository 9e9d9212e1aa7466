import { CLOSE_BRACKET, COLON, COMMA, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './byte-tables.ts';
import type { JsonOut } from './json-out.ts';
import { JOIN } from './json-out.ts';

/*
 * Members of an object that is being written as bytes. Where each of them starts is kept, so that an element of a name
 * that has come before can become part of an array in the place of the first.
 */

/** Index in `members` of that member of an open object, the innermost one unless `level` says another; or -1. */
export function findMember(out: JsonOut, key: Uint8Array, from: number, to: number, level = out.level): number {
  const end = level === out.level ? out.memberCount : (out.base[level + 1] ?? 0);
  for (let n = out.base[level] ?? 0; n < end; n++) {
    if (isKeyAt(out, (out.members[n] ?? 0) >> 1, key, from, to)) return n;
  }
  return -1;
}

function isKeyAt(out: JsonOut, keyAt: number, bytes: Uint8Array, from: number, to: number): boolean {
  if (out.bytes[keyAt + 1 + to - from] !== QUOTE) return false;
  for (let n = 0; n < to - from; n++) if (out.bytes[keyAt + 1 + n] !== bytes[from + n]) return false;
  return true;
}

/** Start and end in `bytes` of the value of a member of the open object that is complete. */
export function memberValue(out: JsonOut, member: number): readonly [number, number] {
  const from = out.bytes.indexOf(COLON, out.bytes.indexOf(QUOTE, ((out.members[member] ?? 0) >> 1) + 1)) + 1;
  const next = member + 1 < out.memberCount ? (out.members[member + 1] ?? 0) >> 1 : out.at + 1;
  return [from, next - 1];
}

/** Whether several elements have been joined in a member. */
export function isJoined(out: JsonOut, member: number): boolean {
  return ((out.members[member] ?? 0) & 1) === 1;
}

/** Writes the key of a new member, with the colon. */
export function putKey(out: JsonOut, bytes: Uint8Array, from: number, to: number): void {
  putSeparator(out);
  out.members[out.memberCount++] = out.at << 1;
  out.bytes[out.at++] = QUOTE;
  putBytes(out, bytes, from, to);
  putKeyEnd(out);
}

/** A comma, unless the object has just been opened: no complete value ends in an opening brace. */
export function putSeparator(out: JsonOut): void {
  if (out.bytes[out.at - 1] !== OPEN_BRACE) out.bytes[out.at++] = COMMA;
}

/** Ends a key. */
export function putKeyEnd(out: JsonOut): void {
  out.bytes[out.at++] = QUOTE;
  out.bytes[out.at++] = COLON;
}

/** Copies part of a short text. */
export function putBytes(out: JsonOut, bytes: Uint8Array, from: number, to: number): void {
  for (let n = from; n < to; n++) out.bytes[out.at++] = bytes[n] ?? 0;
}

/** Makes the last member an array, if it is not one yet, and leaves it open after a comma. */
export function reopenLast(out: JsonOut): void {
  const last = out.memberCount - 1;
  if (isJoined(out, last)) {
    out.bytes[out.at - 1] = COMMA;
    return;
  }
  const [from] = memberValue(out, last);
  out.bytes.copyWithin(from + 1, from, out.at);
  out.bytes[from] = OPEN_BRACKET;
  out.at++;
  out.bytes[out.at++] = COMMA;
  out.members[last] = (out.members[last] ?? 0) | 1;
}

/** After a child is complete at `valueAt`: closes the array it was appended to, or moves it into one further back. */
export function joinMember(out: JsonOut, valueAt: number): void {
  const join = out.join[out.level] ?? JOIN.asMember;
  if (join === JOIN.asMember) return;
  if (join === JOIN.atEndOfLastArray) out.bytes[out.at++] = CLOSE_BRACKET;
  else moveIntoMember(out, join, valueAt);
  out.join[out.level] = JOIN.asMember;
}

function moveIntoMember(out: JsonOut, member: number, valueAt: number): void {
  const value = Uint8Array.from(out.bytes.subarray(valueAt, out.at));
  out.at = valueAt;
  const [from, to] = memberValue(out, member);
  const wasJoined = isJoined(out, member);
  const growth = value.length + (wasJoined ? 1 : 3);
  out.bytes.copyWithin(to + growth, to, out.at);
  if (!wasJoined) {
    out.bytes.copyWithin(from + 1, from, to);
    out.bytes[from] = OPEN_BRACKET;
  }
  const comma = wasJoined ? to - 1 : to + 1;
  out.bytes[comma] = COMMA;
  out.bytes.set(value, comma + 1);
  out.bytes[comma + 1 + value.length] = CLOSE_BRACKET;
  out.at += growth;
  out.members[member] = (out.members[member] ?? 0) | 1;
  for (let n = member + 1; n < out.memberCount; n++) out.members[n] = (out.members[n] ?? 0) + 2 * growth;
}
