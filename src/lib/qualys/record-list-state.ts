import { createJsonOut, type JsonOut } from './xml/json-out.ts';
import { createXmlReader, MAX_DEPTH, type XmlReader } from './xml/xml-reader.ts';

/** Names of the elements of a list. */
export interface ListShape {
  readonly root: string;
  /** The list, a child of RESPONSE; it may come several times. */
  readonly list: string;
  /** A record, its child. */
  readonly record: string;
  /** The record's id, its child. */
  readonly id: string;
}

/** Who gets the records; bytes are valid during the call only. */
export interface ListHandlers {
  /** A record as JSON text, and its id where it has one. */
  readonly record: (json: Buffer, id: string | undefined) => void;
  /** Bytes of the XML of a record that is too long to be held, from its first one on. */
  readonly long: (xml: Uint8Array, isLast: boolean, id: string | undefined) => void;
}

/** A record above this many bytes goes on as text while it is read. The vendor's have a few KB, at most some hundred. */
export const MAX_RECORD_BYTES = 1024 * 1024;
const MAX_FIELD_BYTES = 64 * 1024;
/** What is of no interest is written over and over. */
const IGNORED_BYTES = 4096;

/** What an open element is. */
export const PLACE = {
  document: 0,
  root: 1,
  response: 2,
  list: 3,
  record: 4,
  /** A child of a record, or anything inside it. */
  value: 5,
  warning: 6,
  /** A small text of a warning, or of RESPONSE itself. */
  warningField: 7,
  responseField: 8,
  ignored: 9,
} as const;
export type Place = (typeof PLACE)[keyof typeof PLACE];

/** State of reading one list. */
export interface ListState {
  readonly shape: ListShape;
  readonly handlers: ListHandlers;
  readonly reader: XmlReader;
  /** What the element open at each depth is. */
  readonly places: Place[];
  /** The record being read. */
  readonly record: JsonOut;
  readonly field: JsonOut;
  readonly ignored: JsonOut;
  /** The XML of the record being read, held back in case it is too long. */
  readonly raw: RawXml;
  readonly responseFields: Map<string, string>;
  readonly warning: { code: string; url: string };
  hasResponse: boolean;
}

/** XML from the start tag of the record on. */
export interface RawXml {
  isOpen: boolean;
  /** Index in the reader's window from which the XML has not been saved yet. */
  from: number;
  saved: Buffer[];
  length: number;
  /** Set once the record is known to be too long: its XML goes on as it comes. */
  isLong: boolean;
  /** The record's id, once it has been read. */
  id: string | undefined;
}

/** A list at its beginning. */
export function createListState(shape: ListShape, handlers: ListHandlers): ListState {
  return {
    shape,
    handlers,
    reader: createXmlReader(),
    places: Array.from({ length: MAX_DEPTH + 1 }, () => PLACE.document),
    record: createJsonOut(MAX_RECORD_BYTES),
    field: createJsonOut(MAX_FIELD_BYTES),
    ignored: createJsonOut(IGNORED_BYTES),
    raw: { isOpen: false, from: 0, saved: [], length: 0, isLong: false, id: undefined },
    responseFields: new Map(),
    warning: { code: '', url: '' },
    hasResponse: false,
  };
}
