import { SLASH } from '../../qualys/xml/byte-tables.ts';
import type { JsonOut } from '../../qualys/xml/json-out.ts';
import { JOIN } from '../../qualys/xml/json-out.ts';
import { closeMember, openMember, openText, settleText } from '../../qualys/xml/xml-json.ts';
import { startCapture, stopValueCapture } from './decode-capture.ts';
import { forgetWay, noteEvent, reachLeaf, rememberName, restAtLeaf, TRACE } from './decode-leaves.ts';
import { isTooLong, spillValue, spillWholeValue } from './decode-spill.ts';
import type { Decoder } from './decode-state.ts';
import { CONTEXT } from './element-context.ts';
import { putAttributes } from '../../qualys/xml/put-attributes.ts';

/** A child of DETECTION starts, other than RESULTS. */
export function startDetectionValue(decoder: Decoder, nameFrom: number, nameTo: number): void {
  const { detection, reader } = decoder;
  const { out } = detection;
  decoder.valueDepth = reader.depth;
  decoder.contexts[reader.depth] = CONTEXT.detectionValue;
  startCapture(decoder, 'value', reader.tagFrom);
  settleText(out);
  if (!openMember(out, reader.bytes, nameFrom, nameTo) || !putAttributes(reader, out)) {
    spillValue(decoder);
    return;
  }
  noteEvent(decoder, TRACE.startValue);
  decoder.leafName = rememberName(decoder, nameFrom, nameTo, false);
  if (reader.attributeCount === 0) restAtStartTag(decoder);
}

/** After the start tag of a child: its text comes next, unless the tag is that of an empty element. */
export function restAtStartTag(decoder: Decoder): void {
  const { detection, leafName, reader } = decoder;
  if (!isPlainLeaf(detection.out) || reader.bytes[reader.tagTo - 2] === SLASH) return;
  restAtLeaf(decoder, leafName, false);
}

/** Whether the child comes for the first time, and its text, if it is an object, is the only thing in it beside attributes. */
function isPlainLeaf({ base, join, level }: JsonOut): boolean {
  if (join[0] !== JOIN.asMember) return false;
  return level < 2 || (join[1] === JOIN.asMember && (base[2] ?? 0) - (base[1] ?? 0) === 1);
}

/** Text of a child of DETECTION, or an element inside it, begins. */
export function openDetectionText(decoder: Decoder, isCdata: boolean): void {
  const { detection, leafName, reader, valueDepth } = decoder;
  const { out } = detection;
  if (isCdata) noteEvent(decoder, TRACE.startCdata);
  if (!openText(out, isCdata)) {
    spillValue(decoder);
    return;
  }
  if (reader.depth !== valueDepth || detection.isMoreOpen || !isPlainLeaf(out)) return;
  if (isCdata) restAtLeaf(decoder, leafName, true);
  else if (out.level > 1) reachLeaf(decoder, leafName, false);
}

/** An element inside a child of DETECTION starts. */
export function startNestedDetectionValue(decoder: Decoder, nameFrom: number, nameTo: number): void {
  const { detection, reader } = decoder;
  decoder.contexts[reader.depth] = CONTEXT.detectionValue;
  forgetWay(decoder);
  settleText(detection.out);
  const hasRoom = openMember(detection.out, reader.bytes, nameFrom, nameTo) && putAttributes(reader, detection.out);
  if (!hasRoom) spillValue(decoder);
}

/** A child of DETECTION ends, or an element inside it. */
export function endDetectionValue(decoder: Decoder): void {
  const { capture, detection, reader, valueDepth } = decoder;
  settleText(detection.out);
  if (reader.depth === valueDepth) {
    noteEvent(decoder, TRACE.endValue);
    if (capture.scope === 'value' && isTooLong(decoder)) {
      spillWholeValue(decoder);
      return;
    }
    stopValueCapture(capture);
  }
  closeMember(detection.out);
}
