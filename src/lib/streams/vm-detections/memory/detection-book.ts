import { hash } from 'node:crypto';
import { RetryableError } from '../../../errors.ts';

/** What is remembered of a detection: `UNIQUE_VULN_ID` in 8 bytes, `QID` in 4, a digest of what it says in 12. */
export const ENTRY_BYTES = 24;
const ID_BYTES = 8;
const QID_AT = ID_BYTES;
const QID_BYTES = 4;
const DIGEST_AT = QID_AT + QID_BYTES;
const FIRST_ENTRIES = 128;
/** The vendor has both first in a detection; what stands in a text has its quotation marks escaped. */
const ID = /"UNIQUE_VULN_ID":"([1-9]\d{0,18})"/;
const QID = /"QID":"([1-9]\d{0,8})"/;

/** Begins the book of a host: its detections, as they are remembered. */
export function createDetectionBook() {
  let bytes = Buffer.alloc(FIRST_ENTRIES * ENTRY_BYTES);
  let length = 0;
  let isKeyed = true;
  const entry = (index: number): Buffer => bytes.subarray(index * ENTRY_BYTES, (index + 1) * ENTRY_BYTES);
  return {
    /** Adds a detection: its JSON text, and what of it is not of passing time. @returns its entry. */
    add: (json: string, said: string): Buffer => {
      if (length === bytes.length) bytes = Buffer.concat([bytes, Buffer.alloc(bytes.length)]);
      const id = ID.exec(json)?.[1];
      const qid = QID.exec(json)?.[1];
      if (id === undefined || qid === undefined) isKeyed = false;
      bytes.writeBigUInt64BE(BigInt(id ?? 0), length);
      bytes.writeUInt32BE(Number(qid ?? 0), length + QID_AT);
      bytes.write(hash('sha256', said, 'hex').slice(0, 2 * (ENTRY_BYTES - DIGEST_AT)), length + DIGEST_AT, 'hex');
      length += ENTRY_BYTES;
      return entry(length / ENTRY_BYTES - 1);
    },
    /** The entry that was added as this one, from 0. */
    entry,
    /** All entries, sorted. */
    end: (): Buffer => {
      const at = (index: number): number => index * ENTRY_BYTES;
      // Numbers: a host may have some hundred thousand detections.
      const order = Uint32Array.from({ length: length / ENTRY_BYTES }, (_, index) => index).sort((one, other) =>
        bytes.compare(bytes, at(other), at(other + 1), at(one), at(one + 1)),
      );
      const sorted = Buffer.alloc(length);
      for (const [place, index] of order.entries()) bytes.copy(sorted, at(place), at(index), at(index + 1));
      for (let next = ENTRY_BYTES; next < length; next += ENTRY_BYTES) {
        const isSameId =
          sorted.compare(sorted, next - ENTRY_BYTES, next - ENTRY_BYTES + ID_BYTES, next, next + ID_BYTES) === 0;
        if (isSameId) isKeyed = false;
      }
      return sorted;
    },
    /** Whether each one has an id and a QID, and no two the same id, as far as that was looked at. */
    isKeyed: () => isKeyed,
  };
}

/** What changed of a host cannot be told, and a part of what did not has been left out: read it again, and send it whole. */
export class UnknownChangesError extends RetryableError {
  override name = 'UnknownChangesError';
}

/** Opens what a book gave at its end: detections of a host that the table has, to be compared with those that come. */
export function openKnown(book: Uint8Array) {
  const bytes = Buffer.from(book.buffer, book.byteOffset, book.byteLength);
  const came = new Uint8Array(bytes.length / ENTRY_BYTES);
  const find = (entry: Buffer): number => {
    let [from, to] = [0, came.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      const order = entry.compare(bytes, middle * ENTRY_BYTES, middle * ENTRY_BYTES + ID_BYTES, 0, ID_BYTES);
      if (order === 0) return middle;
      if (order < 0) to = middle;
      else from = middle + 1;
    }
    return -1;
  };
  return {
    /** Whether one is there as it comes. @throws UnknownChangesError when one of its id came before, or its id was that of another QID. */
    has: (entry: Buffer): boolean => {
      const index = find(entry);
      if (index < 0) return false;
      if (came[index] === 1) throw new UnknownChangesError('two detections of a host have one UNIQUE_VULN_ID');
      came[index] = 1;
      const qidAt = index * ENTRY_BYTES + QID_AT;
      // Queries tell detections by both, and a report cannot say of one id that it is gone and there.
      if (entry.compare(bytes, qidAt, qidAt + QID_BYTES, QID_AT, DIGEST_AT) !== 0)
        throw new UnknownChangesError('the UNIQUE_VULN_ID of a detection was that of another QID');
      return entry.compare(bytes, index * ENTRY_BYTES, (index + 1) * ENTRY_BYTES) === 0;
    },
    /** JSON texts of those that did not come. */
    gone: function* (): Generator<string> {
      for (const [index, isThere] of came.entries()) {
        if (isThere === 1) continue;
        const at = index * ENTRY_BYTES;
        const [id, qid] = [bytes.readBigUInt64BE(at), bytes.readUInt32BE(at + QID_AT)];
        yield `{"UNIQUE_VULN_ID":"${id}","QID":"${qid}","STATUS":"Gone"}`;
      }
    },
  };
}

export type KnownDetections = ReturnType<typeof openKnown>;
