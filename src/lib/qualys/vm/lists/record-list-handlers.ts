import { RetryableError } from '../../../errors.ts';
import { nextIdMinOf } from '../next-id-min.ts';
import {
  addAttributes,
  addMember,
  addText,
  closeMember,
  endObject,
  openMember,
  openText,
  settleText,
  startObject,
  unescaped,
  type JsonOut,
} from '../xml/xml-json.ts';
import { fromBytes, malformed, nameOf, type Before, type XmlAttribute, type XmlHandlers } from '../xml/xml-reader.ts';
import { plainJson } from '../xml/xml-text.ts';
import { endLong, endRaw, finishLong, giveUp, startRaw } from './long-element.ts';
import {
  endTextRoom,
  giveRoom,
  MAX_ITEM_BYTES,
  MAX_RECORD_BYTES,
  type ListState,
  type Role,
} from './record-list-state.ts';

/** A small text of a warning, or of RESPONSE itself. */
const MAX_FIELD_BYTES = 64 * 1024;
/** What is let pass where only elements may stand: what XML forbids, and white space. */
const STRAY = /^(?:\ufffd|\s|\\[nrt])*$/;

/** What the reader's events mean for a list. */
export function createListHandlers(state: ListState): XmlHandlers {
  return {
    leaf: (name, json, attribute) => takeLeaf(state, name, json, attribute),
    startElement: (name, attributes) => startElement(state, name, attributes),
    endElement: () => {
      ENDED[roleOf(state)]?.(state);
      state.roles.pop();
    },
    text: (json, blank, before) => {
      const text = isBlankKept(state, before) ? json : json.slice(0, json.length - blank);
      if (text !== '') takeText(state, text, false);
    },
    cdata: (json) => takeText(state, json, true),
  };
}

/** What the innermost open element is. */
function roleOf({ roles }: ListState): Role {
  return roles[roles.length - 1] ?? 'document';
}

/** Takes a child of a record or item that is a leaf: most of a page. False where it is not to be taken, or does not fit. */
function takeLeaf(
  state: ListState,
  name: string,
  text: string,
  attribute?: Parameters<XmlHandlers['leaf']>[2],
): boolean {
  const { holder, item, raw, shape } = state;
  const role = roleOf(state);
  const isItem = role === 'item';
  if ((!isItem && role !== 'record' && role !== 'itemList') || raw.isLong) return false;
  if (!isItem && shape.items !== undefined && roleIn(state, role, name) !== 'value') return false;
  const isText = isItem && name === shape.items?.text;
  if (isText && attribute !== undefined) return false;
  const json = attribute === undefined ? text : attributedJson(text, attribute);
  settleText(holder);
  giveRoom(state, isText);
  if (!addMember(holder, name, json, isText ? '#cdata-section' : undefined)) return false;
  if (isText) endTextRoom(state, holder.size - 1);
  if (holder !== item && attribute === undefined) keepId(state, name, json.slice(1, -1));
  return true;
}

/** An element with an attribute; a text that is empty counts where it is a CDATA section. */
function attributedJson(text: string, { isCdata, json, name }: XmlAttribute & { readonly isCdata: boolean }): string {
  const key = isCdata ? '#cdata-section' : '#text';
  return text === '""' && !isCdata ? `{"@${name}":"${json}"}` : `{"@${name}":"${json}","${key}":${text}}`;
}

function startElement(state: ListState, name: string, attributes: readonly XmlAttribute[]): void {
  const { holder, raw, record } = state;
  const parent = roleOf(state);
  const role = roleIn(state, parent, name);
  const isValue = role === 'value' || role === 'text';
  state.roles.push(isValue && raw.isLong ? 'ignored' : role);
  if (isValue && !raw.isLong) startValue(state, name, attributes, parent !== 'value');
  else if (role === 'markup') keepTag(state);
  else if (role === 'response') state.hasResponse = true;
  else if (role === 'warningField' || role === 'responseField') state.field = '';
  else if (role === 'record') {
    state.id = undefined;
    start(state, record, attributes);
  } else if (role === 'item') {
    settleText(record);
    state.itemLimit = state.shape.items?.maxItemBytes ?? 0;
    start(state, state.item, attributes);
  } else if (role === 'itemList') {
    settleText(holder);
    takeAttributes(state, attributes);
  }
}

function roleIn({ shape: { items, list, record } }: ListState, parent: Role, name: string): Role {
  switch (parent) {
    case 'document':
      return 'root';
    case 'root':
      return name === 'RESPONSE' ? 'response' : 'ignored';
    case 'response':
      if (name === list) return 'list';
      if (name === 'WARNING') return 'warning';
      return name === 'CODE' || name === 'TEXT' ? 'responseField' : 'ignored';
    case 'list':
      return name === record ? 'record' : 'ignored';
    case 'record':
      return name === items?.list ? 'itemList' : 'value';
    case 'itemList':
      return name === items?.item ? 'item' : 'value';
    case 'item':
      return name === items?.text ? 'text' : 'value';
    case 'text':
    case 'markup':
      return 'markup';
    case 'warning':
      return 'warningField';
    case 'value':
      return 'value';
    default:
      return 'ignored';
  }
}

function start(state: ListState, out: JsonOut, attributes: readonly XmlAttribute[]): void {
  state.holder = out;
  startObject(out);
  takeAttributes(state, attributes);
}

function takeAttributes({ holder, reader }: ListState, attributes: readonly XmlAttribute[]): void {
  holder.limit = MAX_RECORD_BYTES;
  if (!addAttributes(holder, attributes))
    throw malformed(reader, reader.tagFrom, `too many attributes on ${nameOf(reader)}`);
}

/** A child of a record or item starts, or an element inside it. */
function startValue(state: ListState, name: string, attributes: readonly XmlAttribute[], isChild: boolean): void {
  const { holder, reader } = state;
  const isText = roleOf(state) === 'text';
  settleText(holder);
  if (isChild) {
    state.valueDepth = reader.names.length;
    state.valueFrom = holder.size;
    startRaw(state, giveRoom(state, isText));
  }
  const isOpen = openMember(holder, name) && addAttributes(holder, attributes);
  if (!isOpen || (isText && !openMember(holder, '#cdata-section', true))) giveUp(state);
}

/** Markup inside the text of an item is text: what is meant as XML there comes in CDATA sections. */
function keepTag(state: ListState): void {
  const { reader } = state;
  takeText(state, plainJson(reader, reader.text.slice(reader.tagFrom, reader.at)), false);
  reader.isBlank = false;
}

/** What the end of an element means, by its role. */
const ENDED: Partial<Record<Role, (state: ListState) => void>> = {
  value: endValue,
  text: (state) => {
    if (!endRaw(state)) return;
    settleText(state.holder);
    endTextRoom(state, state.holder.size);
    closeMember(state.holder);
  },
  // An empty element has been kept whole with its start.
  markup: (state) => {
    if (state.reader.text[state.reader.tagFrom + 1] === '/') keepTag(state);
  },
  long: endLong,
  item: (state) => {
    const { handlers, item, record } = state;
    state.holder = record;
    handlers.item?.(endObject(item));
  },
  itemList: ({ record }) => settleText(record),
  record: (state) => {
    const { handlers, id, raw, reader, record } = state;
    if (raw.isLong) finishLong(state, reader.tagFrom);
    handlers.record(endObject(record), id);
    state.id = undefined;
  },
  warningField: (state) => endField(state, state.warningFields),
  responseField: (state) => endField(state, state.responseFields),
  // One warning a document is documented; of several, one that names a next page counts.
  warning: (state) => {
    const { warning, warningFields: fields } = state;
    if (nextIdMinOf(warning.url) === undefined)
      state.warning = { code: fields.get('CODE') ?? '', url: fields.get('URL') ?? '' };
    fields.clear();
  },
};

function endValue(state: ListState): void {
  const { holder, item, reader, valueDepth } = state;
  settleText(holder);
  const isChild = reader.names.length === valueDepth;
  if (isChild && !endRaw(state)) return;
  const value = holder.top;
  if (isChild && holder !== item && value?.members === undefined) keepId(state, value?.name ?? '', value?.text ?? '');
  closeMember(holder);
}

function endField({ field, reader }: ListState, fields: Map<string, string>): void {
  fields.set(nameOf(reader), unescaped(field));
}

/** Keeps the text of the child of a record that ends, where it is the record's id and not empty. */
function keepId(state: ListState, name: string, json: string): void {
  if (state.id === undefined && name === state.shape.id && json !== '') state.id = unescaped(json);
}

/** Inside the text of an item, white space before markup that is kept as text is kept too. */
function isBlankKept(state: ListState, before: Before): boolean {
  const role = roleOf(state);
  return (role === 'text' && before === 'startTag') || (role === 'markup' && before !== 'cdata');
}

/** Text of the innermost element: a run of it, or of a CDATA section what has come. */
function takeText(state: ListState, json: string, isCdata: boolean): void {
  const { holder, item, raw, reader } = state;
  const role = roleOf(state);
  switch (role) {
    case 'root':
    case 'response':
    case 'list':
    case 'warning':
      if (isCdata) throw malformed(reader, reader.at, `CDATA in ${nameOf(reader)}`);
      if (!STRAY.test(fromBytes(json))) throw malformed(reader, reader.at, `text in ${nameOf(reader)}`);
      return;
    case 'warningField':
    case 'responseField':
      takeField(state, json);
      return;
    case 'record':
    case 'itemList':
    case 'item':
      if (raw.isLong) return;
      // What a row cannot hold of it is for those who make rows.
      holder.limit = holder === item ? MAX_ITEM_BYTES : MAX_RECORD_BYTES;
      if (!openText(holder, isCdata) || !addText(holder, json))
        throw malformed(reader, reader.at, `too much text in ${nameOf(reader)}`);
      return;
    case 'value':
    case 'text':
    case 'markup':
      if ((role === 'value' && !openText(holder, isCdata)) || !addText(holder, json)) giveUp(state);
      return;
    default:
      return;
  }
}

function takeField(state: ListState, json: string): void {
  state.field += json;
  if (state.field.length <= MAX_FIELD_BYTES) return;
  throw new RetryableError(`Qualys sent a text above ${MAX_FIELD_BYTES} bytes in ${nameOf(state.reader)}`, {
    scope: 'answer',
  });
}
