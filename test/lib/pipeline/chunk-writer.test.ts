import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  appendRow,
  createChunkWriter,
  finishChunk,
  fitsChunk,
  MAX_CHUNK_BYTES,
} from '../../../src/lib/pipeline/chunk-writer.ts';
import type { Chunk } from '../../../src/lib/pipeline/stream.ts';

/** A row in pieces: bytes, and strings of one character a byte. */
function piecesOf(row: string, at: number): (string | Uint8Array)[] {
  const bytes = Buffer.from(row);
  return [bytes.subarray(0, at), bytes.toString('latin1', at)];
}

function write(rows: readonly string[], maxBytes: number, at: number): Chunk[] {
  const writer = createChunkWriter(maxBytes);
  const chunks = rows.map((row) => appendRow(writer, piecesOf(row, at)));
  return [...chunks, finishChunk(writer)].flatMap((chunk) => (chunk === undefined ? [] : [chunk]));
}

function parse(chunk: Chunk): unknown[] {
  return JSON.parse(Buffer.from(chunk.json).toString()) as unknown[];
}

describe('a chunk writer', () => {
  const row = fc.string({ unit: 'binary', maxLength: 30 }).map((text) => JSON.stringify({ text }));

  test('gives arrays that hold all rows in order, none above the limit, none that could have taken the next row', () => {
    fc.assert(
      fc.property(fc.array(row), fc.integer({ min: 250, max: 600 }), fc.nat(20), (rows, maxBytes, at) => {
        const chunks = write(rows, maxBytes, at);
        expect(chunks.flatMap(parse)).toEqual(rows.map((text) => JSON.parse(text) as unknown));
        expect(chunks.map((chunk) => chunk.rows)).toEqual(chunks.map((chunk) => parse(chunk).length));
        for (const [index, chunk] of chunks.entries()) {
          expect(chunk.json.length).toBeLessThanOrEqual(maxBytes);
          const next = chunks[index + 1];
          const first = next === undefined ? '' : JSON.stringify(parse(next)[0]);
          if (next !== undefined) expect(chunk.json.length + 1 + Buffer.byteLength(first)).toBeGreaterThan(maxBytes);
        }
      }),
    );
  });

  test('takes a row that fills a chunk to the byte, and no larger one', () => {
    const writer = createChunkWriter(10);
    expect(appendRow(writer, ['"123456"'])).toBeUndefined();
    expect(fitsChunk(writer, 0)).toBe(false);
    expect(Buffer.from(finishChunk(writer)?.json ?? []).toString()).toBe('["123456"]');
    expect(() => appendRow(writer, ['"123', '4567"'])).toThrow(RangeError);
    expect(() => appendRow(writer, [Buffer.from('"é23456"')])).toThrow('a row of 9 bytes fits no chunk: at most 8');
  });

  test('has nothing to hand out before the first row and after the last chunk', () => {
    const writer = createChunkWriter();
    expect(finishChunk(writer)).toBeUndefined();
    appendRow(writer, ['1']);
    finishChunk(writer);
    expect(finishChunk(writer)).toBeUndefined();
  });

  test('never writes to a chunk that it has handed out', () => {
    const writer = createChunkWriter(8);
    appendRow(writer, ['11']);
    const chunk = appendRow(writer, ['2222']);
    appendRow(writer, ['3']);
    expect(Buffer.from(chunk?.json ?? []).toString()).toBe('[11]');
  });

  test('leaves a margin to the megabyte that Azure takes', () => {
    expect(MAX_CHUNK_BYTES).toBe(950_000);
  });
});
