import { isAscii, isUtf8 } from 'node:buffer';
import { RetryableError } from '../errors.ts';
import { replaceBroken, wholeEnd } from '../utf8.ts';
import { parseScanned, type ParsedJson } from './parse-json.ts';
import { closeJson, repairJson } from './repair-json.ts';
import { MALFORMED, reasonOf, scanValue, startScan, type ValueScan } from './scan-value.ts';

/** An element that holds what may not stand in JSON text: raw control characters in strings, or bytes that are not UTF-8. */
export interface BrokenElement {
  /** Position of its first byte in the text. */
  readonly at: number;
  /** The element as it came; none for one above the bound. */
  readonly bytes: Uint8Array;
}

/** Who gets the elements of the array; bytes are valid during the call only. */
export interface ArrayHandlers {
  /** A well-formed element, and its text. */
  readonly element: (json: ParsedJson, bytes: Buffer) => void;
  /** The element that comes next, or goes on, is broken; it is handed on repaired unless this throws. */
  readonly broken: (element: BrokenElement) => void;
  /** An element that is whole but is not read, as UTF-8, and why. */
  readonly text: (bytes: Buffer, reason: string) => void;
  /** An element above the bound begins: its first `maxElementBytes` bytes, and what is whole of them; undefined where that is nothing. */
  readonly long: (bytes: Buffer, beginning: unknown) => void;
  /** More bytes of it. */
  readonly more: (bytes: Buffer, isLast: boolean) => void;
  /** The text is no array: makes the error from its beginning. */
  readonly foreign: (beginning: string) => Error;
}

/** Reads a JSON array from bytes as they come. */
export interface ArrayReader {
  /** @throws RetryableError when the text is malformed, with the position of the byte, or of the element. */
  readonly write: (bytes: Uint8Array) => void;
  /** @throws RetryableError when the text is not whole. */
  readonly end: () => void;
  /** Characters replaced or escaped so far, because they may not stand in JSON. */
  readonly repaired: () => number;
}

export interface ArrayReaderOptions {
  /** What is read, for error messages. */
  readonly what: string;
  /** Longer elements are handed on in pieces; in bytes. */
  readonly maxElementBytes: number;
}

/** What is expected next. */
type Place = 'start' | 'first' | 'element' | 'inside' | 'long' | 'separator' | 'behind' | 'foreign';

interface Reader {
  readonly options: ArrayReaderOptions;
  readonly handlers: ArrayHandlers;
  buffer: Buffer;
  /** Next byte to look at, and end of the bytes at hand. */
  at: number;
  limit: number;
  /** Position of the buffer's first byte in the text. */
  base: number;
  place: Place;
  /** Search for the end of the element that begins at `at`, and how far it came. */
  scan: ValueScan;
  searched: number;
  /** Position of the element above the bound in the text, until it was found to be broken. */
  longAt: number | undefined;
  /** Its last bytes, of a character that may go on. */
  longRest: Buffer;
  repaired: number;
}

/** Bytes looked at in one go. */
const SLICE_BYTES = 64 * 1024;
/** As much of a foreign document is waited for, to tell what it is. */
const FOREIGN_BYTES = 4096;
const BYTE_ORDER_MARK = Buffer.from('\uFEFF');
const [COMMA, OPENING_BRACKET, CLOSING_BRACKET] = [0x2c, 0x5b, 0x5d];

/**
 * Creates a reader of one array of any number of elements. A text of nothing but white space counts as an empty array.
 * Memory is bounded by `maxElementBytes`, whatever the text holds. After an error the reader must not be used again.
 */
export function createArrayReader(options: ArrayReaderOptions, handlers: ArrayHandlers): ArrayReader {
  const reader: Reader = {
    options,
    handlers,
    buffer: Buffer.alloc(0),
    ...{ at: 0, limit: 0, base: 0, place: 'start', searched: 0, repaired: 0 },
    scan: startScan(),
    longAt: undefined,
    longRest: Buffer.alloc(0),
  };
  return {
    write: (bytes) => {
      for (let from = 0; from < bytes.length; from += SLICE_BYTES) {
        fill(reader, bytes.subarray(from, from + SLICE_BYTES));
        while (reader.at < reader.limit && readStep(reader));
      }
    },
    end: () => finish(reader),
    repaired: () => reader.repaired,
  };
}

/** Puts the bytes behind those that are still to be looked at. */
function fill(reader: Reader, bytes: Uint8Array): void {
  const { at, buffer, limit } = reader;
  if (limit + bytes.length > buffer.length) {
    const left = limit - at;
    const isRoomy = 2 * left + bytes.length <= buffer.length;
    reader.buffer = isRoomy ? buffer : Buffer.allocUnsafeSlow(3 * left + 4 * SLICE_BYTES);
    buffer.copy(reader.buffer, 0, at, limit);
    reader.base += at;
    reader.searched -= at;
    reader.at = 0;
    reader.limit = left;
  }
  reader.buffer.set(bytes, reader.limit);
  reader.limit += bytes.length;
}

/** Goes one step on in the bytes at hand; false when more are needed. */
function readStep(reader: Reader): boolean {
  switch (reader.place) {
    case 'start':
      return readStart(reader);
    case 'foreign':
      if (reader.limit - reader.at < FOREIGN_BYTES) return false;
      throw failForeign(reader);
    case 'first':
    case 'element':
      return startElement(reader);
    case 'inside':
      return readElement(reader);
    case 'long':
      return readLong(reader);
    case 'separator':
    case 'behind':
      return readSeparator(reader);
  }
}

function readStart(reader: Reader): boolean {
  const { buffer, limit } = reader;
  if (reader.base + reader.at === 0 && buffer[0] === BYTE_ORDER_MARK[0]) {
    if (limit < BYTE_ORDER_MARK.length) return false;
    if (BYTE_ORDER_MARK.equals(buffer.subarray(0, BYTE_ORDER_MARK.length))) reader.at = BYTE_ORDER_MARK.length;
  }
  if (!skipSpace(reader)) return false;
  return buffer[reader.at] === OPENING_BRACKET
    ? moveOn(reader, reader.at + 1, 'first')
    : moveOn(reader, reader.at, 'foreign');
}

function startElement(reader: Reader): boolean {
  if (!skipSpace(reader)) return false;
  const { at, buffer, place } = reader;
  if (buffer[at] === CLOSING_BRACKET && place === 'first') return moveOn(reader, at + 1, 'behind');
  reader.scan = startScan();
  reader.searched = at;
  return moveOn(reader, at, 'inside');
}

function readElement(reader: Reader): boolean {
  const { at, buffer, limit, options } = reader;
  const end = scanOn(reader);
  if ((end < 0 ? limit : end) - at > options.maxElementBytes) return startLong(reader, end);
  if (end < 0) return false;
  takeElement(reader, buffer.subarray(at, end));
  return moveOn(reader, end, 'separator');
}

/** End of the element, or -1 when it goes on. */
function scanOn(reader: Reader): number {
  const { buffer, limit, scan, searched } = reader;
  const end = scanValue(scan, buffer, searched, limit);
  if (end === MALFORMED) throw failMalformed(reader, scan.faultAt);
  reader.searched = limit;
  return end;
}

function takeElement(reader: Reader, bytes: Buffer): void {
  const { at, base, handlers, options, scan } = reader;
  const isBroken = scan.hasControls || !(isAscii(bytes) || isUtf8(bytes));
  if (isBroken) handlers.broken({ at: base + at, bytes });
  const reason = reasonOf(scan);
  if (reason !== undefined) {
    handlers.text(replaceBroken(bytes).bytes, reason);
    return;
  }
  const repaired = isBroken ? repairJson(bytes) : { bytes, count: 0 };
  reader.repaired += repaired.count;
  const json = parseScanned(repaired.bytes, scan);
  if (json === undefined) {
    const message = `${options.what} is not well-formed JSON: the element at byte ${base + at} cannot be read`;
    throw new RetryableError(message, { scope: 'answer' });
  }
  handlers.element(json, repaired.bytes);
}

/** `end` is the end of the element, -1 when it is still unknown. */
function startLong(reader: Reader, end: number): boolean {
  const { at, base, buffer, handlers, options, scan } = reader;
  reader.longAt = base + at;
  reader.longRest = Buffer.alloc(0);
  checkLong(reader, end);
  const first = at + options.maxElementBytes;
  const beginning = buffer.subarray(at, first);
  const closed =
    reasonOf(scan) === undefined ? repairJson(Buffer.from(closeJson(beginning.toString('utf8')))).bytes : '';
  handlers.long(beginning, closed.length === 0 ? undefined : parseScanned(Buffer.from(closed), scan)?.value);
  reader.at = first;
  return handMore(reader, end);
}

function readLong(reader: Reader): boolean {
  const end = scanOn(reader);
  checkLong(reader, end);
  return handMore(reader, end);
}

function handMore(reader: Reader, end: number): boolean {
  const { at, buffer, handlers, limit } = reader;
  handlers.more(buffer.subarray(at, end < 0 ? limit : end), end >= 0);
  return end < 0 ? moveOn(reader, limit, 'long') : moveOn(reader, end, 'separator');
}

/** Tells once of an element above the bound that it is broken. */
function checkLong(reader: Reader, end: number): void {
  const { at, buffer, limit, longAt, longRest, scan } = reader;
  if (longAt === undefined) return;
  const bytes = Buffer.concat([longRest, buffer.subarray(at, end < 0 ? limit : end)]);
  const whole = wholeEnd(bytes, 0, bytes.length);
  reader.longRest = bytes.subarray(whole);
  if (!scan.hasControls && isUtf8(bytes.subarray(0, whole))) return;
  reader.longAt = undefined;
  reader.handlers.broken({ at: longAt, bytes: Buffer.alloc(0) });
}

function readSeparator(reader: Reader): boolean {
  if (!skipSpace(reader)) return false;
  const byte = reader.place === 'separator' ? reader.buffer[reader.at] : undefined;
  if (byte === COMMA) return moveOn(reader, reader.at + 1, 'element');
  if (byte === CLOSING_BRACKET) return moveOn(reader, reader.at + 1, 'behind');
  throw failMalformed(reader, reader.at);
}

/** Goes to the next byte that is no white space; false when there is none yet. */
function skipSpace(reader: Reader): boolean {
  const { buffer, limit } = reader;
  let { at } = reader;
  for (; at < limit; at++) {
    const byte = buffer[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
  }
  reader.at = at;
  return at < limit;
}

function moveOn(reader: Reader, at: number, place: Place): true {
  reader.at = at;
  reader.place = place;
  return true;
}

function failMalformed({ base, buffer, options }: Reader, at: number): Error {
  const byte = (buffer[at] ?? 0).toString(16).padStart(2, '0');
  const message = `${options.what} is not well-formed JSON: unexpected byte 0x${byte} at byte ${base + at}`;
  return new RetryableError(message, { scope: 'answer' });
}

/** The error for a document that is no array. */
function failForeign({ at, buffer, handlers, limit }: Reader): Error {
  return handlers.foreign(buffer.toString('utf8', at, Math.min(limit, at + FOREIGN_BYTES)));
}

function finish(reader: Reader): void {
  const { at, base, limit, options, place } = reader;
  if (place === 'behind' || (place === 'start' && at === limit)) return;
  if (place === 'start' || place === 'foreign') throw failForeign(reader);
  throw new RetryableError(`${options.what} is cut off: it ends after byte ${base + limit}, before its array does`, {
    scope: 'answer',
  });
}
