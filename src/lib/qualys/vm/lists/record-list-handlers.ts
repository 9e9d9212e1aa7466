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
import { fromBytes, malformed, nameOf, type XmlAttribute, type XmlHandlers } from '../xml/xml-reader.ts';
import { plainJson } from '../xml/xml-text.ts';
import { endLong, endRaw, finishLong, giveUp } from './long-element.ts';
import {
  endTextRoom,
  giveRoom,
  MAX_ITEM_BYTES,
  MAX_RECORD_BYTES,
  type ListShape,
  type ListState,
  type Role,
} from './record-list-state.ts';

/** A small text of a warning, or of RESPONSE itself. */
const MAX_FIELD_BYTES = 64 * 1024;
/** What is let pass where only elements may stand: what XML forbids, and white space. */
const STRAY = /^(?:\ufffd|\s|\\[nrt])*$/;
/** Children of RESPONSE, beside the list. */
const RESPONSE: ReadonlyMap<string, Role> = new Map([
  ['WARNING', 'warning'],
  ['CODE', 'field'],
  ['TEXT', 'field'],
]);

type LeafAttribute = Parameters<XmlHandlers['leaf']>[2];

/** What is done with an element. */
interface Rules {
  /** What a child of it is; absent: to be ignored. */
  readonly child?: (shape: ListShape, name: string) => Role;
  readonly start?: (state: ListState, name: string, attributes: readonly XmlAttribute[]) => void;
  /** Takes a run of its text, or of a CDATA section what has come. */
  readonly text?: (state: ListState, json: string, isCdata: boolean) => void;
  readonly end?: (state: ListState) => void;
}

const RULES: Readonly<Record<Role, Rules>> = {
  document: { child: () => 'root' },
  root: { child: (_, name) => (name === 'RESPONSE' ? 'response' : 'ignored'), text: refuseText },
  response: {
    child: ({ list }, name) => (name === list ? 'list' : (RESPONSE.get(name) ?? 'ignored')),
    start: (state) => void (state.hasResponse = true),
    text: refuseText,
  },
  list: { child: ({ record }, name) => (name === record ? 'record' : 'ignored'), text: refuseText },
  record: {
    child: ({ items }, name) => (name === items?.list ? 'itemList' : 'value'),
    start: (state, _, attributes) => {
      state.id = undefined;
      startHolder(state, state.record, attributes);
    },
    text: takeOwnText,
    end: endRecord,
  },
  itemList: {
    child: ({ items }, name) => (name === items?.item ? 'item' : 'value'),
    start: (state, _, attributes) => {
      settleText(state.record);
      takeAttributes(state, attributes);
    },
    text: takeOwnText,
    end: ({ record }) => settleText(record),
  },
  item: {
    child: ({ items }, name) => (name === items?.text ? 'text' : 'value'),
    start: (state, _, attributes) => {
      settleText(state.record);
      state.itemLimit = state.shape.items?.maxItemBytes ?? 0;
      startHolder(state, state.item, attributes);
    },
    text: takeOwnText,
    end: (state) => {
      state.holder = state.record;
      state.handlers.item?.(endObject(state.item));
    },
  },
  value: { child: () => 'value', start: startValue, text: takeValueText, end: endValue },
  text: { child: () => 'markup', start: startValue, text: takeItemText, end: endItemText },
  // Markup inside the text of an item is text: what is meant as XML there comes in CDATA sections.
  markup: {
    child: () => 'markup',
    start: keepTag,
    text: takeItemText,
    // An empty element has been kept whole with its start.
    end: (state) => {
      if (state.reader.text[state.reader.tagFrom + 1] === '/') keepTag(state);
    },
  },
  warning: { child: () => 'field', text: refuseText, end: endWarning },
  field: { start: (state) => void (state.field = ''), text: takeField, end: endField },
  ignored: {},
  long: { end: endLong },
};

/** What the reader's events mean for a list. */
export function createListHandlers(state: ListState): XmlHandlers {
  return {
    leaf: (name, json, attribute) => takeLeaf(state, name, json, attribute),
    startElement: (name, attributes) => {
      const role = RULES[roleOf(state)].child?.(state.shape, name) ?? 'ignored';
      const isLeftOut = role === 'value' && state.longPath !== undefined;
      state.roles.push(isLeftOut ? 'ignored' : role);
      if (!isLeftOut) RULES[role].start?.(state, name, attributes);
    },
    endElement: () => {
      RULES[roleOf(state)].end?.(state);
      state.roles.pop();
    },
    text: (json, blank, before) => {
      const role = roleOf(state);
      // Before markup that is kept as text white space is kept too.
      const isBlankKept = (role === 'text' && before === 'startTag') || (role === 'markup' && before !== 'cdata');
      const text = isBlankKept ? json : json.slice(0, json.length - blank);
      if (text !== '') RULES[role].text?.(state, text, false);
    },
    cdata: (json) => RULES[roleOf(state)].text?.(state, json, true),
  };
}

/** What the innermost open element is. */
function roleOf({ roles }: ListState): Role {
  return roles[roles.length - 1] ?? 'document';
}

/** Takes a child of a record or item that is a leaf: most of a page. False where it is not to be taken, or does not fit. */
function takeLeaf(state: ListState, name: string, text: string, attribute: LeafAttribute): boolean {
  const { holder, item, longPath, shape } = state;
  const role = roleOf(state);
  if ((role !== 'item' && role !== 'record' && role !== 'itemList') || longPath !== undefined) return false;
  const isText = role === 'item' && name === shape.items?.text;
  if (isText && attribute !== undefined) return false;
  if (role !== 'item' && RULES[role].child?.(shape, name) !== 'value') return false;
  const json = attribute === undefined && !isText ? text : leafJson(text, isText, attribute);
  settleText(holder);
  giveRoom(state, isText);
  if (!addMember(holder, name, json)) return false;
  if (isText) endTextRoom(state, holder.size - 1);
  if (holder !== item && attribute === undefined) keepId(state, name, json.slice(1, -1));
  return true;
}

/** An element with an attribute is an object; a text that is empty counts there where it is a CDATA section. */
function leafJson(text: string, isText: boolean, attribute: LeafAttribute): string {
  if (attribute === undefined) return isText ? `{"#cdata-section":${text}}` : text;
  const { isCdata, json, name } = attribute;
  const key = isCdata ? '#cdata-section' : '#text';
  return text === '""' && !isCdata ? `{"@${name}":"${json}"}` : `{"@${name}":"${json}","${key}":${text}}`;
}

function startHolder(state: ListState, out: JsonOut, attributes: readonly XmlAttribute[]): void {
  state.holder = out;
  startObject(out);
  takeAttributes(state, attributes);
}

function takeAttributes({ holder, reader }: ListState, attributes: readonly XmlAttribute[]): void {
  holder.limit = MAX_RECORD_BYTES;
  if (!addAttributes(holder, attributes))
    throw malformed(reader, reader.tagFrom, `too many attributes on ${nameOf(reader)}`);
}

/** A child of a record or an item starts, or an element inside it. */
function startValue(state: ListState, name: string, attributes: readonly XmlAttribute[]): void {
  const { holder, reader, roles } = state;
  const isText = roleOf(state) === 'text';
  settleText(holder);
  if (roles.at(-2) !== 'value') {
    state.valueDepth = reader.names.length;
    state.valueFrom = holder.size;
    reader.keptFrom = reader.tagFrom;
    state.maxRawBytes = giveRoom(state, isText);
  }
  const isOpen = openMember(holder, name) && addAttributes(holder, attributes);
  if (!isOpen || (isText && !openMember(holder, '#cdata-section', true))) giveUp(state);
}

function takeValueText(state: ListState, json: string, isCdata: boolean): void {
  if (!openText(state.holder, isCdata) || !addText(state.holder, json)) giveUp(state);
}

function endValue(state: ListState): void {
  const { holder, item, reader, valueDepth } = state;
  settleText(holder);
  const isChild = reader.names.length === valueDepth;
  if (isChild && !endRaw(state)) return;
  const value = holder.top;
  if (isChild && holder !== item && value?.members === undefined) keepId(state, value?.name ?? '', value?.text ?? '');
  closeMember(holder);
}

/** Keeps the text of the child of a record that ends, where it is the record's id and not empty. */
function keepId(state: ListState, name: string, json: string): void {
  if (state.id === undefined && name === state.shape.id && json !== '') state.id = unescaped(json);
}

function keepTag(state: ListState): void {
  const { reader } = state;
  takeItemText(state, plainJson(reader, reader.text.slice(reader.tagFrom, reader.at)));
  reader.isBlank = false;
}

function takeItemText(state: ListState, json: string): void {
  if (!addText(state.holder, json)) giveUp(state);
}

function endItemText(state: ListState): void {
  if (!endRaw(state)) return;
  settleText(state.holder);
  endTextRoom(state, state.holder.size);
  closeMember(state.holder);
}

/** What a row cannot hold of the text of a record or an item is for those who make rows. */
function takeOwnText({ holder, item, longPath, reader }: ListState, json: string, isCdata: boolean): void {
  if (longPath !== undefined) return;
  holder.limit = holder === item ? MAX_ITEM_BYTES : MAX_RECORD_BYTES;
  if (!openText(holder, isCdata) || !addText(holder, json))
    throw malformed(reader, reader.at, `too much text in ${nameOf(reader)}`);
}

function endRecord(state: ListState): void {
  const { handlers, id, longPath, reader, record } = state;
  if (longPath !== undefined) finishLong(state, reader.tagFrom);
  handlers.record(endObject(record), id);
  state.id = undefined;
}

function refuseText({ reader }: ListState, json: string, isCdata: boolean): void {
  if (isCdata) throw malformed(reader, reader.at, `CDATA in ${nameOf(reader)}`);
  if (!STRAY.test(fromBytes(json))) throw malformed(reader, reader.at, `text in ${nameOf(reader)}`);
}

function takeField(state: ListState, json: string): void {
  state.field += json;
  if (state.field.length <= MAX_FIELD_BYTES) return;
  throw new RetryableError(`Qualys sent a text above ${MAX_FIELD_BYTES} bytes in ${nameOf(state.reader)}`, {
    scope: 'answer',
  });
}

function endField({ field, reader, responseFields, roles, warningFields }: ListState): void {
  const fields = roles.at(-2) === 'warning' ? warningFields : responseFields;
  fields.set(nameOf(reader), unescaped(field));
}

/** One warning a document is documented; of several, one that names a next page counts. */
function endWarning(state: ListState): void {
  const { warning, warningFields: fields } = state;
  if (nextIdMinOf(warning.url) === undefined)
    state.warning = { code: fields.get('CODE') ?? '', url: fields.get('URL') ?? '' };
  fields.clear();
}
