import { RetryableError } from '../errors.ts';
import { MAX_RECORD_BYTES, PLACE, type ListState, type Place } from './record-list-state.ts';
import { clear } from './xml/json-out.ts';
import { putAttributes } from './xml/put-attributes.ts';
import {
  closeMember,
  closeText,
  closeValue,
  openMember,
  openObject,
  openString,
  openText,
  settleText,
} from './xml/xml-json.ts';
import { nameAt, type XmlSink } from './xml/xml-reader.ts';

/** What the reader's events mean for a list. */
export function createListSink(state: ListState): XmlSink {
  return {
    startElement: (from, to) => startElement(state, from, to),
    endElement: () => endElement(state),
    openText: (isCdata) => {
      if (state.reader.out === state.record && !openText(state.record, isCdata)) giveUp(state);
    },
    closeText: (before) => closeText(state.reader.out, before),
    makeRoom: () => makeRoom(state),
  };
}

function startElement(state: ListState, from: number, to: number): void {
  const { places, reader } = state;
  const parent = places[reader.depth - 1] ?? PLACE.document;
  const place = placeOf(state, parent, reader.bytes.toString('utf8', from, to));
  places[reader.depth] = place;
  if (place === PLACE.response) state.hasResponse = true;
  if (place === PLACE.record) startRecord(state);
  else if (place === PLACE.value) startValue(state, from, to);
  else if (place === PLACE.warningField || place === PLACE.responseField) startField(state);
  else reader.out = state.ignored;
}

function placeOf({ shape }: ListState, parent: Place, name: string): Place {
  switch (parent) {
    case PLACE.document:
      return PLACE.root;
    case PLACE.root:
      return name === 'RESPONSE' ? PLACE.response : PLACE.ignored;
    case PLACE.response:
      if (name === shape.list) return PLACE.list;
      if (name === 'WARNING') return PLACE.warning;
      return name === 'CODE' || name === 'TEXT' ? PLACE.responseField : PLACE.ignored;
    case PLACE.list:
      return name === shape.record ? PLACE.record : PLACE.ignored;
    case PLACE.record:
    case PLACE.value:
      return PLACE.value;
    case PLACE.warning:
      return PLACE.warningField;
    default:
      return PLACE.ignored;
  }
}

function startRecord(state: ListState): void {
  const { raw, reader, record } = state;
  Object.assign(raw, { isOpen: true, from: reader.tagFrom, saved: [], length: 0, isLong: false, id: undefined });
  clear(record);
  openObject(record);
  reader.out = record;
  if (!putAttributes(reader, record)) giveUp(state);
}

function startValue(state: ListState, from: number, to: number): void {
  const { raw, reader, record } = state;
  reader.out = raw.isLong ? state.ignored : record;
  if (raw.isLong) return;
  settleText(record);
  if (!openMember(record, reader.bytes, from, to) || !putAttributes(reader, record)) giveUp(state);
}

function startField(state: ListState): void {
  clear(state.field);
  openString(state.field);
  state.reader.out = state.field;
}

function endElement(state: ListState): void {
  const { places, raw, reader, record } = state;
  const place = places[reader.depth];
  if (place === PLACE.value && !raw.isLong) {
    settleText(record);
    closeMember(record);
    keepId(state);
  } else if (place === PLACE.record) endRecord(state);
  else if (place === PLACE.warningField || place === PLACE.responseField) endField(state, place);
  const parent = places[reader.depth - 1];
  const isInRecord = (parent === PLACE.record || parent === PLACE.value) && !raw.isLong;
  reader.out = isInRecord ? record : state.ignored;
}

function endRecord(state: ListState): void {
  const { handlers, raw, reader, record } = state;
  if (raw.isLong) {
    handlers.long(reader.bytes.subarray(raw.from, reader.at), true, raw.id);
  } else {
    settleText(record);
    closeValue(record);
    handlers.record(record.bytes.subarray(0, record.at), raw.id);
  }
  raw.isOpen = false;
  raw.saved = [];
}

function endField({ field, reader, responseFields, warning }: ListState, place: Place): void {
  closeValue(field);
  const text = JSON.parse(field.bytes.toString('utf8', 0, field.at)) as string;
  const name = nameAt(reader, reader.depth);
  if (place === PLACE.responseField) responseFields.set(name, text);
  else if (name === 'CODE') warning.code = text;
  else if (name === 'URL') warning.url = text;
}

/** The text of the child that has just ended, where it is the record's id. */
function keepId({ places, raw, reader, record, shape }: ListState): void {
  const isChild = places[reader.depth - 1] === PLACE.record;
  if (!isChild || raw.id !== undefined || nameAt(reader, reader.depth) !== shape.id) return;
  const id: unknown = JSON.parse(record.bytes.toString('utf8', record.valueAt[record.level + 1], record.at));
  if (typeof id === 'string' && id !== '') raw.id = id;
}

function makeRoom(state: ListState): void {
  const { field, ignored, reader, record } = state;
  if (reader.out === record) giveUp(state);
  else if (reader.out === field)
    throw new RetryableError(`Qualys sent a text above ${field.limit} bytes in ${nameAt(reader, reader.depth)}`, {
      scope: 'answer',
    });
  ignored.at = 0;
}

/** The record is too long to be held: its XML goes on as text from its first byte. */
function giveUp(state: ListState): void {
  const { handlers, raw, reader } = state;
  raw.isLong = true;
  reader.out = state.ignored;
  for (const saved of raw.saved) handlers.long(saved, false, raw.id);
  raw.saved = [];
}

/** Saves the XML of an open record, up to index `to` of the window, before the window moves on. */
export function flushRaw(state: ListState, to: number): void {
  const { handlers, raw, reader } = state;
  if (!raw.isOpen) return;
  const bytes = reader.bytes.subarray(raw.from, to);
  raw.from = to;
  if (raw.isLong) {
    if (bytes.length > 0) handlers.long(bytes, false, raw.id);
    return;
  }
  raw.saved.push(Buffer.from(bytes));
  raw.length += bytes.length;
  if (raw.length > MAX_RECORD_BYTES) giveUp(state);
}
