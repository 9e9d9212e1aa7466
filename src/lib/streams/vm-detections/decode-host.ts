import { clear } from '../../qualys/xml/json-out.ts';
import { addMember, closeMember, closeValue, openMember, openString, settleText } from '../../qualys/xml/xml-json.ts';
import { malformed } from '../../qualys/xml/xml-reader.ts';
import { finishSpilling, startCapture, stopCapture, stopValueCapture } from './decode-capture.ts';
import { flushParts } from './decode-parts.ts';
import { giveUpHost, isTooLong, keepAsText, LATE_ID, spillValue, spillWholeValue } from './decode-spill.ts';
import type { Decoder } from './decode-state.ts';
import { beginRows, endRows } from './detection-rows.ts';
import { CONTEXT } from './element-context.ts';
import { putAttributes } from '../../qualys/xml/put-attributes.ts';
import { resetHost } from './host-state.ts';
import { storeHostValue } from './store-host-value.ts';

const TEXT_KEY = Buffer.from('#text');

/** HOST starts. */
export function startHost(decoder: Decoder): void {
  const { capture, host, reader } = decoder;
  stopCapture(capture);
  resetHost(host);
  startCapture(decoder, 'host', reader.tagFrom);
  beginRows(decoder);
  if (!putAttributes(reader, host.record)) giveUpHost(decoder);
}

/** HOST ends: its rows are complete. */
export function endHost(decoder: Decoder): void {
  const { host, page } = decoder;
  closeHostText(decoder);
  if (host.id === undefined && !host.isUnreadable) {
    if (isTooLong(decoder)) giveUpHost(decoder);
    else keepAsText(decoder, LATE_ID);
  }
  if (host.isUnreadable) finishSpilling(decoder);
  endRows(decoder);
  flushParts(decoder, true);
  if (!host.isSkipped) {
    page.hosts++;
    page.chunkHosts++;
    page.detections += host.detections;
    if (host.id !== undefined) page.chunkIds.push(host.id);
    page.lastWholeId = host.id ?? page.lastWholeId;
  }
  host.id = undefined;
  host.rowsDone = 0;
}

/** A child of HOST starts; unknown children of DETECTION_LIST are treated as such too. */
export function startHostValue(decoder: Decoder): void {
  const { host, reader } = decoder;
  closeHostText(decoder);
  decoder.valueDepth = reader.depth;
  startCapture(decoder, 'value', reader.tagFrom);
  decoder.contexts[reader.depth] = CONTEXT.hostValue;
  clear(host.value);
  openString(host.value);
  if (!putAttributes(reader, host.value)) spillValue(decoder);
}

/** An element inside a child of HOST starts. */
export function startNestedHostValue(decoder: Decoder, nameFrom: number, nameTo: number): void {
  const { host, reader } = decoder;
  decoder.contexts[reader.depth] = CONTEXT.hostValue;
  settleText(host.value);
  const hasRoom = openMember(host.value, reader.bytes, nameFrom, nameTo) && putAttributes(reader, host.value);
  if (!hasRoom) spillValue(decoder);
}

/** A child of HOST ends, or an element inside it. */
export function endHostValue(decoder: Decoder): void {
  const { capture, host, reader, valueDepth } = decoder;
  settleText(host.value);
  if (reader.depth > valueDepth) {
    closeMember(host.value);
    return;
  }
  if (!isTooLong(decoder)) storeHostValue(decoder);
  else if (capture.scope === 'host') giveUpHost(decoder);
  else spillWholeValue(decoder);
  stopValueCapture(capture);
}

/** Text directly inside HOST or DETECTION_LIST. */
export function openHostText(decoder: Decoder): void {
  const { host, reader } = decoder;
  if (!host.isTextOpen) {
    clear(host.value);
    openString(host.value);
    host.isTextOpen = true;
  }
  reader.out = host.value;
}

/** Ends such text where the next element starts or its own ends. */
export function closeHostText(decoder: Decoder): void {
  const { host, reader } = decoder;
  if (!host.isTextOpen) return;
  host.isTextOpen = false;
  closeValue(host.value);
  const json = host.value.bytes.subarray(0, host.value.at);
  if (json.length > 2 && !addMember(host.record, TEXT_KEY, json))
    throw malformed(reader, reader.tagFrom, 'too much text beside the elements of a host');
}
