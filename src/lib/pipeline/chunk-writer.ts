import type { Chunk } from './stream.ts';

/** Largest chunk: the Logs Ingestion API takes 1 MB a call and counts everything in the body. */
export const MAX_CHUNK_BYTES = 950_000;

const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
/** A row costs its bytes and a separator or bracket; the array costs one bracket more. */
const BRACKET_BYTES = 2;

/** Collects rows to JSON arrays; made by {@link createChunkWriter}. */
export interface ChunkWriter {
  readonly maxBytes: number;
  /** The array in the making; undefined when it has no rows. */
  bytes: Buffer | undefined;
  /** Bytes used, without the closing bracket. */
  length: number;
  rows: number;
}

/** A writer of chunks of at most `maxBytes`, brackets and separators counted. */
export function createChunkWriter(maxBytes = MAX_CHUNK_BYTES): ChunkWriter {
  return { maxBytes, bytes: undefined, length: 0, rows: 0 };
}

/** JSON text of a row, in pieces: bytes, and strings of one character a byte. */
export type RowText = readonly (string | Uint8Array)[];

/**
 * Appends a row. Where it does not fit beside the rows collected so far, these are returned as a finished chunk and the row begins the
 * next one. Throws a RangeError for a row that fits no chunk.
 */
export function appendRow(writer: ChunkWriter, row: RowText): Chunk | undefined {
  const finished = makeRoom(
    writer,
    row.reduce((bytes, { length }) => bytes + length, 0),
  );
  let at = openRow(writer);
  for (const piece of row) {
    if (typeof piece === 'string') writer.bytes?.write(piece, at, 'latin1');
    else writer.bytes?.set(piece, at);
    at += piece.length;
  }
  writer.length = at;
  return finished;
}

/** Hands out what has been collected; undefined when there are no rows. */
export function finishChunk(writer: ChunkWriter): Chunk | undefined {
  const { bytes, length, rows } = writer;
  if (bytes === undefined) return undefined;
  bytes[length] = CLOSE_BRACKET;
  writer.bytes = undefined;
  writer.length = 0;
  writer.rows = 0;
  return { json: bytes.subarray(0, length + 1), rows };
}

/** Whether a row of `rowBytes` fits beside the rows collected so far. */
export function fitsChunk(writer: ChunkWriter, rowBytes: number): boolean {
  return writer.length + rowBytes + BRACKET_BYTES <= writer.maxBytes;
}

function makeRoom(writer: ChunkWriter, rowBytes: number): Chunk | undefined {
  if (rowBytes + BRACKET_BYTES > writer.maxBytes) {
    throw new RangeError(
      `a row of ${rowBytes} bytes fits no chunk: at most ${writer.maxBytes - BRACKET_BYTES} are allowed`,
    );
  }
  return fitsChunk(writer, rowBytes) ? undefined : finishChunk(writer);
}

/** Writes what comes before a row and returns the row's place. Each chunk has memory of its own: it outlives the writer. */
function openRow(writer: ChunkWriter): number {
  writer.bytes ??= Buffer.allocUnsafeSlow(writer.maxBytes);
  writer.bytes[writer.length] = writer.rows === 0 ? OPEN_BRACKET : COMMA;
  writer.rows++;
  return writer.length + 1;
}
