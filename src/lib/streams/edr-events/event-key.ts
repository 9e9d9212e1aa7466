import { hash } from 'node:crypto';
import { writeCanonical, type CanonicalWriter } from '../../json/canonical-json.ts';
import type { JsonTape } from '../../json/json-tape.ts';
import type { RowBytes } from './row-bytes.ts';

/** Bytes of a ledger key. */
export const KEY_BYTES = 16;

/**
 * Hash of a record: the first 16 bytes of SHA-256 over its canonical JSON text (`writeCanonical`), one character a
 * byte. The order of keys and white space do not count; a record that changed has another one.
 */
export function hashRecord(writer: CanonicalWriter, tape: JsonTape): string {
  return hashBytes(writeCanonical(writer, tape, 0));
}

/** Hash of a text as it stands: identity of an event by its id, and key of a record that cannot be read. */
export function hashBytes(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'binary').slice(0, KEY_BYTES);
}

/**
 * Ledger key of a row: the record's hash with the number of its part, less one, folded into the last four bytes by XOR.
 * So the key of the first row is the hash itself.
 */
export function ledgerKey(recordHash: string, part: number): string {
  if (part === 1) return recordHash;
  const bytes = Buffer.from(recordHash, 'latin1');
  bytes.writeUInt32BE((bytes.readUInt32BE(KEY_BYTES - 4) ^ (part - 1)) >>> 0, KEY_BYTES - 4);
  return bytes.toString('latin1');
}

/** The keys' bytes, one after the other. */
export function keyBytes(keys: readonly string[]): Uint8Array {
  return new Uint8Array(Buffer.from(keys.join(''), 'latin1'));
}

/** Appends a record's hash as 32 hexadecimal digits. */
export function putHex(row: RowBytes, recordHash: string): void {
  const { bytes, length } = row;
  for (let index = 0; index < KEY_BYTES; index++) {
    const byte = recordHash.charCodeAt(index);
    bytes[length + 2 * index] = hexDigit(byte >> 4);
    bytes[length + 2 * index + 1] = hexDigit(byte & 15);
  }
  row.length = length + 2 * KEY_BYTES;
}

function hexDigit(value: number): number {
  return value < 10 ? 0x30 + value : 0x57 + value;
}
