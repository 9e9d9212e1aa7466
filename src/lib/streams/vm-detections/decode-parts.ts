import { SLACK_BYTES, viewOf } from '../../qualys/xml/json-out.ts';
import type { Decoder, Part } from './decode-state.ts';
import { emitPart } from './emit-row.ts';
import { placeHost } from './place-host.ts';

/** Rows of a host that wait for its end, so that they can say how many they are: about 3 MB. */
const MAX_WAITING_PARTS = 48;

/**
 * Begins a row of the current host. Rows that are complete are written first where too many wait, but none before the
 * host's id is known or has been given up.
 */
export function openPart(decoder: Decoder, isRecord: boolean): Part {
  const { host } = decoder;
  const mayWrite = host.id !== undefined || host.isUnreadable;
  if (mayWrite && host.parts.length >= MAX_WAITING_PARTS) flushParts(decoder, false);
  const part = decoder.freeParts.pop() ?? createPart(decoder.limits.field);
  part.number = ++host.partCount;
  part.length = 0;
  part.detections = 0;
  part.isOpen = true;
  part.isRecord = isRecord;
  part.error = '';
  host.parts.push(part);
  return part;
}

/** A detection may begin just below the limit of the row and is moved only when it is whole: twice the room is needed. */
function createPart(fieldBytes: number): Part {
  const bytes = Buffer.alloc(2 * fieldBytes + SLACK_BYTES);
  const view = viewOf(bytes);
  return { number: 0, bytes, view, length: 0, detections: 0, isOpen: false, isRecord: false, error: '' };
}

/** Ends a row at `length` bytes. */
export function closePart(part: Part, length: number): void {
  part.length = length;
  part.isOpen = false;
}

/** Writes the rows that are complete. Before the end of the host its last row stays back: it alone will name their count. */
export function flushParts(decoder: Decoder, isEnd: boolean): void {
  const { host } = decoder;
  if (!isEnd) host.isFlushed = true;
  placeHost(decoder, isEnd);
  const kept: Part[] = [];
  for (const part of host.parts) {
    const isLast = part.number === host.partCount;
    if (part.isOpen || (isLast && !isEnd)) kept.push(part);
    else {
      const knowsCount = isEnd && (isLast || !host.isFlushed);
      emitPart(decoder, part, knowsCount ? host.partCount : undefined);
      decoder.freeParts.push(part);
    }
  }
  host.parts = kept;
}

/** Forgets all rows of the current host; none of them may have been written. */
export function dropParts(decoder: Decoder): void {
  const { host } = decoder;
  decoder.freeParts.push(...host.parts);
  host.parts = [];
  host.partCount = 0;
}
