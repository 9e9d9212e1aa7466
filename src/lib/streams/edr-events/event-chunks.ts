import {
  appendRow,
  createChunkWriter,
  finishChunk,
  type ChunkWriter,
  type RowText,
} from '../../pipeline/chunk-writer.ts';
import type { Chunk } from '../../pipeline/stream.ts';

/** What is booked of records once their rows are accepted. Ledger keys are 16 bytes each, one character a byte. */
export interface Booking {
  /** Ledger keys of the rows. */
  readonly uploaded: string[];
  /** Identities of the documents newly received up to here. */
  readonly fetched: string[];
  /** JSON text of those of its rows whose score is high enough for an alert. */
  readonly alertRows: Buffer[];
  /** Records with rows here that were repaired, and those whose time lies outside. */
  repaired: number;
  outside: number;
  /** Documents newly received up to here that are of the second before the window, and of the one behind it. */
  before: number;
  behind: number;
  /** How long after its time one of its records was still missing at least, in seconds; absent where none was. */
  missingSeconds?: number;
}

/** Rows to upload in one call, and what is booked once they are accepted. */
export type EdrChunk = Chunk & Readonly<Booking>;

/** Gathers rows into chunks, and what belongs to them. */
export interface EventChunks {
  readonly writer: ChunkWriter;
  /** What came since the last chunk. */
  open: Booking;
  /** Chunks that were not handed out yet. */
  finished: EdrChunk[];
}

/** No rows yet. */
export function createEventChunks(): EventChunks {
  return { writer: createChunkWriter(), open: newBooking(), finished: [] };
}

/** Adds a row with its ledger key. */
export function addRow(chunks: EventChunks, row: RowText, key: string): void {
  finish(chunks, appendRow(chunks.writer, row));
  chunks.open.uploaded.push(key);
}

/** Finishes what was gathered and hands out all chunks. */
export function finishChunks(chunks: EventChunks): EdrChunk[] {
  finish(chunks, finishChunk(chunks.writer));
  return takeChunks(chunks);
}

/** Hands out the chunks that are full. */
export function takeChunks(chunks: EventChunks): EdrChunk[] {
  const { finished } = chunks;
  chunks.finished = [];
  return finished;
}

function finish(chunks: EventChunks, chunk: Chunk | undefined): void {
  if (chunk === undefined) return;
  chunks.finished.push({ ...chunk, ...chunks.open });
  chunks.open = newBooking();
}

function newBooking(): Booking {
  return { uploaded: [], fetched: [], alertRows: [], repaired: 0, outside: 0, before: 0, behind: 0 };
}
