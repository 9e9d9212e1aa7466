import { appendRow } from '../../pipeline/chunk-writer.ts';
import type { Chunk } from '../../pipeline/stream.ts';
import type { VmChunk } from './decode-page.ts';
import type { Decoder, Part } from './decode-state.ts';
import { checkSentRows, noteRowKey, resumeOf } from './decode-resume.ts';
import { writeRow } from './host-rows.ts';

/** Writes a part as a row, unless it belongs to another slice or an earlier read has sent it. */
export function emitPart(decoder: Decoder, part: Part, partCount: number | undefined): void {
  const { host, page } = decoder;
  if (host.isSkipped) return;
  const row = writeRow(decoder, part, partCount);
  if (host.rowsDone >= host.rowsSent) {
    const finished = appendRow(decoder.writer, decoder.row, row.length);
    if (finished !== undefined) pushChunk(decoder, finished);
    page.chunkDetections += part.detections;
  }
  noteRowKey(host, row.key);
  const { resume } = decoder.options;
  if (resume !== undefined && host.rowsDone === host.rowsSent) checkSentRows(host, resume);
}

/** Hands a chunk out with what it contains. The row that comes next is not in it. */
export function pushChunk(decoder: Decoder, chunk: Chunk): void {
  const { host, page } = decoder;
  const isOrdered = !page.isOutOfOrder;
  const vmChunk: VmChunk = {
    ...chunk,
    hosts: page.chunkHosts,
    ids: page.chunkIds,
    detections: page.chunkDetections,
    ...(isOrdered && page.lastWholeId !== undefined ? { lastHostId: page.lastWholeId } : {}),
    ...(isOrdered && host.id !== undefined && host.rowsDone > 0 ? { partial: resumeOf(host.id, host) } : {}),
  };
  page.chunkHosts = 0;
  page.chunkIds = [];
  page.chunkDetections = 0;
  decoder.chunks.push(vmChunk);
}
