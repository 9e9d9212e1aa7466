import { createLeafReader } from './lists/read-leaf-texts.ts';
import { ownDocument } from './own-document.ts';

/**
 * Reads a document to its end and keeps nothing of it.
 * @throws VendorDocumentError for another root element, RetryableError for a document that is malformed or ends early.
 */
export async function readWhole(body: AsyncIterable<Uint8Array>, root: string): Promise<void> {
  const reader = createLeafReader();
  for await (const part of ownDocument(body, root)) reader.write(part);
  reader.end();
}
