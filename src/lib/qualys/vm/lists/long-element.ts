import type { ListState } from './record-list-state.ts';
import { rollback } from '../xml/xml-json.ts';
import { fromBytes } from '../xml/xml-reader.ts';

/*
 * The reader keeps its text from the start of each child of a record or item until that ends. An element that does not fit is taken back out
 * of the JSON, and its XML handed out.
 */

/** Hands out the XML of an element that is too long, as far as it has been read, before the reader lets it go. */
export function letGo(state: ListState): void {
  const { maxRawBytes, reader } = state;
  if (reader.keptFrom === undefined) return;
  if (state.longPath === undefined && reader.at - reader.keptFrom > maxRawBytes) giveUp(state);
  if (state.longPath === undefined) return;
  handOut(state, reader.at, false);
  reader.keptFrom = reader.at;
}

/** The child being read is too long to be held: its XML goes on from its first byte. */
export function giveUp(state: ListState): void {
  const { holder, item, reader, roles, shape, valueDepth } = state;
  const name = fromBytes(reader.names[valueDepth - 1] ?? '').slice(0, 200);
  state.longPath = holder === item ? `${shape.items?.item ?? ''}/${name}` : name;
  rollback(holder, state.valueFrom);
  roles.fill('ignored', valueDepth);
  roles[valueDepth] = 'long';
}

/** A child ends that was held. False when too much XML was held for it: it is given up as a whole. */
export function endRaw(state: ListState): boolean {
  const { maxRawBytes, reader } = state;
  const isHeld = reader.at - (reader.keptFrom ?? 0) <= maxRawBytes;
  if (!isHeld) {
    giveUp(state);
    endLong(state);
  } else reader.keptFrom = undefined;
  return isHeld;
}

/** A child ends that was given up. Behind it, a record without items has no room for anything more: all the rest of it goes the same way. */
export function endLong(state: ListState): void {
  if (state.shape.items !== undefined) finishLong(state, state.reader.at);
}

/** The XML that is handed out ends at index `to` of the reader's text. */
export function finishLong(state: ListState, to: number): void {
  handOut(state, to, true);
  state.reader.keptFrom = undefined;
  state.longPath = undefined;
}

function handOut({ handlers, id, longPath, reader: { keptFrom, text } }: ListState, to: number, isLast: boolean): void {
  handlers.long(Buffer.from(text.slice(keptFrom, to), 'latin1'), isLast, { path: longPath ?? '', id });
}
