import { IS_SPACE } from './byte-tables.ts';
import { createTextCleaner, type TextCleaner } from './clean-text.ts';
import type { JsonOut } from './json-out.ts';
import { createJsonOut } from './json-out.ts';
import { MalformedXmlError } from './malformed-xml-error.ts';

/** Bytes of the document held at a time: a larger write is read in portions. */
const BUFFER_BYTES = 256 * 1024;
/** Largest start or end tag. No Qualys element has long attributes; a tag must be whole in the buffer to be read. */
export const MAX_TAG_BYTES = 64 * 1024;
/** Most elements open at once. The vendor's documents use eleven. */
export const MAX_DEPTH = 64;
/** Longest element name. */
export const MAX_NAME_BYTES = 1024;
/** Most attributes of one element. */
export const MAX_ATTRIBUTES = 256;

/** Where the reader stands in the grammar. */
export const PHASE = {
  /** Before the first byte. */
  start: 0,
  /** Before the root element. */
  prolog: 1,
  content: 2,
  cdata: 3,
  comment: 4,
  instruction: 5,
  /** After the root element. */
  epilog: 6,
} as const;
export type Phase = (typeof PHASE)[keyof typeof PHASE];

/** State of reading one document; made by {@link createXmlReader}, fed by `append`, moved on by `readNext`. */
export interface XmlReader {
  /** Buffer over the document. Padded: reads slightly beyond `end` are harmless. */
  readonly bytes: Buffer;
  /** Index in `bytes` of the next byte to read. */
  at: number;
  /** Index in `bytes` after the last byte present. */
  end: number;
  /** Offset in the document of `bytes[0]`. */
  offset: number;
  phase: Phase;
  /** Number of open elements. */
  depth: number;
  /** Names of the open elements, one after the other; the name at depth d ends at `nameEnds[d]`. */
  readonly names: Buffer;
  readonly nameEnds: Int32Array;
  /** Attributes of the last start tag, four indexes into `bytes` each: name from, name to, value from, value to. */
  readonly attributes: Int32Array;
  attributeCount: number;
  /** First byte of the last tag in `bytes`, and the one after it. */
  tagFrom: number;
  tagTo: number;
  /** Where character data goes; the handlers sets it on every start and end of an element. */
  out: JsonOut;
  /** Whether leading white space of the next run of text is dropped: nothing but tags came before it in its element. */
  isBlank: boolean;
  /** Whether a run of text is being copied. */
  isInText: boolean;
  /** Control characters and references that XML forbids met so far, each replaced by U+FFFD. */
  illegal: number;
  hasDoctype: boolean;
  hasRoot: boolean;
  readonly cleaner: TextCleaner;
}

/** What a run of text ends before. */
export const BEFORE = { cdata: 0, startTag: 1, endTag: 2 } as const;
export type Before = (typeof BEFORE)[keyof typeof BEFORE];

/** What the reader reports. `depth` counts the element itself at both its start and its end. */
export interface XmlHandlers {
  /** A start tag or empty element; its name is `bytes[nameFrom..nameTo)`. An empty element gets its `endElement` at once. */
  readonly startElement: (nameFrom: number, nameTo: number) => void;
  readonly endElement: () => void;
  /** A run of text, or a CDATA section, begins and is copied to `out`. */
  readonly openText: (isCdata: boolean) => void;
  /** A run of text ends. Not called at the end of a CDATA section. */
  readonly closeText: (before: Before) => void;
  /** `out` is full: make room or set another one. */
  readonly makeRoom: () => void;
}

/** A reader at the start of a document. */
export function createXmlReader(): XmlReader {
  const bytes = Buffer.alloc(BUFFER_BYTES + 64);
  return {
    bytes,
    at: 0,
    end: 0,
    offset: 0,
    phase: PHASE.start,
    depth: 0,
    names: Buffer.alloc((MAX_DEPTH + 1) * MAX_NAME_BYTES),
    nameEnds: new Int32Array(MAX_DEPTH + 2),
    attributes: new Int32Array(MAX_ATTRIBUTES * 4),
    attributeCount: 0,
    tagFrom: 0,
    tagTo: 0,
    out: createJsonOut(0),
    isBlank: true,
    isInText: false,
    illegal: 0,
    hasDoctype: false,
    hasRoot: false,
    cleaner: createTextCleaner(),
  };
}

/** Takes bytes of the document, in any portions. `readNext` is called as long as it finds something to read, `move` before the buffer moves on. */
export function write(reader: XmlReader, input: Uint8Array, readNext: () => boolean, move?: () => void): void {
  const bytes = reader.cleaner.write(input);
  for (let from = 0; from < bytes.length;) {
    move?.();
    from = append(reader, bytes, from);
    while (readNext());
  }
}

/** Takes as much of `bytes` from index `from` as the buffer has room for, and returns the index after it. */
function append(reader: XmlReader, bytes: Uint8Array, from: number): number {
  reader.bytes.copyWithin(0, reader.at, reader.end);
  reader.offset += reader.at;
  reader.end -= reader.at;
  reader.at = 0;
  const to = Math.min(bytes.length, from + BUFFER_BYTES - reader.end);
  reader.bytes.set(bytes.subarray(from, to), reader.end);
  reader.end += to - from;
  return to;
}

/** Characters replaced by U+FFFD so far: what XML forbids, and what is not UTF-8. */
export function illegalCharacters({ cleaner, illegal }: XmlReader): number {
  return illegal + cleaner.replaced();
}

/** An error that names the byte at `index` of the buffer. */
export function malformed(reader: XmlReader, index: number, why: string): MalformedXmlError {
  return new MalformedXmlError(reader.offset + index, why);
}

/** Name of the element at `depth`, for messages. */
export function nameAt(reader: XmlReader, depth: number): string {
  return reader.names.toString('utf8', reader.nameEnds[depth - 1], reader.nameEnds[depth]);
}

/** Compares the bytes at `index` with an ASCII literal; undefined when they are equal as far as there are bytes. */
export function isAt(reader: XmlReader, index: number, literal: string): boolean | undefined {
  for (let n = 0; n < literal.length; n++) {
    if (index + n >= reader.end) return undefined;
    if (reader.bytes[index + n] !== literal.charCodeAt(n)) return false;
  }
  return true;
}

/** Index of the first byte at or after `from` that is not white space, at most `reader.end`. */
export function skipSpace(reader: XmlReader, from: number): number {
  let at = from;
  while (at < reader.end && IS_SPACE[reader.bytes[at] ?? 0] === 1) at++;
  return at;
}
