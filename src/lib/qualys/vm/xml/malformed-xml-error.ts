import { RetryableError } from '../../../errors.ts';

/** An answer that is not well-formed XML, or is cut off: read it again, never take it for a short page. */
export class MalformedXmlError extends RetryableError {
  override name = 'MalformedXmlError';
  /** Offset of the byte at which reading failed, from the start of the document. */
  readonly byte: number;
  constructor(byte: number, why: string) {
    super(`the XML answer is malformed at byte ${byte}: ${why}`, { scope: 'answer' });
    this.byte = byte;
  }
}
