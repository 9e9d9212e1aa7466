/** Ids of a row. A page's hosts lie close together, or far apart: so few that neither costs much. */
export const SHARD_IDS = 256n;

/** What is remembered of a record. */
export interface Entry {
  /**
   * `sent`: the sink has accepted it whole. `doubted`: rows of it are on their way, or were when a worker died. `contested`: those of two workers
   * are, so that neither knows which came last.
   */
  readonly kind: 'sent' | 'doubted' | 'contested';
  /** In epoch milliseconds; whole seconds once it was stored. */
  readonly at: number;
  /** Of the record, or the name of the doubt: 32 hex digits. */
  readonly digest: string;
}

const KINDS = ['sent', 'doubted', 'contested'] as const;
const DIGEST_BYTES = 16;
/** Place of the id in the row, kind, seconds, digest. */
const ENTRY_BYTES = 1 + 1 + 4 + DIGEST_BYTES;

/** The row that an id belongs to. */
export function shardOf(id: bigint): bigint {
  return id / SHARD_IDS;
}

/** Puts ids, or rows by their numbers, in ascending order. */
export function byNumber(left: bigint, right: bigint): number {
  return left < right ? -1 : Number(left > right);
}

/** Entries by their place in the row, as bytes. */
export function encodeShard(entries: ReadonlyMap<number, Entry>): Uint8Array {
  const bytes = Buffer.alloc(entries.size * ENTRY_BYTES);
  let at = 0;
  for (const [place, entry] of entries) {
    bytes.writeUInt8(place, at);
    bytes.writeUInt8(KINDS.indexOf(entry.kind), at + 1);
    bytes.writeUInt32BE(Math.floor(entry.at / 1000), at + 2);
    bytes.write(entry.digest, at + 6, DIGEST_BYTES, 'hex');
    at += ENTRY_BYTES;
  }
  return bytes;
}

/** Reads what `encodeShard` wrote; what is of a kind that a newer release has added is unknown. */
export function decodeShard(stored: Uint8Array): Map<number, Entry> {
  const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  const entries = new Map<number, Entry>();
  for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
    const kind = KINDS[bytes.readUInt8(at + 1)];
    if (kind === undefined) continue;
    const digest = bytes.toString('hex', at + 6, at + ENTRY_BYTES);
    entries.set(bytes.readUInt8(at), { kind, at: bytes.readUInt32BE(at + 2) * 1000, digest });
  }
  return entries;
}
