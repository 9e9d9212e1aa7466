import { COMMA, QUOTE, SLASH } from '../../qualys/xml/byte-tables.ts';
import { putLiteral } from '../../qualys/xml/copy-text.ts';
import type { JsonOut } from '../../qualys/xml/json-out.ts';
import { JOIN, KIND } from '../../qualys/xml/json-out.ts';
import {
  closeMember,
  closeValue,
  findMember,
  memberValue,
  openMember,
  openObject,
  openText,
  settleText,
} from '../../qualys/xml/xml-json.ts';
import { startCapture, stopValueCapture } from './decode-capture.ts';
import { forgetWay, noteEvent, reachLeaf, rememberName, restAtLeaf, TRACE } from './decode-leaves.ts';
import { closePart, openPart } from './decode-parts.ts';
import { isTooLong, spillValue, spillWholeValue } from './decode-spill.ts';
import type { Decoder, DetectionState, Part } from './decode-state.ts';
import { CONTEXT } from './element-context.ts';
import { putAttributes } from './put-attributes.ts';

/** A host starts: its first row is open from the beginning, so that a host without detections has one too. */
export function beginRows(decoder: Decoder): void {
  fillPart(decoder.detection, openPart(decoder, false));
}

/** A host ends: its last row of detections is complete. */
export function endRows({ detection }: Decoder): void {
  if (detection.part !== undefined) closePart(detection.part, detection.out.at);
  detection.part = undefined;
}

function fillPart(detection: DetectionState, part: Part): void {
  const { out } = detection;
  detection.part = part;
  out.bytes = part.bytes;
  out.view = part.view;
  out.at = 0;
}

/** DETECTION starts, in the row being filled. Its attributes become members. */
export function startDetection(decoder: Decoder): void {
  const { detection, limits } = decoder;
  const { out } = detection;
  noteEvent(decoder, TRACE.startDetection);
  if (out.at > 0) out.bytes[out.at++] = COMMA;
  detection.at = out.at;
  detection.serial++;
  detection.valueLimit = out.at + limits.value;
  out.limit = detection.valueLimit;
  out.level = -1;
  out.memberCount = 0;
  openObject(out);
}

/** DETECTION ends. When its row has become too long, it goes to the next one as a whole. */
export function endDetection(decoder: Decoder): void {
  const { detection, host, leaves, limits } = decoder;
  const { out } = detection;
  noteEvent(decoder, TRACE.endDetection);
  leaves.closedAt = out.at;
  closeValue(out);
  host.detections++;
  if (detection.main !== undefined) endContinued(detection, detection.main);
  else {
    if (out.at > limits.list && detection.at > 0) moveDetection(decoder);
    if (detection.part !== undefined) detection.part.detections++;
  }
}

/** Takes the detection being written out of its row, which is complete without it, into a new one. */
function moveDetection(decoder: Decoder): void {
  const { detection } = decoder;
  const { at, out } = detection;
  const text = out.bytes.subarray(at, out.at);
  if (detection.part !== undefined) closePart(detection.part, at - 1);
  const part = openPart(decoder, false);
  part.bytes.set(text);
  fillPart(detection, part);
  out.at = text.length;
  out.limit -= at;
  out.runAt -= at;
  out.trimAt -= at;
  for (let level = 0; level <= out.level; level++) out.valueAt[level] = (out.valueAt[level] ?? 0) - at;
  for (let n = 0; n < out.memberCount; n++) out.members[n] = (out.members[n] ?? 0) - 2 * at;
  detection.valueLimit -= at;
  detection.at = 0;
}

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
function restAtStartTag(decoder: Decoder): void {
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

const RESULTS_KEY = Buffer.from('#cdata-section');

/** RESULTS starts: an object with its text, even when that is empty. Its own limit leaves room for what follows it. */
export function startResults(decoder: Decoder, nameFrom: number, nameTo: number): void {
  const { capture, detection, limits, reader } = decoder;
  const { out } = detection;
  decoder.valueDepth = reader.depth;
  decoder.contexts[reader.depth] = CONTEXT.results;
  settleText(out);
  startCapture(decoder, 'value', reader.tagFrom);
  const hasRoom =
    openMember(out, reader.bytes, nameFrom, nameTo) &&
    putAttributes(reader, out) &&
    openMember(out, RESULTS_KEY, 0, RESULTS_KEY.length);
  if (!hasRoom) {
    spillValue(decoder);
    return;
  }
  stopValueCapture(capture);
  out.kind[out.level] = KIND.objectText;
  out.limit = detection.at + limits.results;
  noteEvent(decoder, TRACE.startValue);
  decoder.leafName = rememberName(decoder, nameFrom, nameTo, true);
  restAtStartTag(decoder);
}

/** RESULTS ends. */
export function endResults(decoder: Decoder): void {
  const { detection } = decoder;
  const { out } = detection;
  noteEvent(decoder, TRACE.endValue);
  if (detection.isMoreOpen) closeMore(detection);
  settleText(out);
  closeMember(out);
  out.limit = detection.valueLimit;
}

/**
 * RESULTS has filled its room. A detection that shares its row gets one of its own; one that has it already goes on in
 * the next row, as a detection of UNIQUE_VULN_ID and RESULTS only. Its own row stays open for the elements that follow.
 */
export function continueResults(decoder: Decoder): void {
  const { detection, limits, reader } = decoder;
  const { more, part } = detection;
  if (detection.main === undefined && detection.at > 0) {
    moveDetection(decoder);
    return;
  }
  if (detection.isMoreOpen) closeMore(detection);
  if (detection.main === undefined) detection.main = part;
  else if (part !== undefined) closePart(part, more.at);
  const next = openPart(decoder, false);
  detection.part = next;
  more.bytes = next.bytes;
  more.view = next.view;
  more.at = 0;
  more.limit = limits.value;
  putContinuationStart(detection);
  more.runAt = more.trimAt = more.at;
  detection.isMoreOpen = true;
  reader.out = more;
}

const UNIQUE_VULN_ID = Buffer.from('UNIQUE_VULN_ID');
const MAX_ID_BYTES = 256;

function putContinuationStart({ more, out }: DetectionState): void {
  const id = uniqueVulnId(out);
  putLiteral(more, '{');
  if (id !== undefined) {
    putLiteral(more, '"UNIQUE_VULN_ID":');
    more.bytes.set(id, more.at);
    more.at += id.length;
    putLiteral(more, ',');
  }
  putLiteral(more, '"RESULTS":{"#cdata-section":"');
}

/** The detection's id as JSON text. The vendor has it first in each; where it is missing, the place of the row alone tells what goes on. */
function uniqueVulnId(out: JsonOut): Uint8Array | undefined {
  const member = findMember(out, UNIQUE_VULN_ID, 0, UNIQUE_VULN_ID.length, 0);
  if (member < 0) return undefined;
  const id = out.bytes.subarray(...memberValue(out, member));
  return id[0] === QUOTE && id.length <= MAX_ID_BYTES ? id : undefined;
}

function closeMore(detection: DetectionState): void {
  putLiteral(detection.more, '"}}');
  detection.isMoreOpen = false;
}

/** The detection is whole; further ones go into the row of its last continuation. */
function endContinued(detection: DetectionState, main: Part): void {
  const { more, out, part } = detection;
  closePart(main, out.at);
  main.detections++;
  detection.main = undefined;
  if (part === undefined) return;
  fillPart(detection, part);
  out.at = more.at;
}
