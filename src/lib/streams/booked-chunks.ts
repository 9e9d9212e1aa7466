import { appendRow, createChunkWriter, finishChunk, type RowText } from '../pipeline/chunk-writer.ts';
import type { Chunk } from '../pipeline/stream.ts';

/** Gathers rows into chunks, and with each what is booked once its rows are accepted. */
export function createBookedChunks<Booking>(newBooking: () => Booking) {
  const writer = createChunkWriter();
  const full: (Chunk & Readonly<Booking>)[] = [];
  const finish = (chunk: Chunk | undefined): void => {
    if (chunk === undefined) return;
    full.push({ ...chunk, ...chunks.open });
    chunks.open = newBooking();
  };
  const chunks = {
    /** What is booked since the last chunk. A row that does not fit beside those before it begins another one. */
    open: newBooking(),
    add: (row: RowText): void => finish(appendRow(writer, row)),
    /** Hands out the chunks that are full. */
    take: () => full.splice(0),
    /** Hands out all that was gathered; `open` is what no chunk has told. */
    end: () => {
      finish(finishChunk(writer));
      return full.splice(0);
    },
  };
  return chunks;
}
