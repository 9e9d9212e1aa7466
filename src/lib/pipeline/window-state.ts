import type { WindowRecord } from './ports.ts';
import type { Recovery } from './recovery.ts';
import type { Json, Progress, WindowCounts } from './stream.ts';

/**
 * The life of a window, and the only place that writes its record: what an act clears stands with what it sets. Each transition changes the
 * record in hand; whoever calls it stores the record afterwards, under its ETag.
 *
 * `newWindow` → planned → `start` → running → `close` → closed or incomplete; `handOver` → planned or failed, until its time has come. An
 * operator waives what is not finished, and retries what failed or fell short.
 */
interface OpenRecord extends Omit<Open<WindowRecord>, 'counts'> {
  counts: OpenCounts;
}
type OpenCounts = Open<WindowCounts>;
type Open<T> = { -readonly [K in keyof T]: T[K] };

/** An item for it is about to be put in the queue. */
export function enqueue(record: OpenRecord, now: Date): void {
  record.queuedAt = now.toISOString();
}

/** A worker takes it up. */
export function start(record: OpenRecord, now: Date): void {
  record.startedAt ??= now.toISOString();
  record.state = 'running';
}

/** Its worker lives: at the start, with each checkpoint and each heartbeat. */
export function hold(record: OpenRecord, owner: string, now: Date, leaseMs: number): void {
  record.claim = { owner, until: new Date(now.getTime() + leaseMs).toISOString() };
  record.progressAt = now.toISOString();
}

/** A call was made to the vendor for it. */
export function countCall({ counts }: OpenRecord): void {
  counts.calls++;
}

/** Rows of it were accepted: counted at once, because they are there whether or not their step can be booked. */
export function countRows({ counts }: OpenRecord, rows: number): void {
  counts.rows += rows;
}

/** A page could not be read although its route answered. */
export function countReadFailure(record: OpenRecord): void {
  record.readFailures = (record.readFailures ?? 0) + 1;
}

/** Rows are refused, too many to be put aside: their names, by which the next try begins. Without: nothing stops it any more. */
export function noteStoppers(record: OpenRecord, names?: readonly string[]): void {
  if (names === undefined) delete record.stoppedBy;
  else record.stoppedBy = names;
}

/** Books a step whose rows are accepted. A whole page ends what was wrong before. @returns takes it back, where it could not be stored. */
export function book(record: OpenRecord, step: Progress, deadLetters: number): () => void {
  const { counts } = record;
  const [before, countsBefore] = [{ ...record }, { ...counts }];
  record.cursor = step.cursor;
  counts.fetched += step.fetched ?? 0;
  add(counts, 'deadLetters', deadLetters);
  add(counts, 'parts', step.parts);
  add(counts, 'outside', step.outside);
  add(counts, 'repaired', step.repaired);
  add(counts, 'unchanged', step.unchanged);
  if (step.listed !== undefined) counts.listed = step.listed;
  if (step.expected !== undefined) counts.expected = step.expected;
  if (step.witness !== undefined) record.witness = step.witness;
  if (step.missingSeconds !== undefined)
    counts.missingSeconds = Math.max(counts.missingSeconds ?? 0, step.missingSeconds);
  if (step.pageDone === true) {
    counts.pages++;
    record.attempts = 0;
    record.waits = 0;
    delete record.readFailures;
    delete record.lastError;
    delete record.repair;
  }
  return () => {
    // Not the calls: the stream makes them while a step is stored. Not the rows either: they are accepted, whatever becomes of their step.
    const { calls, rows } = counts;
    restore(counts, { ...countsBefore, calls, rows }, Object.keys(counts) as (keyof OpenCounts)[]);
    restore(record, before, ['cursor', 'witness', 'attempts', 'waits', 'readFailures', 'lastError', 'repair']);
  };
}

function restore<T extends object>(it: T, before: T, names: readonly (keyof T)[]): void {
  for (const name of names) {
    if (name in before) it[name] = before[name];
    else Reflect.deleteProperty(it, name);
  }
}

/** Given up until later: the time comes first, and with it the item of a planned one in the queue; the planner brings a failed one back. */
export function handOver(record: OpenRecord, now: Date, delayMs: number, state: 'planned' | 'failed'): void {
  record.state = state;
  record.progressAt = now.toISOString();
  record.notBefore = new Date(now.getTime() + delayMs).toISOString();
  if (state === 'planned') record.queuedAt = now.toISOString();
  else delete record.queuedAt;
  delete record.claim;
}

/** Takes note of an error and of what follows from it. */
export function noteRecovery(record: OpenRecord, recovery: Recovery): void {
  record.attempts = recovery.attempts;
  if (recovery.wait === 'asked') record.waits++;
  // The time of an outage, or of a refused account, does not bring a window nearer to being closed as incomplete.
  if (recovery.wait === 'outage' && record.shortSince !== undefined) {
    record.shortSince = new Date(Date.parse(record.shortSince) + recovery.delayMs).toISOString();
  }
  // Nothing was asked for it yet, so that nothing it reads is from before it is taken up again.
  if (recovery.wait === 'outage' && recovery.repair === undefined && record.counts.calls === 0) delete record.startedAt;
  // A cursor may run out in it, as often as it comes: that is not the window's doing.
  if (recovery.wait === 'outage') delete record.startedOver;
  // An ordinary wait says nothing about what was wrong before.
  if (recovery.lastError === undefined) return;
  record.lastError = recovery.lastError;
  if (recovery.repair === undefined) delete record.repair;
  else record.repair = recovery.repair;
}

/** The next read of it begins at a cursor; at its start without one. */
export function resumeAt(record: OpenRecord, cursor: Json | undefined): void {
  if (cursor === undefined) delete record.cursor;
  else record.cursor = cursor;
}

/** A read of it brought less than there is. @returns since when that is so. */
export function fallShort(record: OpenRecord, now: Date): string {
  return (record.shortSince ??= now.toISOString());
}

/** What fell short is to be read again. */
export function readAgain(record: OpenRecord, missing: string): void {
  record.shortReads++;
  record.lastError = `${missing}; the window is read again`;
  delete record.readFailures;
  delete record.repair;
}

/** It has ended: as closed, or as incomplete with what is missing. */
export function close(record: OpenRecord, now: Date, missing?: string): void {
  record.state = missing === undefined ? 'closed' : 'incomplete';
  record.attempts = 0;
  record.closedAt = now.toISOString();
  record.progressAt = record.closedAt;
  delete record.claim;
  delete record.cursor;
  delete record.startedOver;
  delete record.notBefore;
  delete record.repair;
  if (missing !== undefined) {
    record.lastError = missing;
    return;
  }
  delete record.lastError;
  // Nobody reads it again, and each tick lists it for days.
  delete record.begin;
}

/** Is to be read from its start. What it received stays counted where ledgers know it, which keep it from coming again. */
export function readFromStart(record: OpenRecord, hasLedger: boolean): void {
  const { counts } = record;
  if (!hasLedger) {
    counts.fetched = 0;
    delete counts.parts;
    delete counts.listed;
    delete counts.deadLetters;
    delete counts.outside;
    delete counts.unchanged;
  }
  if (record.begin === undefined) delete record.cursor;
  else record.cursor = record.begin;
  delete counts.expected;
}

/** It starts over by itself, because the vendor refused to go on: that it does once. */
export function noteStartedOver(record: OpenRecord): void {
  record.startedOver = true;
}

/** An item of it could not be worked on: failed, for the planner to bring back. */
export function fail(record: OpenRecord, now: Date, reason: string): void {
  record.attempts++;
  record.lastError ??= reason;
  handOver(record, now, 0, 'failed');
}

/** What fell short or failed is to be read as a new one, whatever was wrong before. */
export function renew(record: OpenRecord): void {
  record.shortReads = 0;
  record.waits = 0;
  delete record.stoppedBy;
  delete record.startedOver;
  delete record.acknowledged;
  delete record.closedAt;
  delete record.shortSince;
}

/** An operator has it tried again at once, and may let pass what stops it otherwise. */
export function retry(record: OpenRecord, now: Date, accept?: 'dead-letters' | 'outside'): void {
  record.attempts = 0;
  delete record.readFailures;
  delete record.acceptsDeadLetters;
  delete record.acceptsOutside;
  if (accept === 'dead-letters') record.acceptsDeadLetters = true;
  if (accept === 'outside') record.acceptsOutside = true;
  hurry(record, now);
}

/** Waits no longer: an item for it is about to be put in the queue. */
export function hurry(record: OpenRecord, now: Date): void {
  record.state = 'planned';
  record.queuedAt = now.toISOString();
  record.progressAt = record.queuedAt;
  delete record.notBefore;
}

/** An operator gives it up, or takes note of what an incomplete one lacks. */
export function waive(record: OpenRecord, now: Date): void {
  if (record.state === 'incomplete') record.acknowledged = true;
  else record.state = 'waived';
  record.closedAt ??= now.toISOString();
  delete record.notBefore;
}

/** It was stored: the ETag that its next write goes by. */
export function noteStored(record: OpenRecord, etag: string): void {
  record.etag = etag;
}

/** Adds to a count that is absent for none. */
function add(
  counts: OpenCounts,
  name: 'deadLetters' | 'outside' | 'parts' | 'repaired' | 'unchanged',
  more: number | undefined,
): void {
  if (more !== undefined && (more > 0 || name === 'parts')) counts[name] = (counts[name] ?? 0) + more;
}
