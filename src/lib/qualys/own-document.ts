import { rootOf } from './parse-return.ts';
import { VENDOR_DOCUMENT_BYTES, VendorDocumentError } from './xml/vendor-document-error.ts';

/**
 * The bytes of an XML document, as they come, if its root element is `root`.
 * @throws VendorDocumentError with the beginning of any other body: an error document, a web page, nothing at all.
 */
export async function* ownDocument(body: AsyncIterable<Uint8Array>, root: string): AsyncGenerator<Uint8Array> {
  let start = Buffer.alloc(0);
  let isOwn = false;
  for await (const part of body) {
    if (isOwn) {
      yield part;
      continue;
    }
    start = Buffer.concat([start, part]);
    isOwn = wholeRoot(start.toString('utf8')) === root;
    if (isOwn) yield start;
    else if (start.length >= VENDOR_DOCUMENT_BYTES) break;
  }
  if (isOwn) return;
  const text = start.toString('utf8', 0, VENDOR_DOCUMENT_BYTES);
  throw new VendorDocumentError(rootOf(text) ?? '', text);
}

/** The root element's name once its start tag has come whole: before, its name may go on. */
function wholeRoot(start: string): string | undefined {
  const root = rootOf(start);
  return root !== undefined && start.includes('>', start.indexOf(`<${root}`)) ? root : undefined;
}
