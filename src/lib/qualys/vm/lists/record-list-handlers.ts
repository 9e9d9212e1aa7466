import { RetryableError } from '../../../errors.ts';
import { endLong, endRaw, finishLong, giveUp } from './long-element.ts';
import { nextIdMinOf } from '../next-id-min.ts';
import { endTextRoom, ROLE, startRoom, type ListState, type Role } from './record-list-state.ts';
import { SLASH } from '../xml/byte-tables.ts';
import { copyMarkup, putAttributes } from '../xml/copy-text.ts';
import { clear, KIND, unescapedText, type JsonOut } from '../xml/json-out.ts';
import { isName } from '../xml/read-name.ts';
import {
  closeMember,
  closeText,
  closeValue,
  openMember,
  openObject,
  openString,
  openText,
  openTextObject,
  settleText,
} from '../xml/xml-json.ts';
import { BEFORE, malformed, nameAt, type Before, type XmlHandlers } from '../xml/xml-reader.ts';

/** What the reader's events mean for a list. */
export function createListHandlers(state: ListState): XmlHandlers {
  return {
    startElement: (from, to) => startElement(state, from, to),
    endElement: () => endElement(state),
    openText: (isCdata) => openElementText(state, isCdata),
    closeText: (before) => closeElementText(state, before),
    makeRoom: () => makeRoom(state),
  };
}

function startElement(state: ListState, from: number, to: number): void {
  const { roles, raw, reader } = state;
  const parent = (roles[reader.depth - 1] ?? ROLE.document) as Role;
  const role = roleOf(state, parent, from, to);
  roles[reader.depth] = role;
  if (role === ROLE.markup) keepTag(state);
  else if (role === ROLE.value || role === ROLE.text) {
    if (raw.isLong) roles[reader.depth] = ROLE.ignored;
    else startValue(state, from, to, parent !== ROLE.value);
  } else STARTED.get(role)?.(state);
  reader.out = outOf(state, roles[reader.depth]);
}

function roleOf(state: ListState, parent: Role, from: number, to: number): Role {
  const { reader, shape, textName } = state;
  switch (parent) {
    case ROLE.value:
      return ROLE.value;
    case ROLE.item:
      return isName(reader.bytes, from, to, textName) ? ROLE.text : ROLE.value;
    case ROLE.text:
    case ROLE.markup:
      return ROLE.markup;
    case ROLE.warning:
      return ROLE.warningField;
    case ROLE.document:
      return ROLE.root;
    default:
      return namedPlace(shape, parent, reader.bytes.toString('utf8', from, to));
  }
}

function namedPlace({ items, list, record }: ListState['shape'], parent: Role, name: string): Role {
  switch (parent) {
    case ROLE.root:
      return name === 'RESPONSE' ? ROLE.response : ROLE.ignored;
    case ROLE.response:
      if (name === list) return ROLE.list;
      if (name === 'WARNING') return ROLE.warning;
      return name === 'CODE' || name === 'TEXT' ? ROLE.responseField : ROLE.ignored;
    case ROLE.list:
      return name === record ? ROLE.record : ROLE.ignored;
    case ROLE.record:
      return name === items?.list ? ROLE.itemList : ROLE.value;
    case ROLE.itemList:
      return name === items?.item ? ROLE.item : ROLE.value;
    default:
      return ROLE.ignored;
  }
}

/** What the start of an element means, where it means anything beyond its role. */
const STARTED: ReadonlyMap<Role, (state: ListState) => void> = new Map([
  [ROLE.response, (state) => void (state.hasResponse = true)],
  [ROLE.record, startRecord],
  [ROLE.itemList, (state) => takeAttributes(state)],
  [ROLE.item, startItem],
  [ROLE.warningField, startField],
  [ROLE.responseField, startField],
]);

function startRecord(state: ListState): void {
  state.id = undefined;
  startObject(state, state.record);
}

function startItem(state: ListState): void {
  settleText(state.record);
  state.itemLimit = state.shape.items?.maxItemBytes ?? 0;
  startObject(state, state.item);
}

function startObject(state: ListState, out: JsonOut): void {
  state.holder = out;
  clear(out);
  openObject(out);
  takeAttributes(state);
}

function takeAttributes({ holder, reader }: ListState): void {
  settleText(holder);
  if (!putAttributes(reader, holder))
    throw malformed(reader, reader.tagFrom, `too many attributes on ${nameAt(reader, reader.depth)}`);
}

/** A child of a record or item starts, or an element inside it. */
function startValue(state: ListState, from: number, to: number, isChild: boolean): void {
  const { holder, roles, reader } = state;
  const isText = roles[reader.depth] === ROLE.text;
  settleText(holder);
  if (isChild) {
    state.valueDepth = reader.depth;
    startRoom(state, isText);
  }
  const isOpen = openMember(holder, reader.bytes, from, to) && putAttributes(reader, holder);
  if (!isOpen || (isText && !openTextObject(holder))) giveUp(state);
}

function startField(state: ListState): void {
  clear(state.field);
  openString(state.field);
}

/** Markup inside the text of an item is text: what is meant as XML there comes in CDATA sections. */
function keepTag(state: ListState): void {
  const { holder, reader } = state;
  reader.out = holder;
  copyMarkup(reader, reader.tagFrom, reader.tagTo, () => makeRoom(state));
  reader.isBlank = false;
}

function endElement(state: ListState): void {
  const { roles, reader } = state;
  ENDED.get(roles[reader.depth] as Role)?.(state);
  reader.out = outOf(state, roles[reader.depth - 1]);
}

const ENDED: ReadonlyMap<Role, (state: ListState) => void> = new Map([
  [ROLE.value, endValue],
  [ROLE.text, endText],
  [ROLE.markup, endMarkup],
  [ROLE.long, endLong],
  [ROLE.item, endItem],
  [ROLE.itemList, ({ record }) => settleText(record)],
  [ROLE.record, endRecord],
  [ROLE.warningField, (state) => endField(state, state.warningFields)],
  [ROLE.responseField, (state) => endField(state, state.responseFields)],
  [ROLE.warning, endWarning],
]);

function endValue(state: ListState): void {
  const { holder, item, reader, valueDepth } = state;
  settleText(holder);
  const isChild = reader.depth === valueDepth;
  if (isChild && !endRaw(state)) return;
  const { names, nameEnds, depth } = reader;
  if (isChild && holder !== item) keepId(state, names, nameEnds[depth - 1] ?? 0, nameEnds[depth] ?? 0);
  closeMember(holder);
}

function endText(state: ListState): void {
  const { holder } = state;
  if (!endRaw(state)) return;
  settleText(holder);
  endTextRoom(state);
  closeMember(holder);
}

/** An empty element has been kept whole with its start. */
function endMarkup(state: ListState): void {
  const { reader } = state;
  if (reader.bytes[reader.tagFrom + 1] === SLASH) keepTag(state);
}

function endItem(state: ListState): void {
  const { handlers, item, record } = state;
  settleText(item);
  closeValue(item);
  state.holder = record;
  handlers.item?.(item.bytes.subarray(0, item.at));
}

function endRecord(state: ListState): void {
  const { handlers, id, raw, reader, record } = state;
  if (raw.isLong) finishLong(state, reader.tagFrom);
  settleText(record);
  closeValue(record);
  handlers.record(record.bytes.subarray(0, record.at), id);
  state.id = undefined;
}

function endField({ field, reader }: ListState, fields: Map<string, string>): void {
  fields.set(nameAt(reader, reader.depth), unescapedText(field, 1, field.at));
}

/** One warning a document is documented; of several, one that names a next page counts. */
function endWarning(state: ListState): void {
  const { warning, warningFields: fields } = state;
  if (nextIdMinOf(warning.url) === undefined)
    state.warning = { code: fields.get('CODE') ?? '', url: fields.get('URL') ?? '' };
  fields.clear();
}

/** Keeps the text of the child of a record that ends, where it is the record's id: its name is `names[from..to)`. */
export function keepId(state: ListState, names: Uint8Array, from: number, to: number): void {
  const { id, idName, record } = state;
  if (id !== undefined || record.kind[record.level] !== KIND.text || !isName(names, from, to, idName)) return;
  const text = unescapedText(record, (record.valueAt[record.level] ?? 0) + 1, record.at);
  if (text !== '') state.id = text;
}

/** Where the text of an element goes. */
function outOf({ field, holder, ignored, raw, stray }: ListState, role: number | undefined): JsonOut {
  switch (role) {
    case ROLE.record:
    case ROLE.itemList:
      return raw.isLong ? ignored : holder;
    case ROLE.item:
    case ROLE.value:
    case ROLE.text:
    case ROLE.markup:
      return holder;
    case ROLE.warningField:
    case ROLE.responseField:
      return field;
    case ROLE.root:
    case ROLE.response:
    case ROLE.list:
    case ROLE.warning:
      return stray;
    default:
      return ignored;
  }
}

function openElementText(state: ListState, isCdata: boolean): void {
  const { holder, roles, reader } = state;
  const role = roles[reader.depth];
  if (reader.out === state.stray) {
    if (isCdata) throw malformed(reader, reader.at, `CDATA in ${nameAt(reader, reader.depth)}`);
    clear(state.stray);
  } else if (reader.out === holder && !openText(holder, isCdata)) {
    if (role === ROLE.value) giveUp(state);
    else throw tooMuchText(state);
  }
}

/** A run of text ends; inside the text of an item, white space before markup that is kept as text is kept too. */
function closeElementText(state: ListState, before: Before): void {
  const { roles, reader } = state;
  const role = roles[reader.depth];
  if (reader.out === state.stray) checkStray(state);
  const isKept =
    (role === ROLE.text && before === BEFORE.startTag) || (role === ROLE.markup && before !== BEFORE.cdata);
  if (!isKept) closeText(reader.out, before);
}

/** Where only elements may stand, text means that something is wrong with the page; illegal characters alone are let pass. */
function checkStray({ reader, stray }: ListState): void {
  const text = stray.bytes.toString('utf8', 0, stray.at);
  if (!/^(?:\ufffd|\s|\\[nrt])*$/.test(text))
    throw malformed(reader, reader.at, `text in ${nameAt(reader, reader.depth)}`);
  clear(stray);
}

function makeRoom(state: ListState): void {
  const { holder, roles, reader, stray } = state;
  const { out } = reader;
  if (out === holder && (roles[reader.depth] === ROLE.value || isWithinText(state))) giveUp(state);
  else if (out === holder) throw tooMuchText(state);
  else if (out === state.field)
    throw new RetryableError(`Qualys sent a text above ${out.limit} bytes in ${nameAt(reader, reader.depth)}`, {
      scope: 'answer',
    });
  if (out === stray) checkStray(state);
  if (out !== holder) out.at = out.runAt = out.trimAt = 0;
}

function isWithinText({ roles, reader }: ListState): boolean {
  return roles[reader.depth] === ROLE.text || roles[reader.depth] === ROLE.markup;
}

function tooMuchText({ reader }: ListState): Error {
  return malformed(reader, reader.at, `too much text in ${nameAt(reader, reader.depth)}`);
}
