import type { Chunk } from './stream.ts';

/** Largest chunk: the Logs Ingestion API takes 1 MB a call and counts everything in the body. */
export const MAX_CHUNK_BYTES = 950_000;

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
  const rowBytes = row.reduce((bytes, { length }) => bytes + length, 0);
  const mostBytes = writer.maxBytes - BRACKET_BYTES;
  if (rowBytes > mostBytes) {
    throw new RangeError(`a row of ${rowBytes} bytes fits no chunk: at most ${mostBytes} are allowed`);
  }
  const finished = fitsChunk(writer, rowBytes) ? undefined : finishChunk(writer);
  // Each chunk has memory of its own: it outlives the writer.
  const bytes = (writer.bytes ??= Buffer.allocUnsafeSlow(writer.maxBytes));
  for (const piece of [writer.rows === 0 ? '[' : ',', ...row]) {
    if (typeof piece === 'string') bytes.write(piece, writer.length, 'latin1');
    else bytes.set(piece, writer.length);
    writer.length += piece.length;
  }
  writer.rows++;
  return finished;
}

/** Hands out what has been collected; undefined when there are no rows. */
export function finishChunk(writer: ChunkWriter): Chunk | undefined {
  const { bytes, length, rows } = writer;
  if (bytes === undefined) return undefined;
  bytes.write(']', length);
  writer.bytes = undefined;
  writer.length = 0;
  writer.rows = 0;
  return { json: bytes.subarray(0, length + 1), rows };
}

/** Whether a row of `rowBytes` fits beside the rows collected so far. */
export function fitsChunk(writer: ChunkWriter, rowBytes: number): boolean {
  return writer.length + rowBytes + BRACKET_BYTES <= writer.maxBytes;
}
