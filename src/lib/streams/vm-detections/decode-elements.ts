import { copyMarkup } from '../../qualys/xml/copy-text.ts';
import { clear } from '../../qualys/xml/json-out.ts';
import type { JsonOut } from '../../qualys/xml/json-out.ts';
import { closeText, openText, settleText } from '../../qualys/xml/xml-json.ts';
import type { Before, XmlSink } from '../../qualys/xml/xml-reader.ts';
import { BEFORE, malformed, nameAt, PHASE } from '../../qualys/xml/xml-reader.ts';
import {
  continueResults,
  endDetection,
  endDetectionValue,
  endResults,
  openDetectionText,
  startDetection,
  startDetectionValue,
  startNestedDetectionValue,
  startResults,
} from './decode-detections.ts';
import { endField, endFields, startField } from './decode-fields.ts';
import {
  closeHostText,
  endHost,
  endHostValue,
  openHostText,
  startHost,
  startHostValue,
  startNestedHostValue,
} from './decode-host.ts';
import { forgetWay } from './decode-leaves.ts';
import { endSpilled, spillValue } from './decode-spill.ts';
import type { Decoder } from './decode-state.ts';
import { CONTEXT } from './decode-state.ts';
import { putAttributes } from './put-attributes.ts';

const ROOT = 'HOST_LIST_VM_DETECTION_OUTPUT';

/** What the reader's events mean for the decoder. */
export function createElementSink(decoder: Decoder): XmlSink {
  return {
    startElement: (nameFrom, nameTo) => startElement(decoder, nameFrom, nameTo),
    endElement: () => endElement(decoder),
    openText: (isCdata) => openElementText(decoder, isCdata),
    closeText: (before) => closeElementText(decoder, before),
    makeRoom: () => makeRoom(decoder),
  };
}

function startElement(decoder: Decoder, nameFrom: number, nameTo: number): void {
  const { contexts, leaves, reader } = decoder;
  const parent = contexts[reader.depth - 1];
  leaves.current = undefined;
  if (parent === CONTEXT.detection) {
    reader.out = decoder.detection.out;
    if (isName(decoder, nameFrom, nameTo, 'RESULTS')) startResults(decoder, nameFrom, nameTo);
    else startDetectionValue(decoder, nameFrom, nameTo);
  } else if (parent === CONTEXT.detectionValue) startNestedDetectionValue(decoder, nameFrom, nameTo);
  else if (parent === CONTEXT.results || parent === CONTEXT.resultsMarkup) startResultsMarkup(decoder);
  else startOutside(decoder, parent, nameFrom, nameTo);
}

function isName({ reader }: Decoder, from: number, to: number, name: string): boolean {
  if (to - from !== name.length) return false;
  for (let n = 0; n < name.length; n++) if (reader.bytes[from + n] !== name.charCodeAt(n)) return false;
  return true;
}

/** An element outside DETECTION starts. */
function startOutside(decoder: Decoder, parent: number | undefined, nameFrom: number, nameTo: number): void {
  const { contexts, host, reader } = decoder;
  if (parent !== CONTEXT.detectionList) forgetWay(decoder);
  if (parent === CONTEXT.hostValue) return startNestedHostValue(decoder, nameFrom, nameTo);
  const name = reader.bytes.toString('latin1', nameFrom, nameTo);
  const context = contextOf(parent, name);
  contexts[reader.depth] = context;
  reader.out = context === CONTEXT.hostValue ? host.value : decoder.ignored;
  switch (context) {
    case CONTEXT.document:
      return refuseRoot(decoder, name);
    case CONTEXT.host:
      return startHost(decoder);
    case CONTEXT.hostValue:
      return startHostValue(decoder);
    case CONTEXT.detectionList:
      return startDetectionList(decoder);
    case CONTEXT.detection:
      return startNewDetection(decoder);
    case CONTEXT.warning:
      return decoder.page.fields.clear();
    case CONTEXT.field:
      return startField(decoder);
    default:
  }
}

/** What an element is, by its parent and name; `document` stands for a root that is not ours. */
function contextOf(parent: number | undefined, name: string): number {
  switch (parent) {
    case CONTEXT.document:
      return name === ROOT ? CONTEXT.root : CONTEXT.document;
    case CONTEXT.root:
      return name === 'RESPONSE' ? CONTEXT.response : CONTEXT.ignored;
    case CONTEXT.response:
      return childOfResponse(name);
    case CONTEXT.warning:
      return CONTEXT.field;
    case CONTEXT.hostList:
      return name === 'HOST' ? CONTEXT.host : CONTEXT.ignored;
    case CONTEXT.host:
      return name === 'DETECTION_LIST' ? CONTEXT.detectionList : CONTEXT.hostValue;
    case CONTEXT.detectionList:
      return name === 'DETECTION' ? CONTEXT.detection : CONTEXT.hostValue;
    default:
      return CONTEXT.ignored;
  }
}

function childOfResponse(name: string): number {
  if (name === 'HOST_LIST') return CONTEXT.hostList;
  if (name === 'WARNING') return CONTEXT.warning;
  return name === 'CODE' || name === 'TEXT' ? CONTEXT.field : CONTEXT.ignored;
}

function refuseRoot(decoder: Decoder, name: string): void {
  decoder.foreignRoot = name;
  decoder.reader.phase = PHASE.stopped;
}

function startDetectionList(decoder: Decoder): void {
  const { host, reader } = decoder;
  closeHostText(decoder);
  if (!putAttributes(reader, host.record))
    throw malformed(reader, reader.tagFrom, 'too many attributes on DETECTION_LIST');
}

function startNewDetection(decoder: Decoder): void {
  const { detection, reader } = decoder;
  closeHostText(decoder);
  startDetection(decoder);
  if (!putAttributes(reader, detection.out))
    throw malformed(reader, reader.tagFrom, 'too many attributes on DETECTION');
}

/** Markup inside RESULTS is kept as text: what is meant as XML there comes in CDATA sections. */
function startResultsMarkup(decoder: Decoder): void {
  const { contexts, reader } = decoder;
  contexts[reader.depth] = CONTEXT.resultsMarkup;
  forgetWay(decoder);
  keepTag(decoder);
}

function keepTag(decoder: Decoder): void {
  const { reader } = decoder;
  copyMarkup(reader, reader.tagFrom, reader.tagTo, () => makeRoom(decoder));
  reader.isBlank = false;
}

function endElement(decoder: Decoder): void {
  const { contexts, leaves, reader } = decoder;
  const context = contexts[reader.depth];
  leaves.current = undefined;
  if (context === CONTEXT.detectionValue) endDetectionValue(decoder);
  else if (context === CONTEXT.results) endResults(decoder);
  else if (context === CONTEXT.detection) endWholeDetection(decoder);
  else {
    forgetWay(decoder);
    endOutside(decoder, context);
  }
  reader.out = outOf(decoder, contexts[reader.depth - 1]);
}

function endOutside(decoder: Decoder, context: number | undefined): void {
  const { reader } = decoder;
  switch (context) {
    case CONTEXT.resultsMarkup:
      // An empty element has been kept whole with its start.
      if (reader.bytes[reader.tagFrom + 1] === 0x2f) keepTag(decoder);
      return;
    case CONTEXT.host:
    case CONTEXT.unreadable:
      return endHost(decoder);
    case CONTEXT.hostValue:
      return endHostValue(decoder);
    case CONTEXT.detectionList:
      return closeHostText(decoder);
    case CONTEXT.spilled:
      return endSpilled(decoder);
    case CONTEXT.field:
      return endField(decoder, nameAt(reader, reader.depth));
    case CONTEXT.response:
    case CONTEXT.warning:
      return endFields(decoder, context);
    default:
  }
}

function endWholeDetection(decoder: Decoder): void {
  settleText(decoder.detection.out);
  endDetection(decoder);
}

/** Where the text of an element goes. */
function outOf(decoder: Decoder, context: number | undefined): JsonOut {
  const { detection, host } = decoder;
  switch (context) {
    case CONTEXT.detection:
    case CONTEXT.detectionValue:
      return detection.out;
    case CONTEXT.results:
    case CONTEXT.resultsMarkup:
      return detection.isMoreOpen ? detection.more : detection.out;
    case CONTEXT.hostValue:
      return host.value;
    case CONTEXT.field:
      return decoder.field;
    default:
      return decoder.ignored;
  }
}

function openElementText(decoder: Decoder, isCdata: boolean): void {
  const { contexts, detection, host, leaves, reader } = decoder;
  leaves.current = undefined;
  switch (contexts[reader.depth]) {
    case CONTEXT.detectionValue:
    case CONTEXT.results:
    case CONTEXT.resultsMarkup:
      return openDetectionText(decoder, isCdata);
    case CONTEXT.detection:
      forgetWay(decoder);
      if (!openText(detection.out, isCdata)) throw tooMuchText(decoder);
      return;
    case CONTEXT.hostValue:
      if (!openText(host.value, isCdata)) spillValue(decoder);
      return;
    case CONTEXT.host:
    case CONTEXT.detectionList:
      return openHostText(decoder);
    case CONTEXT.root:
    case CONTEXT.response:
    case CONTEXT.warning:
    case CONTEXT.hostList:
      return openStrayText(decoder, isCdata);
    default:
  }
}

/** Where only elements may stand, text means that something is wrong with the page; illegal characters alone are let pass. */
function openStrayText(decoder: Decoder, isCdata: boolean): void {
  const { reader } = decoder;
  if (isCdata) throw malformed(reader, reader.at, `CDATA in ${nameAt(reader, reader.depth)}`);
  clear(decoder.stray);
  reader.out = decoder.stray;
}

function closeElementText(decoder: Decoder, before: Before): void {
  const { contexts, reader } = decoder;
  const context = contexts[reader.depth];
  if (reader.out === decoder.stray) checkStrayText(decoder);
  const isKept =
    (context === CONTEXT.results && before === BEFORE.startTag) ||
    (context === CONTEXT.resultsMarkup && before !== BEFORE.cdata);
  if (!isKept) closeText(reader.out, before);
}

function checkStrayText({ reader, stray }: Decoder): void {
  const text = Buffer.from(stray.bytes.subarray(0, stray.at)).toString();
  if (!/^(?:\ufffd|\s|\\[nrt])*$/.test(text))
    throw malformed(reader, reader.at, `text in ${nameAt(reader, reader.depth)}`);
  clear(stray);
}

function makeRoom(decoder: Decoder): void {
  const { contexts, reader } = decoder;
  switch (contexts[reader.depth]) {
    case CONTEXT.detectionValue:
    case CONTEXT.hostValue:
      return spillValue(decoder);
    case CONTEXT.results:
    case CONTEXT.resultsMarkup:
      return continueResults(decoder);
    case CONTEXT.detection:
    case CONTEXT.host:
    case CONTEXT.detectionList:
    case CONTEXT.field:
      throw tooMuchText(decoder);
    default:
      if (reader.out === decoder.stray) checkStrayText(decoder);
      clear(reader.out);
      reader.out.runAt = reader.out.trimAt = 0;
  }
}

function tooMuchText({ reader }: Decoder): Error {
  return malformed(reader, reader.at, `too much text in ${nameAt(reader, reader.depth)}`);
}
