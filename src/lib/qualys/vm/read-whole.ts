import { ownDocument } from './own-document.ts';
import { clear, createJsonOut } from './xml/json-out.ts';
import { assertEnded, readNext } from './xml/read-xml.ts';
import { append, createXmlReader, type XmlSink } from './xml/xml-reader.ts';

const TEXT_BYTES = 4096;

/**
 * Reads a document to its end and keeps nothing of it.
 * @throws VendorDocumentError for another root element, RetryableError for a document that is malformed or ends early.
 */
export async function readWhole(body: AsyncIterable<Uint8Array>, root: string): Promise<void> {
  const reader = createXmlReader();
  const out = createJsonOut(TEXT_BYTES);
  reader.out = out;
  const forget = (): void => {
    clear(out);
    out.runAt = out.trimAt = 0;
  };
  const sink: XmlSink = {
    startElement: forget,
    endElement: forget,
    openText: forget,
    closeText: forget,
    makeRoom: forget,
  };
  for await (const part of ownDocument(body, root)) {
    for (let at = 0; at < part.length;) {
      at = append(reader, part, at);
      while (readNext(reader, sink));
    }
  }
  assertEnded(reader);
}
