import { RetryableError } from '../../../errors.ts';
import { createTextCleaner } from './clean-text.ts';

/** Bytes of the document taken in one go: a larger write is read in portions. */
const PORTION_BYTES = 64 * 1024;
/** Largest start or end tag. No Qualys element has long attributes; a tag must be whole to be read. */
export const MAX_TAG_BYTES = 64 * 1024;
/** Most elements open at once. The vendor's documents use eleven. */
export const MAX_DEPTH = 64;
/** Longest name. */
export const MAX_NAME_BYTES = 1024;
/** Most attributes of one element. */
export const MAX_ATTRIBUTES = 256;
/** A run of text above this, in bytes of JSON, is told in pieces: nobody takes so long a text. */
export const MAX_RUN_BYTES = 4 * 1024 * 1024;

/** State of reading one document, as it is at its start. Its texts have one character a byte, all of them UTF-8. */
export function createXmlReader() {
  return {
    /** The part of the document at hand. */
    text: '',
    /** Index in it of the next byte to read. */
    at: 0,
    /** Offset in the document of its first byte. */
    offset: 0,
    /** Where the reader stands in the grammar: before the first byte, in what is named, or between all that. */
    phase: 'start' as 'start' | 'content' | 'cdata' | 'comment' | 'instruction',
    /** Offset of the document behind its byte order mark. */
    startsAt: 0,
    /** Names of the open elements. */
    names: [] as string[],
    /** Index of the first byte of the last tag. */
    tagFrom: 0,
    /** Index from which on what has been read is kept as well; undefined for: nothing is. */
    keptFrom: undefined as number | undefined,
    /** Whether leading white space of the next run of text is dropped: nothing but tags came before it in its element. */
    isBlank: true,
    /** The run of text being read, as JSON, and how much of its end is white space. */
    run: '',
    runBlank: 0,
    /** Control characters and references that XML forbids met so far, each replaced by U+FFFD. */
    illegal: 0,
    hasDoctype: false,
    hasRoot: false,
    cleaner: createTextCleaner(),
  };
}

export type XmlReader = ReturnType<typeof createXmlReader>;

/** What a run of text ends before, or that it goes on. */
export type Before = 'cdata' | 'startTag' | 'endTag' | 'more';

/** What the reader reports. JSON is that of the characters of a string, without its quotes but for that of a leaf. */
export interface XmlHandlers {
  /** An element comes that is a name and plain text or one CDATA section. It is taken, unless false is returned: then it comes piece by piece. */
  readonly leaf: (name: string, json: string, attribute?: XmlAttribute & { readonly isCdata: boolean }) => boolean;
  /** A start tag or empty element, which gets its end at once. `names` of the reader ends with the element's own at both. */
  readonly startElement: (name: string, attributes: readonly XmlAttribute[]) => void;
  readonly endElement: () => void;
  /** A run of text, and how much of its end is white space that does not count, as it stands before a tag or there is nothing else. */
  readonly text: (json: string, blank: number, before: Before) => void;
  /** A CDATA section begins, with an empty text, or goes on. */
  readonly cdata: (json: string) => void;
}

/** An attribute: white space in its value is normalised to blanks as XML asks. */
export interface XmlAttribute {
  readonly name: string;
  readonly json: string;
}

/** Takes bytes of the document, in any portions. `readNext` is called as long as it finds something to read, `move` before what was read is let go. */
export function write(reader: XmlReader, input: Uint8Array, readNext: () => boolean, move?: () => void): void {
  for (let from = 0; from < input.length; from += PORTION_BYTES) {
    const bytes = reader.cleaner.write(input.subarray(from, from + PORTION_BYTES));
    move?.();
    const kept = reader.keptFrom ?? reader.at;
    reader.text = reader.text.slice(kept) + bytes.toString('latin1');
    reader.offset += kept;
    reader.at -= kept;
    if (reader.keptFrom !== undefined) reader.keptFrom = 0;
    while (readNext());
  }
}

/** Characters replaced by U+FFFD so far: what XML forbids, and what is not UTF-8. */
export function illegalCharacters({ cleaner, illegal }: XmlReader): number {
  return illegal + cleaner.replaced();
}

/** An answer that is not well-formed XML, or is cut off: read it again, never take it for a short page. */
export class MalformedXmlError extends RetryableError {
  override name = 'MalformedXmlError';
}

/** An error that names the byte at `index` of the text, counted from the start of the document. */
export function malformed(reader: XmlReader, index: number, why: string): MalformedXmlError {
  const byte = reader.offset + index;
  return new MalformedXmlError(`the XML answer is malformed at byte ${byte}: ${fromBytes(why)}`, { scope: 'answer' });
}

/** Name of the innermost element. */
export function nameOf({ names }: XmlReader): string {
  return fromBytes(names.at(-1) ?? '');
}

/** A text of one character a byte, decoded. */
export function fromBytes(text: string): string {
  return Buffer.from(text, 'latin1').toString();
}

/** Whether a literal stands at the reader's place; undefined where it may, once more bytes come. */
export function isAt({ at, text }: XmlReader, literal: string): boolean | undefined {
  if (text.startsWith(literal, at)) return true;
  return literal.startsWith(text.slice(at)) ? undefined : false;
}

/** Goes on at an index of the text, which stands there in the grammar. */
export function goOn(reader: XmlReader, at: number, phase: XmlReader['phase']): true {
  reader.at = at;
  reader.phase = phase;
  return true;
}

/** What a sticky pattern finds at the reader's place. */
export function matchAt({ at, text }: XmlReader, pattern: RegExp): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** Whether the character is one of the four that are white space in XML. */
export function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}
