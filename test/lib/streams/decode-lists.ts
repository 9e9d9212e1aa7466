import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createIdPageDecoder, type IdPageOptions } from '../../../src/lib/streams/decode-id-page.ts';
import type { ListChunk, ListEnd } from '../../../src/lib/streams/decode-list.ts';

/** When rows of the tests were made. */
export const GENERATED_AT = new Date('2026-03-01T12:00:00Z');

/** A fixture's text. */
export function fixture(stream: string, name: string): string {
  return readFileSync(join(import.meta.dirname, stream, 'fixtures', name), 'utf8');
}

/** Decodes a page that comes in portions of `size` bytes. */
export function decodePage(
  page: string | Uint8Array,
  options: Omit<IdPageOptions, 'generatedAt'>,
  size = 1 << 20,
): { rows: Record<string, unknown>[]; chunks: ListChunk[]; end: ListEnd } {
  const bytes = Buffer.from(page as string);
  const decoder = createIdPageDecoder({ generatedAt: GENERATED_AT, ...options });
  const chunks: ListChunk[] = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(...decoder.write(bytes.subarray(at, at + size)));
  const { chunks: last, end } = decoder.end();
  chunks.push(...last);
  return {
    rows: chunks.flatMap(({ json }) => JSON.parse(Buffer.from(json).toString()) as Record<string, unknown>[]),
    chunks,
    end,
  };
}
