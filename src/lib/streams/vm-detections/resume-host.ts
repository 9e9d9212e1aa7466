import { createHash, hash, type Hash } from 'node:crypto';
import { RetryableError } from '../../errors.ts';

/** A host of which an earlier read has sent some rows; these are not to be sent again. */
export interface VmResume {
  readonly hostId: string;
  /** How many rows, from its first. */
  readonly rows: number;
  /** Over their keys: should the host have changed, all its rows are sent. */
  readonly digest: string;
  /** `ReportTime` of these rows, and so of the others; absent in a cursor of an earlier release. */
  readonly reportTime?: string;
}

/** A host of thousands of rows has changed since some of them were sent, and its rows could not be held to see that in time: read it again without `resume`. */
export class ResumeMismatchError extends RetryableError {
  override name = 'ResumeMismatchError';
}

const DIGEST_DIGITS = 32;

/** Rows of a host that are done with, of which there is none yet: written, or left out because an earlier read has sent them. */
export function startRows() {
  return {
    count: 0,
    /** Over their keys. */
    digest: createHash('sha256'),
  };
}

type RowsDone = ReturnType<typeof startRows>;

/** Counts a row as done with. */
export function noteRow(done: RowsDone, key: string): void {
  done.count++;
  done.digest.update(key);
}

/** What to leave out when the host is read again from here. */
export function resumeOf(hostId: string, { count, digest }: RowsDone, reportTime: string): VmResume {
  return { hostId, rows: count, digest: digestOf(digest), reportTime };
}

function digestOf(digest: Hash): string {
  return digest.copy().digest('hex').slice(0, DIGEST_DIGITS);
}

/** Whether these are the rows that were sent, for a host that is whole and has none written yet. */
export function isUnchanged(keys: readonly string[], { digest, rows }: VmResume): boolean {
  return keys.length >= rows && hash('sha256', keys.slice(0, rows).join(''), 'hex').slice(0, DIGEST_DIGITS) === digest;
}

/** For a host beyond the buffer: the rows that go by unsent must be the very rows that an earlier read has sent. */
export function checkSentRows(done: RowsDone, resume: VmResume): void {
  if (digestOf(done.digest) === resume.digest) return;
  throw new ResumeMismatchError(`host ${resume.hostId} has changed since its first ${resume.rows} rows were sent`);
}
