import { QUOTE } from '../../qualys/xml/byte-tables.ts';
import { putLiteral } from '../../qualys/xml/copy-character.ts';
import { findMember, memberValue } from '../../qualys/xml/json-members.ts';
import type { JsonOut } from '../../qualys/xml/json-out.ts';
import { KIND } from '../../qualys/xml/json-out.ts';
import { closeMember, openMember, settleText } from '../../qualys/xml/xml-json.ts';
import { startCapture, stopValueCapture } from './decode-capture.ts';
import { restAtStartTag } from './decode-detections.ts';
import { noteEvent, rememberName, TRACE } from './decode-leaves.ts';
import { closePart, openPart } from './decode-parts.ts';
import { spillValue } from './decode-spill.ts';
import type { Decoder, DetectionState } from './decode-state.ts';
import { moveDetection } from './detection-rows.ts';
import { CONTEXT } from './element-context.ts';
import { putAttributes } from '../../qualys/xml/put-attributes.ts';

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
