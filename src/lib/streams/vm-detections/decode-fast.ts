import { LESS, SPACE } from '../../qualys/xml/byte-tables.ts';
import { copyPlainText } from '../../qualys/xml/copy-plain-text.ts';
import { COPY } from '../../qualys/xml/copy-result.ts';
import { copyCdata } from '../../qualys/xml/copy-text.ts';
import type { JsonOut } from '../../qualys/xml/json-out.ts';
import { JOIN, KIND } from '../../qualys/xml/json-out.ts';
import type { XmlReader } from '../../qualys/xml/xml-reader.ts';
import { PHASE } from '../../qualys/xml/xml-reader.ts';
import { startCapture, stopValueCapture } from './decode-capture.ts';
import type { JsonBytes, Leaf, Way } from './decode-leaves.ts';
import type { Decoder, DetectionState } from './decode-state.ts';
import { endDetection, startDetection } from './detection-rows.ts';
import { CONTEXT } from './element-context.ts';

/** More than any check of the ordinary way asks for beyond the bytes that an opening takes. */
const KEY_MARGIN = 32;

/** Reads detections along remembered ways (see decode-leaves.ts) as far as they go, and leaves reader and output as the ordinary way would. */
export function readFast(decoder: Decoder, first: Leaf): void {
  const { detection, leaves, reader } = decoder;
  const { out } = detection;
  let leaf = first;
  let last: Way | undefined;
  let tagAt = 0;
  out.runAt = out.at;
  leaves.left = undefined;
  leaves.trace = -1;
  while (leaf.isCdata ? copyCdata(reader, out) === COPY.done : copyPlainText(reader, out)) {
    const way = findWay(leaf, reader);
    if (way === undefined || !follow(decoder, way)) {
      markLeft(decoder, leaf);
      break;
    }
    leaf = way.next;
    if (!way.opensValue) continue;
    last = way;
    tagAt = reader.at - way.tagLength;
  }
  leaves.current = undefined;
  restoreReader(reader, out, leaf);
  if (last === undefined) return;
  restoreFrames(decoder, leaf, last);
  restoreElement(decoder, leaf, tagAt);
}

function findWay(leaf: Leaf, reader: XmlReader): Way | undefined {
  for (const way of leaf.ways) if (isWayAt(way, reader)) return way;
  return undefined;
}

/** Compares whole words, the last first: ways from one leaf differ at their ends. */
function isWayAt(way: Way, reader: XmlReader): boolean {
  const { length, words } = way;
  const { at, view } = reader;
  if (at + length > reader.end) return false;
  const last = words.length - 1;
  if (view.getFloat64(at + length - 8, true) !== words[last]) return false;
  for (let n = 0; n < last; n++) if (view.getFloat64(at + 8 * n, true) !== words[n]) return false;
  return true;
}

/** Does what the bytes of the way mean; false, with nothing done, when the ordinary way has to look at them. */
function follow(decoder: Decoder, way: Way): boolean {
  const { detection, reader } = decoder;
  const { out } = detection;
  if (way.needsBlank && out.at !== out.runAt) return false;
  if (way.needsText && !isTextAt(reader, reader.at + way.length)) return false;
  if (way.opensValue) {
    if (way.endsDetection) passToNextDetection(decoder, way.close);
    else if (way.next.name.seenIn === detection.serial || !hasRoom(detection, way)) return false;
    openValue(decoder, way);
  }
  reader.at += way.length;
  return true;
}

/** Near the limit the ordinary way decides, so that it never matters which way an element came. */
function hasRoom({ out, valueLimit }: DetectionState, { open }: Way): boolean {
  return out.at + open.length + KEY_MARGIN <= valueLimit;
}

function isTextAt(reader: XmlReader, at: number): boolean {
  const byte = reader.bytes[at] ?? 0;
  return at < reader.end && byte > SPACE && byte !== LESS;
}

function passToNextDetection(decoder: Decoder, close: JsonBytes): void {
  const { out } = decoder.detection;
  putWords(out, close);
  out.level = 0;
  endDetection(decoder);
  startDetection(decoder);
}

function openValue({ detection, limits }: Decoder, way: Way): void {
  const { out } = detection;
  const { name } = way.next;
  name.seenIn = detection.serial;
  if (out.level > 0) {
    // The first way leaves an element that the ordinary way has opened, perhaps with members of its own.
    out.memberCount = out.base[1] ?? 0;
    out.level = 0;
  }
  out.members[out.memberCount++] = (out.at + way.keyAt) << 1;
  out.limit = name.isResults ? detection.at + limits.results : detection.valueLimit;
  putWords(out, way.open);
  out.runAt = out.at;
}

function putWords(out: JsonOut, { length, words }: JsonBytes): void {
  const { at, view } = out;
  for (let n = 0; n < words.length; n++) view.setFloat64(at + 8 * n, words[n] ?? 0, true);
  out.at = at + length;
}

/** Notes where an unknown way begins. */
function markLeft({ detection, leaves, reader }: Decoder, leaf: Leaf): void {
  const { at, illegal, offset } = reader;
  const { out, part, serial } = detection;
  leaves.left = { leaf, at, offset, illegal, serial, outAt: out.at, bytes: out.bytes, part: part?.number ?? 0 };
  leaves.trace = 0;
}

function restoreReader(reader: XmlReader, out: JsonOut, leaf: Leaf): void {
  const isEmpty = out.at === out.runAt;
  reader.phase = leaf.isCdata ? PHASE.cdata : PHASE.content;
  reader.isInText = !leaf.isCdata && !isEmpty;
  reader.isBlank = !leaf.isCdata && isEmpty;
  out.trimAt = out.at;
  while (out.trimAt > out.runAt && out.bytes[out.trimAt - 1] === SPACE) out.trimAt--;
}

/** Sets what is open in the output to the element whose start tag the last way contained. */
function restoreFrames({ detection: { out } }: Decoder, leaf: Leaf, way: Way): void {
  const openAt = out.runAt - way.open.length;
  out.join[0] = JOIN.asMember;
  out.level = 0;
  openFrame(out, leaf.isObject ? KIND.object : KIND.text, openAt + way.valueAt);
  if (!leaf.isObject) return;
  out.members[out.memberCount++] = (openAt + way.textKeyAt) << 1;
  openFrame(out, KIND.objectText, out.runAt - 1);
}

function openFrame(out: JsonOut, kind: number, valueAt: number): void {
  const level = ++out.level;
  out.kind[level] = kind;
  out.valueAt[level] = valueAt;
  out.base[level] = out.memberCount;
  out.join[level] = JOIN.asMember;
}

/** Sets the open element of the reader and the decoder to that element, whose start tag stands at `tagAt`. */
function restoreElement(decoder: Decoder, { name }: Leaf, tagAt: number): void {
  const { contexts, reader } = decoder;
  const start = reader.nameEnds[reader.depth - 1] ?? 0;
  reader.names.set(name.bytes, start);
  reader.nameEnds[reader.depth] = start + name.bytes.length;
  contexts[reader.depth] = name.isResults ? CONTEXT.results : CONTEXT.detectionValue;
  decoder.leafName = name;
  if (name.isResults) stopValueCapture(decoder.capture);
  else startCapture(decoder, 'value', tagAt);
}
