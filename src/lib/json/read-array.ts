import { isUtf8 } from 'node:buffer';
import { RetryableError } from '../errors.ts';
import type { ArrayHandlers, ArrayReaderOptions, Reader } from './array-reader.ts';
import { failForeign, readStep } from './array-steps.ts';
import { startEndSearch } from './find-end.ts';
import { createJsonScan, GUARD, GUARD_BYTES, loadJson } from './json-scan.ts';
import { wholeEnd } from '../utf8.ts';

/** Reads a JSON array from bytes as they come. */
export interface ArrayReader {
  /** @throws RetryableError when the text is malformed, with the position of the byte. */
  readonly write: (bytes: Uint8Array) => void;
  /** @throws RetryableError when the text is not whole. */
  readonly end: () => void;
  /** Characters replaced or escaped so far, because they may not stand in JSON. */
  readonly repaired: () => number;
}

/** Bytes looked at in one go: they and what is made of them stay in the processor's cache. */
const SLICE_BYTES = 64 * 1024;

/**
 * Creates a reader of one array of any number of elements. A text of nothing but white space counts as an empty array.
 * Memory is bounded by `maxElementBytes`, whatever the text holds. After an error the reader must not be used again.
 */
export function createArrayReader(options: ArrayReaderOptions, handlers: ArrayHandlers): ArrayReader {
  const reader: Reader = {
    options,
    handlers,
    scan: createJsonScan(options.fields),
    spare: createJsonScan(options.fields),
    buffer: Buffer.allocUnsafeSlow(4 * SLICE_BYTES),
    at: 0,
    limit: 0,
    base: 0,
    place: 'start',
    mayBeBroken: false,
    search: startEndSearch(),
    searched: 0,
    reason: undefined,
    longAt: undefined,
    longRest: Buffer.alloc(0),
    repaired: 0,
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

function roundUp(size: number): number {
  return Math.ceil(size / SLICE_BYTES) * SLICE_BYTES;
}

/** Puts the bytes behind those that are still to be looked at. */
function fill(reader: Reader, bytes: Uint8Array): void {
  if (reader.buffer.length < reader.limit + bytes.length + GUARD_BYTES) makeRoom(reader, bytes.length + GUARD_BYTES);
  reader.buffer.set(bytes, reader.limit);
  reader.limit += bytes.length;
  reader.buffer.fill(GUARD, reader.limit, reader.limit + GUARD_BYTES);
  reader.mayBeBroken = !isWellFormed(reader);
  loadJson(reader.scan, reader.buffer, reader.limit);
}

/** Whether all bytes to be looked at are UTF-8, but for a character at the end that may go on in the next bytes. */
function isWellFormed({ buffer, at, limit }: Reader): boolean {
  return isUtf8(buffer.subarray(at, wholeEnd(buffer, at, limit)));
}

/** Moves what is left to the front of the buffer, or of a larger one. */
function makeRoom(reader: Reader, size: number): void {
  const left = reader.limit - reader.at;
  const old = reader.buffer;
  if (old.length < 2 * left + size) reader.buffer = Buffer.allocUnsafeSlow(roundUp(3 * left + size));
  old.copy(reader.buffer, 0, reader.at, reader.limit);
  reader.buffer.fill(GUARD, left, left + GUARD_BYTES);
  reader.base += reader.at;
  reader.searched -= reader.at;
  reader.limit = left;
  reader.at = 0;
}

function finish(reader: Reader): void {
  const isEmpty = reader.place === 'start' && reader.at === reader.limit;
  if (isEmpty || reader.place === 'behind') return;
  if (reader.place === 'start' || reader.place === 'foreign') throw failForeign(reader);
  const size = reader.base + reader.limit;
  throw new RetryableError(`${reader.options.what} is cut off: it ends after byte ${size}, before its array does`, {
    scope: 'answer',
  });
}
