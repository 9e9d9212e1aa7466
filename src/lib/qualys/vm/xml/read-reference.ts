import { HASH, NAME_CLASS, NON_ASCII, SEMICOLON } from './byte-tables.ts';
import type { XmlReader } from './xml-reader.ts';
import { malformed } from './xml-reader.ts';

/** Longest reference accepted, leading zeros included. */
const MAX_REFERENCE_BYTES = 64;

const ENTITIES: ReadonlyMap<string, number> = new Map([
  ['lt', 0x3c],
  ['gt', 0x3e],
  ['amp', 0x26],
  ['quot', 0x22],
  ['apos', 0x27],
]);

/** A reference and the character it stands for (which may be one that XML does not allow). */
export interface Reference {
  readonly code: number;
  /** Index after the `;`. */
  readonly end: number;
}

/**
 * Reads the reference at `at`, where an `&` stands; undefined when it goes on beyond the buffer. Only the five
 * predefined entities exist here: what a document type declares is never looked at.
 */
export function referenceAt(reader: XmlReader, at: number): Reference | undefined {
  const last = Math.min(reader.end, at + MAX_REFERENCE_BYTES);
  for (let n = at + 1; n < last; n++) {
    const byte = reader.bytes[n] ?? 0;
    if (byte === SEMICOLON) return { code: codeOf(reader, at, n), end: n + 1 };
    if (byte < NON_ASCII && NAME_CLASS[byte] === 0 && byte !== HASH) throw malformed(reader, at, '"&" without ";"');
  }
  if (last < reader.end) throw malformed(reader, at, `a reference above ${MAX_REFERENCE_BYTES} bytes`);
  return undefined;
}

function codeOf(reader: XmlReader, at: number, semicolon: number): number {
  const name = reader.bytes.toString('latin1', at + 1, semicolon);
  const code = reader.bytes[at + 1] === HASH ? numberOf(name) : ENTITIES.get(name);
  if (code === undefined) throw malformed(reader, at, `unknown or malformed reference "&${name.slice(0, 32)};"`);
  return code;
}

function numberOf(name: string): number | undefined {
  if (/^#\d+$/.test(name)) return Number(name.slice(1));
  return /^#x[\da-fA-F]+$/.test(name) ? Number.parseInt(name.slice(2), 16) : undefined;
}
