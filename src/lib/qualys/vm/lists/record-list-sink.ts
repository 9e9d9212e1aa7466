import { RetryableError } from '../../../errors.ts';
import { endLong, endRaw, finishLong, giveUp } from './long-element.ts';
import { nextIdMinOf } from '../next-id-min.ts';
import { endTextRoom, PLACE, startRoom, type ListState, type Place } from './record-list-state.ts';
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
import { BEFORE, malformed, nameAt, type Before, type XmlSink } from '../xml/xml-reader.ts';

/** What the reader's events mean for a list. */
export function createListSink(state: ListState): XmlSink {
  return {
    startElement: (from, to) => startElement(state, from, to),
    endElement: () => endElement(state),
    openText: (isCdata) => openElementText(state, isCdata),
    closeText: (before) => closeElementText(state, before),
    makeRoom: () => makeRoom(state),
  };
}

function startElement(state: ListState, from: number, to: number): void {
  const { places, raw, reader } = state;
  const parent = (places[reader.depth - 1] ?? PLACE.document) as Place;
  const place = placeOf(state, parent, from, to);
  places[reader.depth] = place;
  if (place === PLACE.markup) keepTag(state);
  else if (place === PLACE.value || place === PLACE.text) {
    if (raw.isLong) places[reader.depth] = PLACE.ignored;
    else startValue(state, from, to, parent !== PLACE.value);
  } else STARTED.get(place)?.(state);
  reader.out = outOf(state, places[reader.depth]);
}

function placeOf(state: ListState, parent: Place, from: number, to: number): Place {
  const { reader, shape, textName } = state;
  switch (parent) {
    case PLACE.value:
      return PLACE.value;
    case PLACE.item:
      return isName(reader.bytes, from, to, textName) ? PLACE.text : PLACE.value;
    case PLACE.text:
    case PLACE.markup:
      return PLACE.markup;
    case PLACE.warning:
      return PLACE.warningField;
    case PLACE.document:
      return PLACE.root;
    default:
      return namedPlace(shape, parent, reader.bytes.toString('utf8', from, to));
  }
}

function namedPlace({ items, list, record }: ListState['shape'], parent: Place, name: string): Place {
  switch (parent) {
    case PLACE.root:
      return name === 'RESPONSE' ? PLACE.response : PLACE.ignored;
    case PLACE.response:
      if (name === list) return PLACE.list;
      if (name === 'WARNING') return PLACE.warning;
      return name === 'CODE' || name === 'TEXT' ? PLACE.responseField : PLACE.ignored;
    case PLACE.list:
      return name === record ? PLACE.record : PLACE.ignored;
    case PLACE.record:
      return name === items?.list ? PLACE.itemList : PLACE.value;
    case PLACE.itemList:
      return name === items?.item ? PLACE.item : PLACE.value;
    default:
      return PLACE.ignored;
  }
}

/** What the start of an element means, where it means anything beyond its place. */
const STARTED: ReadonlyMap<Place, (state: ListState) => void> = new Map([
  [PLACE.response, (state) => void (state.hasResponse = true)],
  [PLACE.record, startRecord],
  [PLACE.itemList, (state) => takeAttributes(state)],
  [PLACE.item, startItem],
  [PLACE.warningField, startField],
  [PLACE.responseField, startField],
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
  const { holder, places, reader } = state;
  const isText = places[reader.depth] === PLACE.text;
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
  const { places, reader } = state;
  ENDED.get(places[reader.depth] as Place)?.(state);
  reader.out = outOf(state, places[reader.depth - 1]);
}

const ENDED: ReadonlyMap<Place, (state: ListState) => void> = new Map([
  [PLACE.value, endValue],
  [PLACE.text, endText],
  [PLACE.markup, endMarkup],
  [PLACE.long, endLong],
  [PLACE.item, endItem],
  [PLACE.itemList, ({ record }) => settleText(record)],
  [PLACE.record, endRecord],
  [PLACE.warningField, (state) => endField(state, state.warningFields)],
  [PLACE.responseField, (state) => endField(state, state.responseFields)],
  [PLACE.warning, endWarning],
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
function outOf({ field, holder, ignored, raw, stray }: ListState, place: number | undefined): JsonOut {
  switch (place) {
    case PLACE.record:
    case PLACE.itemList:
      return raw.isLong ? ignored : holder;
    case PLACE.item:
    case PLACE.value:
    case PLACE.text:
    case PLACE.markup:
      return holder;
    case PLACE.warningField:
    case PLACE.responseField:
      return field;
    case PLACE.root:
    case PLACE.response:
    case PLACE.list:
    case PLACE.warning:
      return stray;
    default:
      return ignored;
  }
}

function openElementText(state: ListState, isCdata: boolean): void {
  const { holder, places, reader } = state;
  const place = places[reader.depth];
  if (reader.out === state.stray) {
    if (isCdata) throw malformed(reader, reader.at, `CDATA in ${nameAt(reader, reader.depth)}`);
    clear(state.stray);
  } else if (reader.out === holder && !openText(holder, isCdata)) {
    if (place === PLACE.value) giveUp(state);
    else throw tooMuchText(state);
  }
}

/** A run of text ends; inside the text of an item, white space before markup that is kept as text is kept too. */
function closeElementText(state: ListState, before: Before): void {
  const { places, reader } = state;
  const place = places[reader.depth];
  if (reader.out === state.stray) checkStray(state);
  const isKept =
    (place === PLACE.text && before === BEFORE.startTag) || (place === PLACE.markup && before !== BEFORE.cdata);
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
  const { holder, places, reader, stray } = state;
  const { out } = reader;
  if (out === holder && (places[reader.depth] === PLACE.value || isWithinText(state))) giveUp(state);
  else if (out === holder) throw tooMuchText(state);
  else if (out === state.field)
    throw new RetryableError(`Qualys sent a text above ${out.limit} bytes in ${nameAt(reader, reader.depth)}`, {
      scope: 'answer',
    });
  if (out === stray) checkStray(state);
  if (out !== holder) out.at = out.runAt = out.trimAt = 0;
}

function isWithinText({ places, reader }: ListState): boolean {
  return places[reader.depth] === PLACE.text || places[reader.depth] === PLACE.markup;
}

function tooMuchText({ reader }: ListState): Error {
  return malformed(reader, reader.at, `too much text in ${nameAt(reader, reader.depth)}`);
}
