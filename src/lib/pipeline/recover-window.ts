import { AccountError, FatalError, messageOf, OutageError, WaitError } from '../errors.ts';
import type { Log } from '../log.ts';
import { logUnexpected } from '../log-unexpected.ts';
import type { Claim } from './claim.ts';
import type { CheckpointStore, Clock, WindowRecord, WorkItem, WorkQueue } from './ports.ts';
import { recoverFrom, type Recovery } from './recovery.ts';
import { startOver } from './start-over.ts';

/** What giving a window up until later needs. */
export interface RecoverDependencies {
  readonly store: CheckpointStore;
  readonly queue: WorkQueue;
  readonly clock: Clock;
  readonly log: Log;
}

/** Stores what becomes of a window after an error, and puts its item back. */
export async function recoverWindow(
  claim: Claim,
  item: WorkItem,
  error: unknown,
  isContinued: boolean,
  deps: RecoverDependencies,
): Promise<void> {
  const { record } = claim;
  const recovery = recoverFrom(error, record, isContinued);
  record.attempts = recovery.attempts;
  if (error instanceof OutageError || error instanceof AccountError) leaveOut(record, recovery.delayMs);
  else if (error instanceof WaitError) record.waits++;
  if (recovery.lastError !== undefined) noteError(record, recovery);
  if (error instanceof FatalError) await beginAnew(record, deps);
  const fields = { attempts: record.attempts, retryInMs: recovery.delayMs, error: messageOf(error) };
  logUnexpected(deps.log, error);
  if (recovery.state === 'failed') deps.log.error('WindowFailed', fields);
  else if (error instanceof WaitError) deps.log.info('WindowWaits', fields);
  else deps.log.warn('PageFetchFailed', fields);
  await handOver(claim, recovery.requeue ? item : undefined, deps, recovery.delayMs, recovery.state);
}

/** An ordinary wait says nothing about what was wrong before. */
function noteError(record: WindowRecord, { lastError = '', repair }: Recovery): void {
  record.lastError = lastError;
  if (repair === undefined) delete record.repair;
  else record.repair = repair;
}

/**
 * What is refused is not asked again: a cursor may have run out, and the next try asks by the settings as they are then, which may be
 * repaired.
 */
async function beginAnew(record: WindowRecord, { store }: RecoverDependencies): Promise<void> {
  if (record.cursor === undefined) return;
  record.startedOver = true;
  await startOver(record, store);
}

/** The time of an outage, or of a refused account, does not bring a window nearer to being closed as incomplete. */
function leaveOut(record: WindowRecord, outageMs: number): void {
  if (record.shortSince === undefined) return;
  record.shortSince = new Date(Date.parse(record.shortSince) + outageMs).toISOString();
}

/** Gives the window up until later. The wait is stored first: an item lost after that is found by the planner. */
export async function handOver(
  claim: Claim,
  item: WorkItem | undefined,
  deps: RecoverDependencies,
  delayMs: number,
  state: 'planned' | 'failed' = 'planned',
): Promise<void> {
  const { record } = claim;
  await claim.stop();
  const now = deps.clock.now();
  record.state = state;
  record.progressAt = now.toISOString();
  record.notBefore = new Date(now.getTime() + delayMs).toISOString();
  if (item === undefined) delete record.queuedAt;
  else record.queuedAt = now.toISOString();
  delete record.claim;
  await deps.store.saveWindow(record);
  if (item !== undefined) await deps.queue.send(item, delayMs / 1000);
}
