import { createHash } from 'node:crypto';
import { scanValue, startScan } from '../json/scan-value.ts';
import type { Chunk } from './stream.ts';

/** The rows of a chunk, each as it stands in the text: numbers beyond 2^53 must not pass through `JSON.parse`. */
export function rowsOf({ json }: Chunk, most = Infinity): Buffer[] {
  const bytes = Buffer.from(json.buffer, json.byteOffset, json.byteLength);
  const rows: Buffer[] = [];
  // Behind each row stands a comma, behind the last one the bracket that ends the text.
  for (let at = 1; at < bytes.length && rows.length < most;) {
    const end = scanValue(startScan(), bytes, at, bytes.length);
    if (end < at) throw new RangeError('the chunk is no JSON array of rows');
    rows.push(bytes.subarray(at, end));
    at = end + 1;
  }
  return rows;
}

/** Rows as a chunk again. */
export function toChunk(rows: readonly Buffer[]): Chunk {
  const separated = rows.flatMap((row, place) => (place === 0 ? [row] : [Buffer.from(','), row]));
  return { json: Buffer.concat([Buffer.from('['), ...separated, Buffer.from(']')]), rows: rows.length };
}

/** Name of what a chunk holds: by the keys of its rows, which are the same whenever a record is read; else by its text. */
export function nameOfRows(json: Uint8Array): string {
  const text = Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString('utf8');
  const keys = (JSON.parse(text) as { readonly RowKey?: unknown }[]).map(({ RowKey }) => RowKey);
  const identity = keys.every((key) => typeof key === 'string') ? keys.join('\n') : text;
  return createHash('sha256').update(identity).digest('hex').slice(0, 16);
}
