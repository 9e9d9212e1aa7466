import { COMMA } from '../../qualys/xml/byte-tables.ts';
import { closeValue, openObject } from '../../qualys/xml/xml-json.ts';
import { noteEvent, TRACE } from './decode-leaves.ts';
import { closePart, openPart } from './decode-parts.ts';
import type { Decoder, DetectionState, Part } from './decode-state.ts';

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
export function moveDetection(decoder: Decoder): void {
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
