import { RetryableError } from '../../../errors.ts';
import { createJsonOut, unescapedText } from '../xml/json-out.ts';
import { leafNameEnd, readLeafText } from '../xml/read-leaf.ts';
import { assertEnded, readNext } from '../xml/read-xml.ts';
import { closeText } from '../xml/xml-json.ts';
import { append, createXmlReader, type XmlSink } from '../xml/xml-reader.ts';

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
      // The XML reader copies text in the form of JSON strings.
      if (isLeaf) onText(path, unescapedText(reader.out, 0, reader.out.at));
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
  const takeLeaf = (): boolean => {
    const nameTo = leafNameEnd(reader);
    if (nameTo < 0) return false;
    const nameFrom = reader.at + 1;
    reader.out.at = 0;
    const isTaken = readLeafText(reader, reader.out, nameTo);
    if (isTaken) {
      isLeaf = false;
      const name = reader.bytes.toString('latin1', nameFrom, nameTo);
      onText(`${paths.at(-1) ?? ''}/${name}`, unescapedText(reader.out, 0, reader.out.at));
    }
    reader.out.at = 0;
    return isTaken;
  };
  return {
    write: (bytes) => {
      for (let at = 0; at < bytes.length;) {
        at = append(reader, bytes, at);
        while (takeLeaf() || readNext(reader, sink));
      }
    },
    end: () => assertEnded(reader),
  };
}
