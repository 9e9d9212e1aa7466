import { rowsOf, toChunk } from './chunk-rows.ts';
import type { Sink } from './ports.ts';
import type { Chunk } from './stream.ts';

/** The last chunk that a sink of this process has accepted, by table. Evidence at hand, no state: without it a window waits a little longer. */
const accepted = new WeakMap<Sink, Map<string, Chunk>>();

/** Keeps a chunk that was accepted. */
export function keepAccepted(sink: Sink, table: string, chunk: Chunk): void {
  const chunks = accepted.get(sink) ?? new Map<string, Chunk>();
  accepted.set(sink, chunks.set(table, chunk));
}

/** A row of the table that was accepted before, as a chunk; undefined when none is known. */
export function acceptedRow(sink: Sink, table: string): Chunk | undefined {
  const chunk = accepted.get(sink)?.get(table);
  return chunk === undefined ? undefined : toChunk(rowsOf(chunk, 1));
}
