import { clear } from '../../qualys/xml/json-out.ts';
import type { JsonOut } from '../../qualys/xml/json-out.ts';
import { closeText, openText } from '../../qualys/xml/xml-json.ts';
import type { Before } from '../../qualys/xml/xml-reader.ts';
import { BEFORE, malformed, nameAt } from '../../qualys/xml/xml-reader.ts';
import { openDetectionText } from './decode-detections.ts';
import { openHostText } from './decode-host.ts';
import { forgetWay } from './decode-leaves.ts';
import { continueResults } from './decode-results.ts';
import { spillValue } from './decode-spill.ts';
import type { Decoder } from './decode-state.ts';
import { CONTEXT } from './element-context.ts';

/** Where the text of an element goes. */
export function outOf(decoder: Decoder, context: number | undefined): JsonOut {
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

/** A run of text or a CDATA section begins. */
export function openElementText(decoder: Decoder, isCdata: boolean): void {
  const { contexts, detection, host, leaves, reader } = decoder;
  leaves.current = undefined;
  switch (contexts[reader.depth]) {
    case CONTEXT.detectionValue:
    case CONTEXT.results:
    case CONTEXT.resultsMarkup:
      openDetectionText(decoder, isCdata);
      break;
    case CONTEXT.detection:
      forgetWay(decoder);
      if (!openText(detection.out, isCdata)) throw tooMuchText(decoder);
      break;
    case CONTEXT.hostValue:
      if (!openText(host.value, isCdata)) spillValue(decoder);
      break;
    case CONTEXT.host:
    case CONTEXT.detectionList:
      openHostText(decoder);
      break;
    case CONTEXT.root:
    case CONTEXT.response:
    case CONTEXT.warning:
    case CONTEXT.hostList:
      openStrayText(decoder, isCdata);
      break;
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

/** A run of text ends; inside RESULTS, white space before markup that is kept as text is kept too. */
export function closeElementText(decoder: Decoder, before: Before): void {
  const { contexts, reader } = decoder;
  const context = contexts[reader.depth];
  if (reader.out === decoder.stray) checkStrayText(decoder);
  const isKept =
    (context === CONTEXT.results && before === BEFORE.startTag) ||
    (context === CONTEXT.resultsMarkup && before !== BEFORE.cdata);
  if (!isKept) closeText(reader.out, before);
}

function checkStrayText({ reader, stray }: Decoder): void {
  const text = stray.bytes.toString('utf8', 0, stray.at);
  if (!/^(?:\ufffd|\s|\\[nrt])*$/.test(text))
    throw malformed(reader, reader.at, `text in ${nameAt(reader, reader.depth)}`);
  clear(stray);
}

/** The output is full. */
export function makeRoom(decoder: Decoder): void {
  const { contexts, reader } = decoder;
  switch (contexts[reader.depth]) {
    case CONTEXT.detectionValue:
    case CONTEXT.hostValue:
      spillValue(decoder);
      break;
    case CONTEXT.results:
    case CONTEXT.resultsMarkup:
      continueResults(decoder);
      break;
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
