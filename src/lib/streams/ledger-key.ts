/** Bytes of a ledger key. */
export const KEY_BYTES = 16;

/** Ledger key of a record, one character a byte: the digest that its rows share. */
export function keyOfDigest(digest: string): string {
  return Buffer.from(digest, 'hex').toString('latin1');
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
