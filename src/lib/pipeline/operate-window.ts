import { ClaimLostError } from '../errors.ts';
import { isClaimed } from './claim.ts';
import { isFinished } from './plan-windows.ts';
import type { CheckpointStore, Clock, WindowRecord, WorkItem, WorkQueue } from './ports.ts';

interface Dependencies {
  readonly store: CheckpointStore;
  readonly clock: Clock;
}

/** Marks a window as failed, for the planner to bring back; false when it is gone, finished or in good hands. */
export async function failWindow(item: WorkItem, reason: string, { store, clock }: Dependencies): Promise<boolean> {
  const record = await store.readWindow(item.stream, item.run, item.window);
  const now = clock.now();
  if (record === undefined || isFinished(record) || isClaimed(record, now)) return false;
  record.state = 'failed';
  record.attempts++;
  record.lastError ??= reason;
  record.progressAt = now.toISOString();
  record.notBefore = now.toISOString();
  delete record.queuedAt;
  delete record.claim;
  return changed(store, record);
}

/** Puts a window that waits or failed back into the queue at once; undefined when it is finished, in work or gone. */
export async function retryWindow(
  item: WorkItem,
  { store, clock, queue }: Dependencies & { readonly queue: WorkQueue },
): Promise<WindowRecord | undefined> {
  const record = await store.readWindow(item.stream, item.run, item.window);
  const now = clock.now();
  const isOpen = record !== undefined && (record.state === 'incomplete' || !isFinished(record));
  if (!isOpen || isClaimed(record, now)) return undefined;
  record.attempts = 0;
  delete record.readFailures;
  record.queuedAt = now.toISOString();
  record.progressAt = now.toISOString();
  if (record.state === 'incomplete') startOver(record);
  record.state = 'planned';
  delete record.notBefore;
  if (!(await changed(store, record))) return undefined;
  await queue.send(item);
  return record;
}

/** An incomplete window has lost its ledgers: it is read as a new one, and what it uploaded before comes with the same keys. */
function startOver(record: WindowRecord): void {
  record.counts.fetched = 0;
  record.shortReads = 0;
  delete record.counts.expected;
  delete record.counts.parts;
  delete record.acknowledged;
  delete record.closedAt;
  delete record.shortSince;
}

/**
 * Gives a window up, or takes note of an incomplete one: the watermark passes it and status shows it no longer.
 * Undefined when it is closed, in work or gone.
 */
export async function waiveWindow(item: WorkItem, { store, clock }: Dependencies): Promise<WindowRecord | undefined> {
  const record = await store.readWindow(item.stream, item.run, item.window);
  const now = clock.now();
  if (record === undefined || isClaimed(record, now)) return undefined;
  if (isFinished(record) && record.state !== 'incomplete') return undefined;
  if (record.state === 'incomplete') record.acknowledged = true;
  else record.state = 'waived';
  record.closedAt ??= now.toISOString();
  delete record.notBefore;
  return (await changed(store, record)) ? record : undefined;
}

async function changed(store: CheckpointStore, record: WindowRecord): Promise<boolean> {
  try {
    await store.saveWindow(record);
    return true;
  } catch (error) {
    if (error instanceof ClaimLostError) return false;
    throw error;
  }
}
