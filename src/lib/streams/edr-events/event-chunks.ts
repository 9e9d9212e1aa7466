import {
  appendRow,
  createChunkWriter,
  finishChunk,
  type ChunkWriter,
  type RowText,
} from '../../pipeline/chunk-writer.ts';
import type { Chunk } from '../../pipeline/stream.ts';
import { keyBytes } from './event-key.ts';

/** Rows to upload in one call, with the keys to book once they are accepted. */
export interface EdrChunk extends Chunk {
  /** Ledger keys of the rows, 16 bytes each, concatenated. */
  readonly uploaded: Uint8Array;
  /** Identities of the records newly received up to here, 16 bytes each, concatenated. */
  readonly fetched: Uint8Array;
  /** JSON text of those of its rows whose score is high enough for an alert. */
  readonly alertRows: readonly Buffer[];
  /** Records with rows here that were repaired, and those whose time lies outside. */
  readonly repaired: number;
  readonly outside: number;
  /** Documents newly received up to here that are of the second before the window, and of the one behind it. */
  readonly before: number;
  readonly behind: number;
  /** How long after its time one of its records was still missing at least, in seconds; absent where none was. */
  readonly missingSeconds?: number;
}

/** Gathers rows into chunks, and the keys that belong to them. */
export interface EventChunks {
  readonly writer: ChunkWriter;
  /** Keys of the rows since the last chunk, and identities of the records received since then. */
  uploaded: string[];
  fetched: string[];
  /** Texts of the rows since the last chunk that make an alert. */
  alerts: Buffer[];
  /** Records with rows since the last chunk that were repaired, and those whose time lies outside. */
  repaired: number;
  outside: number;
  before: number;
  behind: number;
  missingSeconds: number | undefined;
  /** Chunks that were not handed out yet. */
  finished: EdrChunk[];
}

/** @param maxBytes largest chunk. */
export function createEventChunks(maxBytes?: number): EventChunks {
  return { writer: createChunkWriter(maxBytes), finished: [], ...nothing() };
}

/** Adds a row with its ledger key. */
export function addRow(chunks: EventChunks, row: RowText, key: string): void {
  book(chunks, appendRow(chunks.writer, row));
  chunks.uploaded.push(key);
}

/** Finishes what was gathered and hands out all chunks. */
export function finishChunks(chunks: EventChunks): EdrChunk[] {
  book(chunks, finishChunk(chunks.writer));
  return takeChunks(chunks);
}

/** Hands out the chunks that are full. */
export function takeChunks(chunks: EventChunks): EdrChunk[] {
  const { finished } = chunks;
  chunks.finished = [];
  return finished;
}

function book(chunks: EventChunks, chunk: Chunk | undefined): void {
  if (chunk === undefined) return;
  const { uploaded, fetched, alerts: alertRows, missingSeconds, repaired, outside, before, behind } = chunks;
  chunks.finished.push({
    ...chunk,
    uploaded: keyBytes(uploaded),
    fetched: keyBytes(fetched),
    alertRows,
    repaired,
    outside,
    before,
    behind,
    ...(missingSeconds === undefined ? {} : { missingSeconds }),
  });
  Object.assign(chunks, nothing());
}

function nothing(): Omit<EventChunks, 'writer' | 'finished'> {
  return {
    uploaded: [],
    fetched: [],
    alerts: [],
    repaired: 0,
    outside: 0,
    before: 0,
    behind: 0,
    missingSeconds: undefined,
  };
}
