import { RetryableError } from '../errors.ts';
import { DASH, GREATER, IS_SPACE, LESS, SLASH } from './xml/byte-tables.ts';
import { createJsonOut, unescapedText } from './xml/json-out.ts';
import { assertEnded, readNext } from './xml/read-xml.ts';
import { closeText } from './xml/xml-json.ts';
import { append, createXmlReader, PHASE, type XmlReader, type XmlSink } from './xml/xml-reader.ts';

/** Reads the texts of a document that holds only short ones, of any length as a whole. */
export interface LeafReader {
  /** Takes the next bytes. @throws RetryableError when the document is malformed. */
  readonly write: (bytes: Uint8Array) => void;
  /** Says that nothing more comes. @throws RetryableError when the document is not complete. */
  readonly end: () => void;
}

const LONGEST_TEXT_BYTES = 65_536;

/**
 * Makes a reader that tells the path (`/ROOT/…/NAME`) and the text of each element without child elements. Its memory does not grow with the document.
 * @throws RetryableError for a text above 64 KB, and for what the XML reader refuses.
 */
export function createLeafReader(onText: (path: string, text: string) => void): LeafReader {
  const reader = createXmlReader();
  reader.out = createJsonOut(LONGEST_TEXT_BYTES);
  const paths = [''];
  let isLeaf = false;
  let previous: Leaf | undefined;
  const sink: XmlSink = {
    startElement: (from, to) => {
      paths.push(`${paths.at(-1) ?? ''}/${reader.bytes.toString('utf8', from, to)}`);
      reader.out.at = 0;
      isLeaf = true;
    },
    endElement: () => {
      const path = paths.pop() ?? '';
      // The XML reader copies text in the form of JSON strings.
      if (isLeaf) onText(path, unescapedText(reader.out, 0, reader.out.at));
      previous = isLeaf ? { path, name: Buffer.from(path.slice(path.lastIndexOf('/') + 1)) } : undefined;
      isLeaf = false;
      reader.out.at = 0;
    },
    openText: () => undefined,
    closeText: (isLast) => closeText(reader.out, isLast),
    makeRoom: () => {
      throw new RetryableError(`Qualys sent a text above ${LONGEST_TEXT_BYTES} bytes in ${paths.at(-1) ?? ''}`, {
        scope: 'answer',
      });
    },
  };
  return {
    write: (bytes) => {
      for (let at = 0; at < bytes.length;) {
        at = append(reader, bytes, at);
        while (readNumberLike(reader, isLeaf ? undefined : previous, onText) || readNext(reader, sink));
      }
    },
    end: () => assertEnded(reader),
  };
}

interface Leaf {
  readonly path: string;
  readonly name: Uint8Array;
}

/**
 * Reads an element that is like the one before it and holds nothing but digits and hyphens: most of a list of a million ids, for which
 * the grammar is a detour. False, and nothing is taken, where anything else follows or the element is not whole yet.
 */
function readNumberLike(
  reader: XmlReader,
  previous: Leaf | undefined,
  onText: (path: string, text: string) => void,
): boolean {
  if (previous === undefined || reader.phase !== PHASE.content || reader.isInText || !reader.isBlank) return false;
  const { bytes, end } = reader;
  const { name, path } = previous;
  let at = reader.at;
  while (at < end && IS_SPACE[bytes[at] ?? 0] === 1) at++;
  if (bytes[at] !== LESS || !hasName(bytes, at + 1, name)) return false;
  const from = at + name.length + 2;
  let to = from;
  while (to < end && isNumberLike(bytes[to] ?? 0)) to++;
  const after = to + name.length + 3;
  if (to === from || to - from > LONGEST_TEXT_BYTES || after > end) return false;
  if (bytes[to] !== LESS || bytes[to + 1] !== SLASH || !hasName(bytes, to + 2, name)) return false;
  reader.at = after;
  onText(path, bytes.toString('latin1', from, to));
  return true;
}

/** Whether the name and the end of a tag stand there. */
function hasName(bytes: Uint8Array, at: number, name: Uint8Array): boolean {
  for (let n = 0; n < name.length; n++) if (bytes[at + n] !== name[n]) return false;
  return bytes[at + name.length] === GREATER;
}

function isNumberLike(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || byte === DASH;
}
