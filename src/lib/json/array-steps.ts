import { isUtf8 } from 'node:buffer';
import { RetryableError } from '../errors.ts';
import type { Place, Reader } from './array-reader.ts';
import { findEnd, startEndSearch } from './find-end.ts';
import { SCAN, skipSpace, type JsonScan } from './json-scan.ts';
import { KIND } from './json-tape.ts';
import { repairJson } from './repair-json.ts';
import { reasonOf, scanCopy } from './scan-copy.ts';
import { scanJson } from './scan-json.ts';
import { wholeEnd } from '../utf8.ts';

const COMMA = 0x2c;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const BYTE_ORDER_MARK: readonly number[] = [0xef, 0xbb, 0xbf];
/** As much of a foreign document is waited for, to tell what it is. */
const FOREIGN_BYTES = 4096;

/** Goes one step on in the bytes at hand; false when more are needed. */
export function readStep(reader: Reader): boolean {
  switch (reader.place) {
    case 'start':
      return readStart(reader);
    case 'foreign':
      if (reader.limit - reader.at < FOREIGN_BYTES) return false;
      throw failForeign(reader);
    case 'first':
    case 'element':
      return readElement(reader);
    case 'inside':
      return readInside(reader);
    case 'long':
      return readLong(reader);
    case 'separator':
    case 'behind':
      return readSeparator(reader);
  }
}

/** The error for a document that is no array. */
export function failForeign(reader: Reader): Error {
  const end = Math.min(reader.limit, reader.at + FOREIGN_BYTES);
  return reader.handlers.foreign(reader.buffer.toString('utf8', reader.at, end));
}

function readStart(reader: Reader): boolean {
  const { buffer } = reader;
  if (reader.base + reader.at === 0 && buffer[0] === BYTE_ORDER_MARK[0]) {
    if (reader.limit < BYTE_ORDER_MARK.length) return false;
    if (BYTE_ORDER_MARK.every((byte, index) => buffer[index] === byte)) reader.at = BYTE_ORDER_MARK.length;
  }
  reader.at = skipSpace(buffer, reader.at);
  if (reader.at >= reader.limit) return false;
  if (buffer[reader.at] !== OPENING_BRACKET) reader.place = 'foreign';
  else moveOn(reader, reader.at + 1, 'first');
  return true;
}

function readElement(reader: Reader): boolean {
  const at = skipSpace(reader.buffer, reader.at);
  reader.at = at;
  if (at >= reader.limit) return false;
  if (reader.buffer[at] === CLOSING_BRACKET && reader.place === 'first') return moveOn(reader, at + 1, 'behind');
  const end = scanJson(reader.scan, at);
  // A number at the end of the bytes may go on in the next ones.
  const isWhole = end >= 0 && (end < reader.limit || reader.scan.cells[0] !== KIND.number);
  if (isWhole && end - at <= reader.options.maxElementBytes) return takeElement(reader, end);
  if (end === SCAN.malformed) throw failMalformed(reader, reader.scan.faultAt);
  reader.reason = reasonOf(end);
  reader.search = startEndSearch();
  reader.searched = at;
  return moveOn(reader, at, 'inside');
}

/** The element goes on behind the bytes that were at hand, or cannot be scanned: its end is searched first. */
function readInside(reader: Reader): boolean {
  const { at, limit, options, handlers } = reader;
  const end = findEnd(reader.search, reader.buffer, reader.searched, limit);
  reader.searched = limit;
  if ((end < 0 ? limit : end) - at > options.maxElementBytes) return startLong(reader, end);
  if (end < 0) return false;
  if (reader.reason === undefined) {
    const scanned = scanJson(reader.scan, at);
    if (scanned === end) return takeElement(reader, end);
    reader.reason = reasonOf(scanned);
    if (reader.reason === undefined) throw failMalformed(reader, faultOf(reader.scan, scanned, end));
  }
  const bytes = reader.buffer.subarray(at, end);
  if (reader.search.hasControls || isBroken(reader, end)) handlers.broken({ at: reader.base + at, bytes });
  handlers.text(bytes, reader.reason);
  return moveOn(reader, end, 'separator');
}

/** Where an element that ends at `end` by its brackets and quotes went wrong, given what scanning it returned. */
function faultOf(scan: JsonScan, scanned: number, end: number): number {
  if (scanned === SCAN.malformed) return scan.faultAt;
  return scanned < 0 ? end : scanned;
}

function takeElement(reader: Reader, end: number): boolean {
  const { scan, at } = reader;
  if (scan.controlsInStrings || isBroken(reader, end)) takeBroken(reader, reader.buffer.subarray(at, end));
  else reader.handlers.element(scan);
  return moveOn(reader, end, 'separator');
}

function takeBroken(reader: Reader, bytes: Buffer): void {
  reader.handlers.broken({ at: reader.base + reader.at, bytes });
  const repaired = repairJson(bytes);
  reader.repaired += repaired.count;
  scanCopy(reader.spare, repaired.bytes);
  reader.handlers.element(reader.spare);
}

/** Whether the element that ends at `end` is not UTF-8. */
function isBroken({ at, buffer, mayBeBroken }: Reader, end: number): boolean {
  return mayBeBroken && !isUtf8(buffer.subarray(at, end));
}

/** `end` is the end of the element, -1 when it is still unknown. */
function startLong(reader: Reader, end: number): boolean {
  const { handlers } = reader;
  reader.longAt = reader.base + reader.at;
  reader.longRest = Buffer.alloc(0);
  checkLong(reader, end);
  const first = reader.at + reader.options.maxElementBytes;
  const beginning = reader.buffer.subarray(reader.at, first);
  scanCopy(reader.spare, beginning);
  handlers.long(beginning, reader.spare);
  handlers.more(reader.buffer.subarray(first, end < 0 ? reader.limit : end), end >= 0);
  return end < 0 ? moveOn(reader, reader.limit, 'long') : moveOn(reader, end, 'separator');
}

/** Tells once of an element above the bound that it is broken. */
function checkLong(reader: Reader, end: number): void {
  const { at, buffer, limit, longAt, longRest, search } = reader;
  if (longAt === undefined) return;
  const bytes = Buffer.concat([longRest, buffer.subarray(at, end < 0 ? limit : end)]);
  const whole = wholeEnd(bytes, 0, bytes.length);
  reader.longRest = bytes.subarray(whole);
  if (!search.hasControls && isUtf8(bytes.subarray(0, whole))) return;
  reader.longAt = undefined;
  reader.handlers.broken({ at: longAt, bytes: Buffer.alloc(0) });
}

function readLong(reader: Reader): boolean {
  const { at, limit, handlers } = reader;
  const end = findEnd(reader.search, reader.buffer, at, limit);
  checkLong(reader, end);
  handlers.more(reader.buffer.subarray(at, end < 0 ? limit : end), end >= 0);
  return moveOn(reader, end < 0 ? limit : end, end < 0 ? 'long' : 'separator');
}

function readSeparator(reader: Reader): boolean {
  const at = skipSpace(reader.buffer, reader.at);
  reader.at = at;
  if (at >= reader.limit) return false;
  const byte = reader.place === 'separator' ? reader.buffer[at] : undefined;
  if (byte === COMMA) return moveOn(reader, at + 1, 'element');
  if (byte === CLOSING_BRACKET) return moveOn(reader, at + 1, 'behind');
  throw failMalformed(reader, at);
}

function moveOn(reader: Reader, at: number, place: Place): true {
  reader.at = at;
  reader.place = place;
  return true;
}

function failMalformed(reader: Reader, at: number): Error {
  const byte = (reader.buffer[at] ?? 0).toString(16).padStart(2, '0');
  return new RetryableError(
    `${reader.options.what} is not well-formed JSON: unexpected byte 0x${byte} at byte ${reader.base + at}`,
    { scope: 'answer' },
  );
}
