import { createStartFinder } from '../call/document-start.ts';
import { VENDOR_DOCUMENT_BYTES, VendorDocumentError } from './xml/vendor-document-error.ts';

/**
 * The bytes of an XML document, as they come, if its root element is `root`.
 * @throws VendorDocumentError with the beginning of any other body: an error document, a web page, nothing at all.
 */
export async function* ownDocument(body: AsyncIterable<Uint8Array>, root: string): AsyncGenerator<Uint8Array> {
  const finder = createStartFinder();
  const start: Uint8Array[] = [];
  let length = 0;
  let isOwn = false;
  for await (const part of body) {
    if (isOwn) {
      yield part;
      continue;
    }
    start.push(part);
    length += part.byteLength;
    isOwn = finder.write(part)?.root === root;
    if (isOwn) yield Buffer.concat(start, length);
    else if (length >= VENDOR_DOCUMENT_BYTES) break;
  }
  if (isOwn) return;
  const text = Buffer.concat(start, length).toString('utf8', 0, VENDOR_DOCUMENT_BYTES);
  throw new VendorDocumentError(finder.end().root ?? '', text);
}
