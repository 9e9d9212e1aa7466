import { createJsonOut } from '../xml/xml-json.ts';
import { createXmlReader } from '../xml/xml-reader.ts';

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

/** Who gets the records; JSON texts have one character a byte. */
export interface ListHandlers {
  /** A record as JSON text, and its id where it has one; without what `takeRecord` has taken. */
  readonly record: (json: string, id: string | undefined) => void;
  /** An item of the record being read. */
  readonly item?: (json: string) => void;
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

/** What an open element is. */
export type Role =
  | 'document'
  | 'root'
  | 'response'
  | 'list'
  | 'record'
  | 'itemList'
  | 'item'
  /** A child of a record or an item, or anything inside it. */
  | 'value'
  /** The text of an item, and markup inside it. */
  | 'text'
  | 'markup'
  | 'warning'
  /** A small text of a warning, or of RESPONSE itself. */
  | 'field'
  | 'ignored'
  /** An element whose XML is handed out. */
  | 'long';

/** State of reading one list, as it is at its beginning. */
export function createListState(shape: ListShape, handlers: ListHandlers) {
  const record = createJsonOut(MAX_RECORD_BYTES);
  return {
    shape,
    handlers,
    reader: createXmlReader(),
    /** What the element open at each depth is. */
    roles: ['document'] as Role[],
    /** The record being read, its item, and which of the two is being written. */
    record,
    item: createJsonOut(MAX_ITEM_BYTES),
    holder: record,
    /** The record's id, once it has been read. */
    id: undefined as string | undefined,
    /** Where the elements of the item must end. */
    itemLimit: 0,
    /** Depth of the child of record or item being read, and bytes of JSON before it. */
    valueDepth: 0,
    valueFrom: 0,
    /** Most XML that is kept of that child in case it is too long to be held. */
    maxRawBytes: 0,
    /** Set once it is known to be too long: its XML goes on as it comes, under this name. */
    longPath: undefined as string | undefined,
    /** The small text being read, and those that have been. */
    field: '',
    responseFields: new Map<string, string>(),
    /** Of the warning being read, and of the one that counts. */
    warningFields: new Map<string, string>(),
    warning: { code: '', url: '' },
    hasResponse: false,
  };
}

export type ListState = ReturnType<typeof createListState>;

/** Gives the next child of the open record or item, or its own text, the room that it may take. @returns bytes of XML that may be held for it. */
export function giveRoom({ holder, item, itemLimit, shape }: ListState, isText: boolean): number {
  const { maxElementBytes = MAX_RECORD_BYTES } = shape.items ?? {};
  if (isText) holder.limit = MAX_ITEM_BYTES;
  else holder.limit = holder === item ? itemLimit : Math.min(MAX_RECORD_BYTES, holder.size + maxElementBytes);
  return isText ? MAX_ITEM_BYTES : Math.min(MAX_RECORD_BYTES, Math.max(MAX_RAW_BYTES, maxElementBytes));
}

/** The text of the item ends: what will be cut off it leaves room for the elements behind it. `size` is that of the item up to there. */
export function endTextRoom(state: ListState, size: number): void {
  state.itemLimit += Math.max(0, size - (state.shape.items?.textTo ?? size));
}
