import { appendRow, createChunkWriter, finishChunk, type RowText } from '../pipeline/chunk-writer.ts';
import type { Chunk } from '../pipeline/stream.ts';

/** Gathers rows into chunks, and with each what is booked once its rows are accepted. */
export interface BookedChunks<Booking> {
  /** What is booked since the last chunk. A row that does not fit beside those before it begins another one. */
  open: Booking;
  readonly add: (row: RowText) => void;
  /** Hands out the chunks that are full. */
  readonly take: () => (Chunk & Readonly<Booking>)[];
  /** Hands out all that was gathered; `open` is what no chunk has told. */
  readonly end: () => (Chunk & Readonly<Booking>)[];
}

/** No rows yet. */
export function createBookedChunks<Booking>(newBooking: () => Booking): BookedChunks<Booking> {
  const writer = createChunkWriter();
  const full: (Chunk & Readonly<Booking>)[] = [];
  const finish = (chunk: Chunk | undefined): void => {
    if (chunk === undefined) return;
    full.push({ ...chunk, ...chunks.open });
    chunks.open = newBooking();
  };
  const chunks: BookedChunks<Booking> = {
    open: newBooking(),
    add: (row) => finish(appendRow(writer, row)),
    take: () => full.splice(0),
    end: () => {
      finish(finishChunk(writer));
      return full.splice(0);
    },
  };
  return chunks;
}
