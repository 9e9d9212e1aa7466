import { keepId } from './record-list-handlers.ts';
import { endTextRoom, ROLE, startRoom, type ListState } from './record-list-state.ts';
import { isName } from '../xml/read-name.ts';
import { leafNameEnd, readLeafText } from '../xml/read-leaf.ts';
import { closeMember, openMember, openTextObject, rollbackMember, settleText } from '../xml/xml-json.ts';

/** Reads a child of a record or item where it is a leaf: most of a page. False where it is not, or is not whole yet. */
export function readListLeaf(state: ListState): boolean {
  const { roles, raw, reader, shape, textName } = state;
  const role = roles[reader.depth];
  const isItem = role === ROLE.item;
  if (!isItem && role !== ROLE.record && role !== ROLE.itemList) return false;
  if (raw.isLong) return false;
  const nameTo = leafNameEnd(reader);
  if (nameTo < 0) return false;
  const nameFrom = reader.at + 1;
  const { bytes } = reader;
  const isText = isItem && isName(bytes, nameFrom, nameTo, textName);
  if (!isItem && shape.items !== undefined) {
    const name = bytes.toString('latin1', nameFrom, nameTo);
    if (name === (role === ROLE.record ? shape.items.list : shape.items.item)) return false;
  }
  return takeLeaf(state, nameFrom, nameTo, isText);
}

function takeLeaf(state: ListState, nameFrom: number, nameTo: number, isText: boolean): boolean {
  const { holder, item, raw, reader } = state;
  settleText(holder);
  startRoom(state, isText);
  raw.isOpen = false;
  const isOpen = openMember(holder, reader.bytes, nameFrom, nameTo) && (!isText || openTextObject(holder));
  if (!isOpen || !readLeafText(reader, holder, nameTo)) {
    if (holder.level > 0) rollbackMember(holder, 0);
    return false;
  }
  if (isText) {
    closeMember(holder);
    endTextRoom(state);
  }
  if (holder !== item) keepId(state, reader.bytes, nameFrom, nameTo);
  closeMember(holder);
  return true;
}
