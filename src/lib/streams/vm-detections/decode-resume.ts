import { createHash, hash } from 'node:crypto';
import { RetryableError } from '../../errors.ts';
import type { HostState } from './host-state.ts';

/** A host of which an earlier read has sent some rows; these are not to be sent again. */
export interface VmResume {
  readonly hostId: string;
  /** How many rows, from its first. */
  readonly rows: number;
  /** Over their keys: should the host have changed, all its rows are sent. */
  readonly digest: string;
}

/** A host of thousands of rows has changed since some of them were sent, and its rows could not be held to see that in time: read it again without `resume`. */
export class ResumeMismatchError extends RetryableError {
  override name = 'ResumeMismatchError';
}

const DIGEST_DIGITS = 32;

/** Counts a row as done with. */
export function noteRowKey(host: HostState, key: string): void {
  host.rowsDone++;
  // Most hosts have one row, and then nobody asks for a digest.
  if (host.rowsDone === 1) host.firstKey = key;
  else {
    host.digest ??= createHash('sha256').update(host.firstKey);
    host.digest.update(key);
  }
}

/** What to leave out when the host is read again from here. */
export function resumeOf(hostId: string, host: HostState): VmResume {
  const digest = host.digest?.copy().digest('hex') ?? hash('sha256', host.firstKey, 'hex');
  return { hostId, rows: host.rowsDone, digest: digest.slice(0, DIGEST_DIGITS) };
}

/** The digest over some keys. */
export function digestOf(keys: readonly string[]): string {
  return hash('sha256', keys.join(''), 'hex').slice(0, DIGEST_DIGITS);
}

/** For a host beyond the buffer: the rows that go by unsent must be the very rows that an earlier read has sent. */
export function checkSentRows(host: HostState, resume: VmResume): void {
  if (resumeOf(resume.hostId, host).digest === resume.digest && host.rowsDone === resume.rows) return;
  throw new ResumeMismatchError(`host ${resume.hostId} has changed since its first ${resume.rows} rows were sent`);
}
