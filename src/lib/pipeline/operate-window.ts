import { groupsOf } from '../groups.ts';
import { isClaimed } from './claim.ts';
import { isFinished, isUnacknowledged } from './plan-windows.ts';
import { isStored } from './is-stored.ts';
import { startOver } from './start-over.ts';
import type { WindowDependencies, WindowRecord, WorkItem } from './ports.ts';
import { fail, renew, retry, waive } from './window-state.ts';
import { itemOf } from './work-item.ts';

type Dependencies = Pick<WindowDependencies, 'store' | 'clock'>;

/** Marks a window as failed, for the planner to bring back; false when it is gone, finished or in good hands. */
export async function failWindow(item: WorkItem, reason: string, { store, clock }: Dependencies): Promise<boolean> {
  const record = await store.readWindow(item.stream, item.run, item.window);
  const now = clock.now();
  if (record === undefined || isFinished(record) || isClaimed(record, now)) return false;
  fail(record, now, reason);
  return isStored(store.saveWindow(record));
}

/** What a retry needs. */
interface RetryDependencies extends Omit<WindowDependencies, 'log'> {
  /** What may pass in this window that otherwise stops it: all rows that the sink refuses, or records of another time. */
  readonly accept?: 'dead-letters' | 'outside' | undefined;
}

/**
 * Puts a window that waits or failed back into the queue at once; undefined when it is finished, in work or gone. What failed or fell short
 * is read from its start: a cursor or a query that cannot be answered any more would fail for ever.
 */
export async function retryWindow(item: WorkItem, deps: RetryDependencies): Promise<WindowRecord | undefined> {
  const { store, clock, queue, accept } = deps;
  const record = await store.readWindow(item.stream, item.run, item.window);
  const now = clock.now();
  const isOpen = record !== undefined && (record.state === 'incomplete' || !isFinished(record));
  if (!isOpen || isClaimed(record, now)) return undefined;
  if (record.state === 'incomplete' || record.state === 'failed') {
    await startOver(record, store);
    renew(record);
  }
  retry(record, now, accept);
  if (!(await isStored(store.saveWindow(record)))) return undefined;
  await queue.send(item);
  return record;
}

/** What has become of many that were to be retried. */
export interface Retried {
  /** How many were put into the queue. */
  readonly retried: number;
  /** Why one, or more, could not be. */
  readonly error?: unknown;
}

/** Windows that are retried side by side: after a long outage there are thousands, and somebody waits for the answer. */
const AT_ONCE = 16;

/**
 * Retries every window of a run that failed, fell short and was not acknowledged, or waits for its time. Where that fails with some, those behind
 * them are left as they are.
 */
export async function retryWindows(
  { stream, run }: Pick<WorkItem, 'stream' | 'run'>,
  deps: Omit<RetryDependencies, 'accept'>,
): Promise<Retried> {
  const now = deps.clock.now();
  const wanted = (await deps.store.listWindows(stream, run)).filter((record) => isWorthARetry(record, now));
  let retried = 0;
  for (const some of groupsOf(wanted, AT_ONCE)) {
    const results = await Promise.allSettled(some.map((record) => retryWindow(itemOf(record), deps)));
    retried += results.filter((result) => result.status === 'fulfilled' && result.value !== undefined).length;
    const failure = results.find((result) => result.status === 'rejected');
    if (failure !== undefined) return { retried, error: failure.reason };
  }
  return { retried };
}

function isWorthARetry(record: WindowRecord, now: Date): boolean {
  if (isFinished(record)) return isUnacknowledged(record);
  return record.state === 'failed' || Date.parse(record.notBefore ?? '') > now.getTime();
}

/**
 * Gives a window up, or takes note of an incomplete one: the watermark passes it and status shows it no longer. May be asked for again,
 * because what follows it may have failed. Undefined when it is closed, in work or gone.
 */
export async function waiveWindow(item: WorkItem, { store, clock }: Dependencies): Promise<WindowRecord | undefined> {
  const record = await store.readWindow(item.stream, item.run, item.window);
  const now = clock.now();
  if (record === undefined || record.state === 'closed' || isClaimed(record, now)) return undefined;
  waive(record, now);
  return (await isStored(store.saveWindow(record))) ? record : undefined;
}
