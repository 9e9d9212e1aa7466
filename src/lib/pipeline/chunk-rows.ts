import { createHash } from 'node:crypto';
import type { Chunk } from './stream.ts';

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const OPENING: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const CLOSING: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/** The rows of a chunk, each as it stands in the text: numbers beyond 2^53 must not pass through `JSON.parse`. */
export function rowsOf({ json }: Chunk, most = Infinity): Buffer[] {
  const bytes = Buffer.from(json.buffer, json.byteOffset, json.byteLength);
  const rows: Buffer[] = [];
  let [depth, start, isInString] = [0, 1, false];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === BACKSLASH) at++;
    else if (byte === QUOTE) isInString = !isInString;
    else if (isInString) continue;
    else if (OPENING.has(byte)) depth++;
    else if (CLOSING.has(byte)) depth--;
    if ((byte === COMMA && depth === 1 && !isInString) || depth === 0) {
      rows.push(bytes.subarray(start, at));
      start = at + 1;
    }
    if (depth === 0 || rows.length >= most) break;
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
