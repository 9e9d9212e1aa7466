import { clear } from '../../qualys/xml/json-out.ts';
import { rollbackMember } from '../../qualys/xml/xml-json.ts';
import { capturedLength, finishSpilling, saveCaptured, startSpilling } from './decode-capture.ts';
import { dropParts } from './decode-parts.ts';
import type { Decoder } from './decode-state.ts';
import { CONTEXT } from './element-context.ts';
import { forgetColumns } from './host-state.ts';

/** Depth of HOST in the vendor's document. */
const HOST_DEPTH = 4;
/** Whether its ID is missing or merely late, the host is kept in the same way. */
export const LATE_ID = 'the host has no ID, or too late to be held until it comes: RecordPart holds its XML';

/**
 * Gives up on the child of a host or detection that is being read because it fits no row: its place stays empty, and
 * its XML goes to `RecordPart` of rows of their own.
 */
export function spillValue(decoder: Decoder): void {
  const { capture, contexts, detection, host, reader, valueDepth } = decoder;
  const isInDetection = contexts[valueDepth - 1] === CONTEXT.detection;
  if (capture.scope === 'host') {
    giveUpHost(decoder);
    return;
  }
  const path = pathOf(decoder, isInDetection);
  decoder.leaves.current = undefined;
  if (!isInDetection) clear(host.value);
  else if (detection.out.level > 0) rollbackMember(detection.out, 0);
  contexts[valueDepth] = CONTEXT.spilled;
  contexts.fill(CONTEXT.ignored, valueDepth + 1, reader.depth + 1);
  reader.out = decoder.ignored;
  startSpilling(decoder, `${path} is too large for a row: RecordPart holds its XML`);
}

function pathOf({ reader, valueDepth }: Decoder, isInDetection: boolean): string {
  const { nameEnds } = reader;
  const name = Buffer.from(reader.names.subarray(nameEnds[valueDepth - 1], nameEnds[valueDepth])).toString();
  return isInDetection ? `DETECTION/${name.slice(0, 200)}` : name.slice(0, 200);
}

/** Ends the element that {@link spillValue} gave up on. */
export function endSpilled(decoder: Decoder): void {
  finishSpilling(decoder);
}

/** For a value that is whole but has no place: its XML is still held back. */
export function spillWholeValue(decoder: Decoder): void {
  spillValue(decoder);
  endSpilled(decoder);
}

/**
 * Gives up on a host: its rows so far and what is known of it are dropped, and its XML from its start goes to
 * `RecordPart`. Only a host without id comes here, and none of its rows can have been written by then.
 */
export function giveUpHost(decoder: Decoder): void {
  const { contexts, host, leaves, reader } = decoder;
  leaves.current = undefined;
  forgetColumns(host);
  contexts[HOST_DEPTH] = CONTEXT.unreadable;
  contexts.fill(CONTEXT.ignored, HOST_DEPTH + 1, reader.depth + 1);
  reader.out = decoder.ignored;
  keepAsText(decoder, LATE_ID);
}

/** The same at the end of a host that is small enough for its other columns to be known. */
export function keepAsText(decoder: Decoder, error: string): void {
  const { detection, host } = decoder;
  dropParts(decoder);
  detection.part = undefined;
  detection.main = undefined;
  detection.isMoreOpen = false;
  host.id = undefined;
  host.isUnreadable = true;
  host.detections = 0;
  startSpilling(decoder, error);
}

/** Called before the window moves on: what is held back must stay small. */
export function boundCapture(decoder: Decoder): void {
  const { capture } = decoder;
  if (capture.scope === 'none') return;
  if (!capture.isSpilling && isTooLong(decoder)) spillCaptured(decoder);
  saveCaptured(decoder);
}

/** Whether more is held back than may be, whatever the window has moved on meanwhile. */
export function isTooLong(decoder: Decoder): boolean {
  return capturedLength(decoder) > decoder.limits.captured;
}

function spillCaptured(decoder: Decoder): void {
  if (decoder.capture.scope === 'host') giveUpHost(decoder);
  else spillValue(decoder);
}
