import { RetryableError } from '../errors.ts';
import { createJsonOut, type JsonOut } from './xml/json-out.ts';
import { assertEnded, readNext } from './xml/read-xml.ts';
import { closeText } from './xml/xml-json.ts';
import { append, createXmlReader, type XmlSink } from './xml/xml-reader.ts';

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
  const sink: XmlSink = {
    startElement: (from, to) => {
      paths.push(`${paths.at(-1) ?? ''}/${reader.bytes.toString('utf8', from, to)}`);
      reader.out.at = 0;
      isLeaf = true;
    },
    endElement: () => {
      const path = paths.pop() ?? '';
      if (isLeaf) onText(path, textOf(reader.out));
      isLeaf = false;
      reader.out.at = 0;
    },
    openText: () => undefined,
    closeText: (isLast) => closeText(reader.out, isLast),
    makeRoom: () => {
      throw new RetryableError(`Qualys sent a text above ${LONGEST_TEXT_BYTES} bytes in ${paths.at(-1) ?? ''}`);
    },
  };
  return {
    write: (bytes) => {
      for (let at = 0; at < bytes.length;) {
        at = append(reader, bytes, at);
        while (readNext(reader, sink));
      }
    },
    end: () => assertEnded(reader),
  };
}

/** The XML reader copies text in the form of JSON strings. */
function textOf({ bytes, at }: JsonOut): string {
  const json = bytes.toString('utf8', 0, at);
  return json.includes('\\') ? (JSON.parse(`"${json}"`) as string) : json;
}
