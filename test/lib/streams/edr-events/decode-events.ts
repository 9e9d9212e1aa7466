import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createEdrPageDecoder, type EdrPageEnd } from '../../../../src/lib/streams/edr-events/decode-page.ts';
import type { EdrChunk, EdrPageOptions } from '../../../../src/lib/streams/edr-events/event-page.ts';

/** A row as the table gets it. */
export type Row = Readonly<Record<string, unknown>>;

/** What the decoder made of a page. */
export interface Decoded {
  readonly rows: Row[];
  /** The rows' texts, for what does not survive `JSON.parse`. */
  readonly text: string;
  readonly chunks: EdrChunk[];
  readonly end: EdrPageEnd;
  /** Ledger keys of the rows and identities of the records, in the order in which they came. */
  readonly uploaded: string[];
  readonly fetched: string[];
}

export const OPTIONS: EdrPageOptions = {
  generatedAt: new Date('2026-03-02T00:00:00Z'),
  window: { from: '2020-01-01T00:00:00Z', to: '2027-01-01T00:00:00Z' },
  timeField: 'eventProcessedTime',
  severityTable: [
    { from: 8, severity: 'High' },
    { from: 5, severity: 'Medium' },
    { from: 2, severity: 'Low' },
    { from: 0, severity: 'Informational' },
  ],
  isUploaded: () => false,
  isFetched: () => false,
};

/** Decodes a page that comes in pieces of so many bytes. */
export function decode(
  page: string | Uint8Array,
  options: Partial<EdrPageOptions> = {},
  pieceBytes = 1 << 30,
): Decoded {
  const decoder = createEdrPageDecoder({ ...OPTIONS, ...options });
  const bytes = typeof page === 'string' ? Buffer.from(page) : page;
  const chunks: EdrChunk[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes)
    chunks.push(...decoder.write(bytes.subarray(at, at + pieceBytes)));
  const { chunks: last, end } = decoder.end();
  chunks.push(...last);
  const text = chunks.map((chunk) => Buffer.from(chunk.json).toString()).join('\n');
  return {
    rows: chunks.flatMap((chunk) => JSON.parse(Buffer.from(chunk.json).toString()) as Row[]),
    text,
    chunks,
    end,
    uploaded: chunks.flatMap((chunk) => chunk.uploaded),
    fetched: [...chunks.flatMap((chunk) => chunk.fetched), ...end.rest.fetched],
  };
}

/** The only row of a page with one record. */
export function decodeOne(record: unknown, options: Partial<EdrPageOptions> = {}): Row {
  const { rows } = decode(typeof record === 'string' ? `[${record}]` : JSON.stringify([record]), options);
  if (rows.length !== 1) throw new Error(`expected one row, got ${rows.length}`);
  return rows[0]!;
}

const FIXTURES = resolve(import.meta.dirname, 'fixtures');

export function readFixture(name: string): string {
  return readFileSync(resolve(FIXTURES, name), 'utf8');
}
