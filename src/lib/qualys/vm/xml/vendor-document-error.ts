import { ConnectorError } from '../../../errors.ts';

/** How many bytes of a foreign document are kept for its classification. */
export const VENDOR_DOCUMENT_BYTES = 64 * 1024;

/** The answer is another document than the one asked for: a `SIMPLE_RETURN`, a `GENERIC_RETURN`, HTML, plain text, or nothing. */
export class VendorDocumentError extends ConnectorError {
  override name = 'VendorDocumentError';
  /** Name of the root element, `html` for any HTML; empty when the body is no markup at all. */
  readonly root: string;
  /** The first {@link VENDOR_DOCUMENT_BYTES} of the body. */
  readonly text: string;
  constructor(root: string, text: string) {
    const body = text.trim() === '' ? 'empty' : 'not XML';
    super(`the answer is ${root === '' ? body : `a ${root} document`}`);
    this.root = root;
    this.text = text;
  }
}
