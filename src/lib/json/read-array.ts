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

export interface ArrayReaderOptions {
  /** What is read, for error messages. */
  readonly what: string;
  /** Longer elements are handed on in pieces; in bytes. */
  readonly maxElementBytes: number;
}

interface Reader {
  readonly options: ArrayReaderOptions;
  readonly handlers: ArrayHandlers;
  buffer: Buffer;
  /** Next byte to look at, and end of the bytes at hand. */
  at: number;
  limit: number;
  /** Position of the buffer's first byte in the text. */
  base: number;
  isEnded: boolean;
  repaired: number;
}

/** Reading that stops where it needs more bytes, and goes on once they are at hand or the text has ended. */
type Reading<Result = void> = Generator<undefined, Result>;

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
export function createArrayReader(options: ArrayReaderOptions, handlers: ArrayHandlers) {
  const buffer = Buffer.alloc(0);
  const reader: Reader = { options, handlers, buffer, at: 0, limit: 0, base: 0, isEnded: false, repaired: 0 };
  const reading = readArray(reader);
  return {
    /** Takes the next bytes, cut anywhere. @throws RetryableError when the text is malformed, with the position of the byte, or of the element. */
    write: (bytes: Uint8Array): void => {
      for (let from = 0; from < bytes.length; from += SLICE_BYTES) {
        fill(reader, bytes.subarray(from, from + SLICE_BYTES));
        reading.next();
      }
    },
    /** @throws RetryableError when the text is not whole. */
    end: (): void => {
      reader.isEnded = true;
      reading.next();
    },
    /** Characters replaced or escaped so far, because they may not stand in JSON. */
    repaired: (): number => reader.repaired,
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
    reader.at = 0;
    reader.limit = left;
  }
  reader.buffer.set(bytes, reader.limit);
  reader.limit += bytes.length;
}

function* readArray(reader: Reader): Reading {
  yield* skipMark(reader);
  const opening = yield* nextByte(reader);
  if (opening === undefined) return;
  if (opening !== OPENING_BRACKET) throw yield* foreignError(reader);
  reader.at++;
  if ((yield* nextByte(reader)) !== CLOSING_BRACKET) yield* readElements(reader);
  if ((yield* nextByte(reader)) !== CLOSING_BRACKET) throw malformedError(reader, reader.at);
  reader.at++;
  if ((yield* nextByte(reader)) !== undefined) throw malformedError(reader, reader.at);
}

function* readElements(reader: Reader): Reading {
  for (;;) {
    yield* readElement(reader);
    if ((skipSpace(reader) ?? (yield* nextByte(reader))) !== COMMA) return;
    reader.at++;
    if (skipSpace(reader) === undefined) yield* nextByte(reader);
  }
}

/** Waits for more bytes; false when the text has ended. */
function* more(reader: Reader): Reading<boolean> {
  if (!reader.isEnded) yield;
  return !reader.isEnded;
}

function* skipMark(reader: Reader): Reading {
  const { length } = BYTE_ORDER_MARK;
  while (reader.limit < length && (yield* more(reader))) continue;
  if (BYTE_ORDER_MARK.equals(reader.buffer.subarray(0, Math.min(reader.limit, length)))) reader.at = length;
}

/** Goes to the next byte that is no white space, and gives it; undefined where the text ends before. */
function* nextByte(reader: Reader): Reading<number | undefined> {
  let byte = skipSpace(reader);
  while (byte === undefined && (yield* more(reader))) byte = skipSpace(reader);
  return byte;
}

/** The same among the bytes at hand. */
function skipSpace(reader: Reader): number | undefined {
  const { buffer, limit } = reader;
  for (; reader.at < limit; reader.at++) {
    const byte = buffer[reader.at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
  }
  return undefined;
}

/** Reads the element that begins at hand. */
function* readElement(reader: Reader): Reading {
  const scan = startScan();
  for (let length = 0; ;) {
    const end = scanOn(reader, scan, length);
    const bytes = reader.buffer.subarray(reader.at, end ?? reader.limit);
    length = bytes.length;
    if (length > reader.options.maxElementBytes) return yield* readLong(reader, scan, end);
    if (end !== undefined) {
      takeElement(reader, scan, bytes);
      return;
    }
    yield* needMore(reader);
  }
}

/** Looks for the end of the element at hand, behind so many of its bytes; undefined where it goes on. */
function scanOn(reader: Reader, scan: ValueScan, from: number): number | undefined {
  const end = scanValue(scan, reader.buffer, reader.at + from, reader.limit);
  if (end === MALFORMED) throw malformedError(reader, scan.faultAt);
  return end < 0 ? undefined : end;
}

function takeElement(reader: Reader, scan: ValueScan, bytes: Buffer): void {
  const { handlers, options } = reader;
  const at = reader.base + reader.at;
  reader.at += bytes.length;
  const isBroken = scan.hasControls || !(isAscii(bytes) || isUtf8(bytes));
  if (isBroken) handlers.broken({ at, bytes });
  const reason = reasonOf(scan);
  if (reason !== undefined) {
    handlers.text(replaceBroken(bytes).bytes, reason);
    return;
  }
  const repaired = isBroken ? repairJson(bytes) : { bytes, count: 0 };
  reader.repaired += repaired.count;
  const json = parseScanned(repaired.bytes, scan);
  if (json === undefined) {
    const message = `${options.what} is not well-formed JSON: the element at byte ${at} cannot be read`;
    throw new RetryableError(message, { scope: 'answer' });
  }
  handlers.element(json, repaired.bytes);
}

/** Hands on an element above the bound as it comes, and tells once that it is broken. */
function* readLong(reader: Reader, scan: ValueScan, firstEnd: number | undefined): Reading {
  const { handlers, options } = reader;
  const at = reader.base + reader.at;
  let isTold = false;
  /** The last bytes, of a character that may go on. */
  let rest = Buffer.alloc(0);
  const take = (end = reader.limit): Buffer => {
    const bytes = reader.buffer.subarray(reader.at, end);
    reader.at = end;
    const text = Buffer.concat([rest, bytes]);
    const whole = wholeEnd(text, 0, text.length);
    rest = text.subarray(whole);
    if (!isTold && (scan.hasControls || !isUtf8(text.subarray(0, whole)))) {
      isTold = true;
      handlers.broken({ at, bytes: Buffer.alloc(0) });
    }
    return bytes;
  };
  let end = firstEnd;
  const bytes = take(end);
  const beginning = bytes.subarray(0, options.maxElementBytes);
  handlers.long(beginning, wholeOf(beginning, scan));
  handlers.more(bytes.subarray(options.maxElementBytes), end !== undefined);
  while (end === undefined) {
    yield* needMore(reader);
    end = scanOn(reader, scan, 0);
    handlers.more(take(end), end !== undefined);
  }
}

/** What is whole of the beginning of an element; undefined where that is nothing. */
function wholeOf(beginning: Buffer, scan: ValueScan): unknown {
  if (reasonOf(scan) !== undefined) return undefined;
  const closed = Buffer.from(closeJson(beginning.toString('utf8')));
  return parseScanned(repairJson(closed).bytes, scan)?.value;
}

/** @throws RetryableError where the text has ended. */
function* needMore(reader: Reader): Reading {
  if (!(yield* more(reader))) throw malformedError(reader, reader.limit);
}

/** The error for a byte that cannot stand where it does, or is missing. */
function malformedError({ base, buffer, limit, options }: Reader, at: number): Error {
  const byte = (buffer[at] ?? 0).toString(16).padStart(2, '0');
  const what =
    at < limit
      ? `not well-formed JSON: unexpected byte 0x${byte} at byte ${base + at}`
      : `cut off: it ends after byte ${base + limit}, before its array does`;
  return new RetryableError(`${options.what} is ${what}`, { scope: 'answer' });
}

/** The error for a document that is no array. */
function* foreignError(reader: Reader): Reading<Error> {
  while (reader.limit - reader.at < FOREIGN_BYTES && (yield* more(reader))) continue;
  const { at, buffer, handlers, limit } = reader;
  return handlers.foreign(buffer.toString('utf8', at, Math.min(limit, at + FOREIGN_BYTES)));
}
