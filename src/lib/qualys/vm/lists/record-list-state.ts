import { createJsonOut, type JsonOut } from '../xml/json-out.ts';
import { createXmlReader, MAX_DEPTH, type XmlReader } from '../xml/xml-reader.ts';

/** Names of the elements of a list. */
export interface ListShape {
  readonly root: string;
  /** The list, a child of RESPONSE; it may come several times. */
  readonly list: string;
  /** A record, its child. */
  readonly record: string;
  /** The record's id, its child. */
  readonly id: string;
  /** What a record has many of, however many. */
  readonly items?: ItemShape;
}

/** Items of a record, which are handed out one by one. */
export interface ItemShape {
  /** Their list, a child of the record; what else is in it counts as the record's. */
  readonly list: string;
  readonly item: string;
  /** A child that is always an object with its text: markup inside it is text too, and it may be long. */
  readonly text: string;
  /** An item's other elements go no further than this, in bytes of JSON text. */
  readonly maxItemBytes: number;
  /** Nor does its text: what is behind that place will be cut off, and leaves room for what follows it. */
  readonly textTo: number;
  /** A child of the record holds at most so many bytes of JSON text. */
  readonly maxElementBytes: number;
}

/** Who gets the records; bytes are valid during the call only. */
export interface ListHandlers {
  /** A record as JSON text, and its id where it has one; without what `takeRecord` has taken. */
  readonly record: (json: Buffer, id: string | undefined) => void;
  /** An item of the record being read. */
  readonly item?: (json: Buffer) => void;
  /** Bytes of the XML of an element that is too long to be held, from its first one on; its record comes without it. */
  readonly long: (xml: Uint8Array, isLast: boolean, element: LongElement) => void;
}

/** An element whose XML is handed out. */
export interface LongElement {
  /** Its name, that of its item before it. */
  readonly path: string;
  /** The id of its record, as far as it is known. */
  readonly id: string | undefined;
}

/** A record and an item are held up to so many bytes of JSON text. The vendor's have a few KB, at most some hundred. */
export const MAX_RECORD_BYTES = 1024 * 1024;
export const MAX_ITEM_BYTES = 4 * MAX_RECORD_BYTES;
/** XML of an element that is held back in case it becomes too long. */
const MAX_RAW_BYTES = 256 * 1024;
const MAX_FIELD_BYTES = 64 * 1024;
/** What is of no interest is written over and over. */
const IGNORED_BYTES = 4096;

/** What an open element is. */
export const ROLE = {
  document: 0,
  root: 1,
  response: 2,
  list: 3,
  record: 4,
  itemList: 5,
  item: 6,
  /** A child of a record or an item, or anything inside it. */
  value: 7,
  /** The text of an item, and markup inside it. */
  text: 8,
  markup: 9,
  warning: 10,
  /** A small text of a warning, or of RESPONSE itself. */
  warningField: 11,
  responseField: 12,
  ignored: 13,
  /** An element whose XML is handed out. */
  long: 14,
} as const;
export type Role = (typeof ROLE)[keyof typeof ROLE];

/** State of reading one list. */
export interface ListState {
  readonly shape: ListShape;
  readonly handlers: ListHandlers;
  readonly reader: XmlReader;
  readonly idName: Buffer;
  readonly textName: Buffer;
  /** What the element open at each depth is. */
  readonly roles: Uint8Array;
  /** The record being read, its item, and which of the two is being written. */
  readonly record: JsonOut;
  readonly item: JsonOut;
  holder: JsonOut;
  /** The record's id, once it has been read. */
  id: string | undefined;
  /** Where the elements of the item must end. */
  itemLimit: number;
  /** Depth of the child of record or item being read. */
  valueDepth: number;
  readonly raw: RawXml;
  readonly field: JsonOut;
  readonly ignored: JsonOut;
  /** Takes text where there should be none. */
  readonly stray: JsonOut;
  readonly responseFields: Map<string, string>;
  /** Of the warning being read, and of the one that counts. */
  readonly warningFields: Map<string, string>;
  warning: { readonly code: string; readonly url: string };
  hasResponse: boolean;
}

/** XML from the start tag of an element on, held back in case it is too long. */
export interface RawXml {
  isOpen: boolean;
  /** Index in the reader's buffer from which the XML has not been saved yet. */
  from: number;
  saved: Buffer[];
  length: number;
  maxBytes: number;
  /** Set once the element is known to be too long: its XML goes on as it comes. */
  isLong: boolean;
  path: string;
}

/** A list at its beginning. */
export function createListState(shape: ListShape, handlers: ListHandlers): ListState {
  const record = createJsonOut(MAX_RECORD_BYTES);
  return {
    shape,
    handlers,
    reader: createXmlReader(),
    idName: Buffer.from(shape.id),
    textName: Buffer.from(shape.items?.text ?? ''),
    roles: new Uint8Array(MAX_DEPTH + 2),
    record,
    item: createJsonOut(shape.items === undefined ? 0 : MAX_ITEM_BYTES),
    holder: record,
    id: undefined,
    itemLimit: 0,
    valueDepth: 0,
    raw: { isOpen: false, from: 0, saved: [], length: 0, maxBytes: 0, isLong: false, path: '' },
    field: createJsonOut(MAX_FIELD_BYTES),
    ignored: createJsonOut(IGNORED_BYTES),
    stray: createJsonOut(IGNORED_BYTES),
    responseFields: new Map(),
    warningFields: new Map(),
    warning: { code: '', url: '' },
    hasResponse: false,
  };
}

/** Gives a child of the open record or item the room that it may take, and begins to hold its XML. */
export function startRoom(state: ListState, isText: boolean): void {
  const { holder, item, itemLimit, raw, reader, shape } = state;
  const { maxElementBytes = MAX_RECORD_BYTES } = shape.items ?? {};
  if (isText) holder.limit = MAX_ITEM_BYTES;
  else holder.limit = holder === item ? itemLimit : Math.min(MAX_RECORD_BYTES, holder.at + maxElementBytes);
  raw.isOpen = true;
  raw.from = reader.tagFrom;
  raw.length = 0;
  raw.maxBytes = isText ? MAX_ITEM_BYTES : Math.min(MAX_RECORD_BYTES, Math.max(MAX_RAW_BYTES, maxElementBytes));
}

/** The text of the item ends: what will be cut off it leaves room for the elements behind it. */
export function endTextRoom(state: ListState): void {
  const { holder, shape } = state;
  if (shape.items !== undefined) state.itemLimit += Math.max(0, holder.at - shape.items.textTo);
}
