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
type Open<T> = { -readonly [K in keyof T]: T[K] };
interface OpenRecord extends Omit<Open<WindowRecord>, 'counts'> {
  counts: OpenCounts;
}
type OpenCounts = Open<WindowCounts>;

/** An item for it is about to be put in the queue. */
export function enqueue(record: WindowRecord, now: Date): void {
  open(record).queuedAt = now.toISOString();
}

/** A worker takes it up. */
export function start(record: WindowRecord, now: Date): void {
  const it = open(record);
  it.startedAt ??= now.toISOString();
  it.state = 'running';
}

/** Its worker lives: at the start, with each checkpoint and each heartbeat. */
export function hold(record: WindowRecord, owner: string, now: Date, leaseMs: number): void {
  const it = open(record);
  it.claim = { owner, until: new Date(now.getTime() + leaseMs).toISOString() };
  it.progressAt = now.toISOString();
}

/** A call was made to the vendor for it. */
export function countCall({ counts }: WindowRecord): void {
  openCounts(counts).calls++;
}

/** Rows of it were accepted: counted at once, because they are there whether or not their step can be booked. */
export function countRows({ counts }: WindowRecord, rows: number): void {
  openCounts(counts).rows += rows;
}

/** A page could not be read although its route answered. */
export function countReadFailure(record: WindowRecord): void {
  const it = open(record);
  it.readFailures = (it.readFailures ?? 0) + 1;
}

/** Rows are refused, too many to be put aside: their names, by which the next try begins. Without: nothing stops it any more. */
export function noteStoppers(record: WindowRecord, names?: readonly string[]): void {
  const it = open(record);
  if (names === undefined) delete it.stoppedBy;
  else it.stoppedBy = names;
}

/** Books a step whose rows are accepted. A whole page ends what was wrong before. @returns takes it back, where it could not be stored. */
export function book(record: WindowRecord, step: Progress, deadLetters: number): () => void {
  const [it, counts] = [open(record), openCounts(record.counts)];
  const [before, countsBefore] = [{ ...it }, { ...counts }];
  it.cursor = step.cursor;
  counts.fetched += step.fetched ?? 0;
  add(counts, 'deadLetters', deadLetters);
  add(counts, 'parts', step.parts);
  add(counts, 'outside', step.outside);
  add(counts, 'repaired', step.repaired);
  add(counts, 'unchanged', step.unchanged);
  if (step.listed !== undefined) counts.listed = step.listed;
  if (step.expected !== undefined) counts.expected = step.expected;
  if (step.witness !== undefined) it.witness = step.witness;
  if (step.missingSeconds !== undefined)
    counts.missingSeconds = Math.max(counts.missingSeconds ?? 0, step.missingSeconds);
  if (step.pageDone === true) {
    counts.pages++;
    it.attempts = 0;
    it.waits = 0;
    delete it.readFailures;
    delete it.lastError;
    delete it.repair;
  }
  return () => {
    // Not the calls: the stream makes them while a step is stored. Not the rows either: they are accepted, whatever becomes of their step.
    const { calls, rows } = counts;
    restore(counts, { ...countsBefore, calls, rows }, Object.keys(counts) as (keyof OpenCounts)[]);
    restore(it, before, ['cursor', 'witness', 'attempts', 'waits', 'readFailures', 'lastError', 'repair']);
  };
}

function restore<T extends object>(it: T, before: T, names: readonly (keyof T)[]): void {
  for (const name of names) {
    if (name in before) it[name] = before[name];
    else Reflect.deleteProperty(it, name);
  }
}

/** Given up until later: the time comes first, and with it an item in the queue, or the planner brings it back. */
export function handOver(
  record: WindowRecord,
  now: Date,
  until: { readonly delayMs: number; readonly state: 'planned' | 'failed'; readonly isQueued: boolean },
): void {
  const it = open(record);
  it.state = until.state;
  it.progressAt = now.toISOString();
  it.notBefore = new Date(now.getTime() + until.delayMs).toISOString();
  if (until.isQueued) it.queuedAt = now.toISOString();
  else delete it.queuedAt;
  delete it.claim;
}

/** Takes note of an error and of what follows from it. */
export function noteRecovery(record: WindowRecord, recovery: Recovery): void {
  const it = open(record);
  it.attempts = recovery.attempts;
  if (recovery.wait === 'asked') it.waits++;
  // The time of an outage, or of a refused account, does not bring a window nearer to being closed as incomplete.
  if (recovery.wait === 'outage' && it.shortSince !== undefined) {
    it.shortSince = new Date(Date.parse(it.shortSince) + recovery.delayMs).toISOString();
  }
  // Nothing was asked for it yet, so that nothing it reads is from before it is taken up again.
  if (recovery.wait === 'outage' && recovery.repair === undefined && it.counts.calls === 0) delete it.startedAt;
  // A cursor may run out in it, as often as it comes: that is not the window's doing.
  if (recovery.wait === 'outage') delete it.startedOver;
  // An ordinary wait says nothing about what was wrong before.
  if (recovery.lastError === undefined) return;
  it.lastError = recovery.lastError;
  if (recovery.repair === undefined) delete it.repair;
  else it.repair = recovery.repair;
}

/** The next read of it begins at a cursor; at its start without one. */
export function resumeAt(record: WindowRecord, cursor: Json | undefined): void {
  const it = open(record);
  if (cursor === undefined) delete it.cursor;
  else it.cursor = cursor;
}

/** A read of it brought less than there is. @returns since when that is so. */
export function fallShort(record: WindowRecord, now: Date): string {
  return (open(record).shortSince ??= now.toISOString());
}

/** What fell short is to be read again. */
export function readAgain(record: WindowRecord, missing: string): void {
  const it = open(record);
  it.shortReads++;
  it.lastError = `${missing}; the window is read again`;
  delete it.readFailures;
  delete it.repair;
}

/** It has ended: as closed, or as incomplete with what is missing. */
export function close(record: WindowRecord, now: Date, missing?: string): void {
  const it = open(record);
  it.state = missing === undefined ? 'closed' : 'incomplete';
  it.attempts = 0;
  it.closedAt = now.toISOString();
  it.progressAt = it.closedAt;
  delete it.claim;
  delete it.cursor;
  delete it.startedOver;
  delete it.notBefore;
  delete it.repair;
  if (missing !== undefined) {
    it.lastError = missing;
    return;
  }
  delete it.lastError;
  // Nobody reads it again, and each tick lists it for days.
  delete it.begin;
}

/** Is to be read from its start. What it received stays counted where ledgers know it, which keep it from coming again. */
export function readFromStart(record: WindowRecord, hasLedger: boolean): void {
  const [it, counts] = [open(record), openCounts(record.counts)];
  if (!hasLedger) {
    counts.fetched = 0;
    delete counts.parts;
    delete counts.listed;
    delete counts.deadLetters;
    delete counts.outside;
    delete counts.unchanged;
  }
  if (it.begin === undefined) delete it.cursor;
  else it.cursor = it.begin;
  delete counts.expected;
}

/** It starts over by itself, because the vendor refused to go on: that it does once. */
export function noteStartedOver(record: WindowRecord): void {
  open(record).startedOver = true;
}

/** An item of it could not be worked on: failed, for the planner to bring back. */
export function fail(record: WindowRecord, now: Date, reason: string): void {
  const it = open(record);
  it.state = 'failed';
  it.attempts++;
  it.lastError ??= reason;
  it.progressAt = now.toISOString();
  it.notBefore = now.toISOString();
  delete it.queuedAt;
  delete it.claim;
}

/** What fell short or failed is to be read as a new one, whatever was wrong before. */
export function renew(record: WindowRecord): void {
  const it = open(record);
  it.shortReads = 0;
  it.waits = 0;
  delete it.stoppedBy;
  delete it.startedOver;
  delete it.acknowledged;
  delete it.closedAt;
  delete it.shortSince;
}

/** An operator has it tried again at once, and may let pass what stops it otherwise. */
export function retry(record: WindowRecord, now: Date, accept?: 'dead-letters' | 'outside'): void {
  const it = open(record);
  it.attempts = 0;
  delete it.readFailures;
  delete it.acceptsDeadLetters;
  delete it.acceptsOutside;
  if (accept === 'dead-letters') it.acceptsDeadLetters = true;
  if (accept === 'outside') it.acceptsOutside = true;
  hurry(record, now);
}

/** Waits no longer: an item for it is about to be put in the queue. */
export function hurry(record: WindowRecord, now: Date): void {
  const it = open(record);
  it.state = 'planned';
  it.queuedAt = now.toISOString();
  it.progressAt = it.queuedAt;
  delete it.notBefore;
}

/** An operator gives it up, or takes note of what an incomplete one lacks. */
export function waive(record: WindowRecord, now: Date): void {
  const it = open(record);
  if (it.state === 'incomplete') it.acknowledged = true;
  else it.state = 'waived';
  it.closedAt ??= now.toISOString();
  delete it.notBefore;
}

/** It was stored: the ETag that its next write goes by. */
export function noteStored(record: WindowRecord, etag: string): void {
  open(record).etag = etag;
}

function open(record: WindowRecord): OpenRecord {
  return record;
}

function openCounts(counts: WindowCounts): OpenCounts {
  return counts;
}

/** Adds to a count that is absent for none. */
function add(
  counts: OpenCounts,
  name: 'deadLetters' | 'outside' | 'parts' | 'repaired' | 'unchanged',
  more: number | undefined,
): void {
  if (more !== undefined && (more > 0 || name === 'parts')) counts[name] = (counts[name] ?? 0) + more;
}
