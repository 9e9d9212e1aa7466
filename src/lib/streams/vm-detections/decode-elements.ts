import { SLASH } from '../../qualys/xml/byte-tables.ts';
import { copyMarkup } from '../../qualys/xml/copy-text.ts';
import { settleText } from '../../qualys/xml/xml-json.ts';
import type { XmlSink } from '../../qualys/xml/xml-reader.ts';
import { malformed, PHASE } from '../../qualys/xml/xml-reader.ts';
import { endDetectionValue, startDetectionValue, startNestedDetectionValue } from './decode-detections.ts';
import { endField, endResponse, endWarning, startField } from './decode-fields.ts';
import {
  closeHostText,
  endHost,
  endHostValue,
  startHost,
  startHostValue,
  startNestedHostValue,
} from './decode-host.ts';
import { forgetWay } from './decode-leaves.ts';
import { endResults, startResults } from './decode-results.ts';
import { endSpilled } from './decode-spill.ts';
import type { Decoder } from './decode-state.ts';
import { closeElementText, makeRoom, openElementText, outOf } from './decode-text.ts';
import { endDetection, startDetection } from './detection-rows.ts';
import { CONTEXT, contextOf } from './element-context.ts';
import { putAttributes } from '../../qualys/xml/put-attributes.ts';

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
  if (parent === CONTEXT.hostValue) {
    startNestedHostValue(decoder, nameFrom, nameTo);
    return;
  }
  const name = reader.bytes.toString('latin1', nameFrom, nameTo);
  const context = contextOf(parent, name);
  contexts[reader.depth] = context;
  reader.out = context === CONTEXT.hostValue ? host.value : decoder.ignored;
  decoder.valueName = name;
  if (context === CONTEXT.document) refuseRoot(decoder, name);
  else STARTED.get(context)?.(decoder);
}

/** What the start of an element means, where it means anything beyond its place. */
const STARTED: ReadonlyMap<number, (decoder: Decoder) => void> = new Map([
  [CONTEXT.host, startHost],
  [CONTEXT.hostValue, startHostValue],
  [CONTEXT.detectionList, startDetectionList],
  [CONTEXT.detection, startNewDetection],
  [CONTEXT.field, startField],
]);

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
    ENDED.get(context ?? CONTEXT.ignored)?.(decoder);
  }
  reader.out = outOf(decoder, contexts[reader.depth - 1]);
}

/** What the end of an element outside DETECTION means. */
const ENDED: ReadonlyMap<number, (decoder: Decoder) => void> = new Map([
  [CONTEXT.resultsMarkup, endResultsMarkup],
  [CONTEXT.host, endHost],
  [CONTEXT.unreadable, endHost],
  [CONTEXT.hostValue, endHostValue],
  [CONTEXT.detectionList, closeHostText],
  [CONTEXT.spilled, endSpilled],
  [CONTEXT.field, endField],
  [CONTEXT.response, endResponse],
  [CONTEXT.warning, endWarning],
]);

/** An empty element has been kept whole with its start. */
function endResultsMarkup(decoder: Decoder): void {
  const { reader } = decoder;
  if (reader.bytes[reader.tagFrom + 1] === SLASH) keepTag(decoder);
}

function endWholeDetection(decoder: Decoder): void {
  settleText(decoder.detection.out);
  endDetection(decoder);
}
