import { hash } from 'node:crypto';
import { RetryableError } from '../errors.ts';
import type { BrokenElement } from '../json/read-array.ts';
import type { EdrApi } from '../qualys/edr/edr-api.ts';
import type { VmApi } from '../qualys/vm/vm-api.ts';

/** What a page was refused for: a part of a stream's cursor until the page is read. */
export interface BrokenText {
  /** Hash of the first record that would have to be repaired, as it came. */
  readonly digest: string;
  /** How often the page was refused. */
  readonly refusals: number;
}

/** A page is to be read again, because its text is broken; what it was refused for belongs into the cursor. */
export class BrokenTextError extends RetryableError {
  override name = 'BrokenTextError';
  readonly broken: BrokenText;
  constructor(message: string, broken: BrokenText) {
    super(message, { scope: 'answer' });
    this.broken = broken;
  }
}

/** Whose page is read, and what is known of it. */
export interface PageOfText {
  readonly api: EdrApi | VmApi;
  /** Path of the call. */
  readonly route: string;
  readonly now: Date;
  /** What the page was refused for before. */
  readonly before: BrokenText | undefined;
}

const REPAIRED_AT_ONCE_MS = 86_400_000;
/** A page whose broken text is another one each time is repaired all the same: before its window counts as failed. */
const MAX_REFUSALS = 4;

/** Until when a route is repaired at once. Kept by the process only: without it a page is read once more, and no record is lost. */
const REPAIRED = new WeakMap<EdrApi | VmApi, Map<string, number>>();

/**
 * Judges the records of a page that would have to be repaired. Broken text may be an accident of one answer, and repairing it would make
 * garbage a part of a record: so the page is read again. What comes the same again is what Qualys holds: it is repaired, and so is all of
 * that route for a day.
 * @returns what to call with each such record. It throws BrokenTextError when the page is to be read again.
 */
export function judgeBrokenText({ api, before, now, route }: PageOfText): (record: BrokenElement) => void {
  const routes = REPAIRED.get(api) ?? new Map<string, number>();
  REPAIRED.set(api, routes);
  let isTaken = (routes.get(route) ?? 0) > now.getTime();
  return ({ at, bytes }) => {
    if (isTaken) return;
    const digest = hash('sha256', bytes.length > 0 ? bytes : String(at)).slice(0, 32);
    const refusals = before?.refusals ?? 0;
    if (digest !== before?.digest && refusals < MAX_REFUSALS) {
      throw new BrokenTextError(
        `an answer of ${route} holds raw control characters in its strings, or bytes that are not UTF-8, in the record at byte ${at}; it is read again, and repaired if the same comes`,
        { digest, refusals: refusals + 1 },
      );
    }
    isTaken = true;
    routes.set(route, now.getTime() + REPAIRED_AT_ONCE_MS);
  };
}
