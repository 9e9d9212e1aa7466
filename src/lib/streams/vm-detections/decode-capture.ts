import { clear } from '../../qualys/xml/json-out.ts';
import { putLiteral } from '../../qualys/xml/copy-character.ts';
import { COPY } from '../../qualys/xml/copy-result.ts';
import { copyCdata } from '../../qualys/xml/copy-text.ts';
import { append, createXmlReader } from '../../qualys/xml/xml-reader.ts';
import { closePart, openPart } from './decode-parts.ts';
import type { Capture, Decoder } from './decode-state.ts';

/*
 * Raw XML is held back from the start of each child of a host or detection, and of a host until its id is known, so
 * that what turns out to fit no row can be kept as text. Normally nothing is copied: the bytes stand in the window
 * until the element ends, and only where the window moves on within an element are they saved.
 */

/** Holds back raw XML from index `from` of the window. A host without id is held back as a whole. */
export function startCapture(decoder: Decoder, scope: 'value' | 'host', from: number): void {
  const { capture } = decoder;
  if (capture.scope === 'host') return;
  capture.scope = scope;
  capture.from = from;
  capture.savedLength = 0;
  capture.isSpilling = false;
}

/** Lets go of what was held back. */
export function stopCapture(capture: Capture): void {
  capture.scope = 'none';
}

/** Lets go of a value that was held back, not of a host. */
export function stopValueCapture(capture: Capture): void {
  if (capture.scope === 'value') capture.scope = 'none';
}

/** Bytes held back so far. */
export function capturedLength({ capture, reader }: Decoder): number {
  return capture.savedLength + reader.at - capture.from;
}

/** Saves what is held back before the window moves on to `reader.at`. */
export function saveCaptured(decoder: Decoder): void {
  const { capture, reader } = decoder;
  if (capture.scope === 'none') return;
  const bytes = reader.bytes.subarray(capture.from, reader.at);
  if (capture.isSpilling) spillBytes(decoder, bytes);
  else keep(capture, bytes);
  capture.from = 0;
}

function keep(capture: Capture, bytes: Uint8Array): void {
  const length = capture.savedLength + bytes.length;
  if (length > capture.saved.length) {
    const grown = Buffer.allocUnsafeSlow(Math.max(2 * capture.saved.length, length));
    grown.set(capture.saved.subarray(0, capture.savedLength));
    capture.saved = grown;
  }
  capture.saved.set(bytes, capture.savedLength);
  capture.savedLength = length;
}

/** From here on what is held back goes to `RecordPart` of rows of their own. */
export function startSpilling(decoder: Decoder, error: string): void {
  const { capture } = decoder;
  capture.isSpilling = true;
  capture.error = error;
  spillBytes(decoder, capture.saved.subarray(0, capture.savedLength));
  capture.savedLength = 0;
}

/** Ends with the bytes before `reader.at`. */
export function finishSpilling(decoder: Decoder): void {
  const { capture } = decoder;
  saveCaptured(decoder);
  if (decoder.rawPart !== undefined) closePart(decoder.rawPart, decoder.rawOut.at);
  decoder.rawPart = undefined;
  stopCapture(capture);
}

function spillBytes(decoder: Decoder, bytes: Uint8Array): void {
  const reader = (decoder.rawReader ??= createXmlReader());
  let next = 0;
  while (next < bytes.length) {
    next = append(reader, bytes, next);
    copyRaw(decoder);
  }
}

/** XML is escaped like the inside of a CDATA section, except that `]]>` does not end it. */
function copyRaw(decoder: Decoder): void {
  const { rawReader, rawOut } = decoder;
  if (rawReader === undefined) return;
  for (;;) {
    if (decoder.rawPart === undefined || rawOut.at > rawOut.limit) nextRawPart(decoder);
    const stopped = copyCdata(rawReader, rawOut);
    if (stopped === COPY.needsInput) return;
    if (stopped !== COPY.done) continue;
    putLiteral(rawOut, ']');
    rawReader.at++;
  }
}

function nextRawPart(decoder: Decoder): void {
  const { capture, limits, rawOut } = decoder;
  if (decoder.rawPart !== undefined) closePart(decoder.rawPart, rawOut.at);
  const part = openPart(decoder, true);
  part.error = capture.error;
  clear(rawOut);
  rawOut.bytes = part.bytes;
  rawOut.view = part.view;
  rawOut.limit = limits.record;
  decoder.rawPart = part;
}
