import { ROLE, type ListState } from './record-list-state.ts';
import { rollbackMember } from '../xml/xml-json.ts';

/*
 * XML is held back from the start of each child of a record or item. Normally nothing is copied: the bytes stand in the buffer until the
 * element ends. An element that does not fit is taken back out of the JSON, and its XML handed out.
 */

/** Saves the XML of an open element, as far as it has been read, before the buffer moves on. */
export function saveRaw(state: ListState): void {
  const { raw, reader } = state;
  const bytes = reader.bytes.subarray(raw.from, reader.at);
  raw.from = 0;
  if (!raw.isOpen) return;
  if (raw.isLong) {
    if (bytes.length > 0) handOut(state, bytes, false);
    return;
  }
  raw.saved.push(Buffer.from(bytes));
  raw.length += bytes.length;
  if (raw.length > raw.maxBytes) giveUp(state);
}

/** The child being read is too long to be held: its XML goes on from its first byte. */
export function giveUp(state: ListState): void {
  const { holder, item, roles, raw, reader, valueDepth } = state;
  const { names, nameEnds } = reader;
  const name = names.toString('utf8', nameEnds[valueDepth - 1], nameEnds[valueDepth]).slice(0, 200);
  raw.path = holder === item ? `${state.shape.items?.item ?? ''}/${name}` : name;
  raw.isLong = true;
  if (holder.level > 0) rollbackMember(holder, 0);
  roles[valueDepth] = ROLE.long;
  roles.fill(ROLE.ignored, valueDepth + 1, reader.depth + 1);
  reader.out = state.ignored;
  for (const saved of raw.saved) handOut(state, saved, false);
  raw.saved = [];
}

/** A child ends that was held. False when too much XML was held for it: it is given up as a whole. */
export function endRaw(state: ListState): boolean {
  const { raw, reader } = state;
  const isHeld = raw.length + reader.at - raw.from <= raw.maxBytes;
  if (isHeld) closeRaw(state);
  else {
    giveUp(state);
    endLong(state);
  }
  return isHeld;
}

/** A child ends that was given up. Behind it, a record without items has no room for anything more: all the rest of it goes the same way. */
export function endLong(state: ListState): void {
  if (state.shape.items !== undefined) finishLong(state, state.reader.at);
}

/** The XML that is handed out ends at index `to` of the buffer. */
export function finishLong(state: ListState, to: number): void {
  const { raw, reader } = state;
  handOut(state, reader.bytes.subarray(raw.from, to), true);
  closeRaw(state);
}

function closeRaw({ raw }: ListState): void {
  raw.isOpen = raw.isLong = false;
  if (raw.saved.length > 0) raw.saved = [];
}

function handOut({ handlers, id, raw }: ListState, xml: Uint8Array, isLast: boolean): void {
  handlers.long(xml, isLast, { path: raw.path, id });
}
