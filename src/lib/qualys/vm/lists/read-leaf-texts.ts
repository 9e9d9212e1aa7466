import { RetryableError } from '../../../errors.ts';
import { createJsonOut, unescapedText } from '../xml/json-out.ts';
import { assertEnded, readNext } from '../xml/read-xml.ts';
import { closeText } from '../xml/xml-json.ts';
import { createXmlReader, write, type XmlHandlers } from '../xml/xml-reader.ts';

/** Reads the texts of a document that holds only short ones, of any length as a whole. */
export interface LeafReader {
  /** Takes the next bytes. @throws RetryableError when the document is malformed. */
  readonly write: (bytes: Uint8Array) => void;
  /** Says that nothing more comes. @throws RetryableError when the document is not complete. */
  readonly end: () => void;
}

const LONGEST_TEXT_BYTES = 65_536;

/**
 * Makes a reader that tells the path (`/ROOT/…/NAME`) and the text of each element without child elements; without `onText` it only reads.
 * Its memory does not grow with the document.
 * @throws RetryableError for a text above 64 KB that would have to be told, and for what the XML reader refuses.
 */
export function createLeafReader(onText?: (path: string, text: string) => void): LeafReader {
  const reader = createXmlReader();
  reader.out = createJsonOut(LONGEST_TEXT_BYTES);
  const paths = [''];
  let isLeaf = false;
  const handlers: XmlHandlers = {
    startElement: (from, to) => {
      paths.push(`${paths.at(-1) ?? ''}/${reader.bytes.toString('utf8', from, to)}`);
      reader.out.at = 0;
      isLeaf = true;
    },
    endElement: () => {
      const path = paths.pop() ?? '';
      // The XML reader copies text in the form of JSON strings.
      if (isLeaf) onText?.(path, unescapedText(reader.out, 0, reader.out.at));
      isLeaf = false;
      reader.out.at = 0;
    },
    openText: () => undefined,
    closeText: (isLast) => closeText(reader.out, isLast),
    makeRoom: () => {
      const { out } = reader;
      out.at = out.runAt = out.trimAt = 0;
      if (onText === undefined) return;
      throw new RetryableError(`Qualys sent a text above ${LONGEST_TEXT_BYTES} bytes in ${paths.at(-1) ?? ''}`, {
        scope: 'answer',
      });
    },
  };
  return {
    write: (bytes) => write(reader, bytes, () => readNext(reader, handlers)),
    end: () => assertEnded(reader),
  };
}
