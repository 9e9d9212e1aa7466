import type { ListState } from './record-list-state.ts';
import { rollback } from '../xml/xml-json.ts';
import { nameOf, type XmlReader } from '../xml/xml-reader.ts';

/*
 * XML is held back from the start of each child of a record or item. Normally nothing is copied: it stands in the reader's text until the
 * element ends. An element that does not fit is taken back out of the JSON, and its XML handed out.
 */

/** Holds XML back from the tag just read on. */
export function startRaw({ raw, reader }: ListState, maxBytes: number): void {
  Object.assign(raw, { isOpen: true, from: reader.tagFrom, saved: '', maxBytes });
}

/** Saves the XML of an open element, as far as it has been read, before the reader lets it go. */
export function saveRaw(state: ListState): void {
  const { raw, reader } = state;
  if (!raw.isOpen) return;
  const xml = reader.text.slice(raw.from, reader.at);
  raw.from = 0;
  if (raw.isLong) {
    if (xml !== '') handOut(state, xml, false);
    return;
  }
  raw.saved += xml;
  if (raw.saved.length > raw.maxBytes) giveUp(state);
}

/** The child being read is too long to be held: its XML goes on from its first byte. */
export function giveUp(state: ListState): void {
  const { holder, item, roles, raw, reader, valueDepth } = state;
  const name = nameOf({ names: reader.names.slice(0, valueDepth) } as XmlReader).slice(0, 200);
  raw.path = holder === item ? `${state.shape.items?.item ?? ''}/${name}` : name;
  raw.isLong = true;
  rollback(holder, state.valueFrom);
  roles.fill('ignored', valueDepth);
  roles[valueDepth] = 'long';
  if (raw.saved !== '') handOut(state, raw.saved, false);
  raw.saved = '';
}

/** A child ends that was held. False when too much XML was held for it: it is given up as a whole. */
export function endRaw(state: ListState): boolean {
  const { raw, reader } = state;
  const isHeld = raw.saved.length + reader.at - raw.from <= raw.maxBytes;
  if (!isHeld) {
    giveUp(state);
    endLong(state);
  } else raw.isOpen = false;
  return isHeld;
}

/** A child ends that was given up. Behind it, a record without items has no room for anything more: all the rest of it goes the same way. */
export function endLong(state: ListState): void {
  if (state.shape.items !== undefined) finishLong(state, state.reader.at);
}

/** The XML that is handed out ends at index `to` of the reader's text. */
export function finishLong(state: ListState, to: number): void {
  const { raw, reader } = state;
  handOut(state, reader.text.slice(raw.from, to), true);
  raw.isOpen = raw.isLong = false;
}

function handOut({ handlers, id, raw }: ListState, xml: string, isLast: boolean): void {
  handlers.long(Buffer.from(xml, 'latin1'), isLast, { path: raw.path, id });
}
