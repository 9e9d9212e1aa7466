import { RetryableError } from '../../../errors.ts';
import { assertEnded, readNext } from '../xml/read-xml.ts';
import { unescaped } from '../xml/xml-json.ts';
import { createXmlReader, write, type XmlHandlers } from '../xml/xml-reader.ts';

const LONGEST_TEXT_BYTES = 65_536;

/**
 * Makes a reader for a document of short texts, however long as a whole. It tells the path (`/ROOT/…/NAME`) and the text of each element without child elements; without `onText` it only reads.
 * Its memory does not grow with the document.
 * @throws RetryableError for a text above 64 KB that would have to be told, and for what the XML reader refuses.
 */
export function createLeafReader(onText?: (path: string, text: string) => void) {
  const reader = createXmlReader();
  let text = '';
  let isLeaf = false;
  const add = (json: string): void => {
    text += json;
    if (text.length <= LONGEST_TEXT_BYTES) return;
    text = '';
    if (onText === undefined) return;
    const path = ['', ...reader.names].join('/');
    throw new RetryableError(`Qualys sent a text above ${LONGEST_TEXT_BYTES} bytes in ${path}`, { scope: 'answer' });
  };
  const handlers: XmlHandlers = {
    leaf: (name, json) => {
      if (json.length > LONGEST_TEXT_BYTES) return false;
      onText?.(['', ...reader.names, name].join('/'), unescaped(json.slice(1, -1)));
      isLeaf = false;
      return true;
    },
    startElement: () => {
      text = '';
      isLeaf = true;
    },
    endElement: () => {
      if (isLeaf) onText?.(['', ...reader.names].join('/'), unescaped(text));
      isLeaf = false;
    },
    text: (json, blank) => add(json.slice(0, json.length - blank)),
    cdata: add,
  };
  return {
    /** Takes the next bytes. @throws RetryableError when the document is malformed. */
    write: (bytes: Uint8Array): void => write(reader, bytes, () => readNext(reader, handlers)),
    /** Says that nothing more comes. @throws RetryableError when the document is not complete. */
    end: (): void => assertEnded(reader),
  };
}
