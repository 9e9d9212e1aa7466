import { RetryableError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { AlertItem, AlertQueue } from './ports.ts';
import type { Clock } from '../pipeline/ports.ts';
import type { AlertRecord, AlertStore } from './alert-record.ts';
import type { PostOutcome } from './post-webhook.ts';

/** What ending a post needs. */
export interface ConcludeDependencies {
  readonly store: AlertStore;
  readonly queue: AlertQueue;
  readonly clock: Clock;
  readonly log: Log;
}

const DELAYS_SECONDS: readonly number[] = [30, 60, 120, 300, 600, 1800, 3600];
/** A refused alert is given up when it is so old. */
const GIVE_UP_AFTER_MS = 24 * 3_600_000;

/** Stores what came of a post, and puts the alert in the queue again where it has to be tried again. */
export async function concludeAlert(
  record: AlertRecord,
  item: AlertItem,
  outcome: PostOutcome,
  deps: ConcludeDependencies,
): Promise<void> {
  switch (outcome.kind) {
    case 'accepted':
      return settle(record, item, deps);
    case 'unknown':
      return giveUp(record, 'uncertain', outcome.reason, deps);
    case 'refused':
      return tryLater(record, item, outcome, deps);
  }
}

async function settle(record: AlertRecord, item: AlertItem, deps: ConcludeDependencies): Promise<void> {
  delete record.payload;
  delete record.lastError;
  await end(record, { state: 'done' }, deps);
  const delayMs = Date.parse(record.at) - Date.parse(item.queuedAt);
  deps.log.info('AlertDelivered', { attempts: record.attempts + 1, delayMs });
}

async function tryLater(
  record: AlertRecord,
  item: AlertItem,
  { reason, retryAfterMs = 0 }: Extract<PostOutcome, { kind: 'refused' }>,
  deps: ConcludeDependencies,
): Promise<void> {
  const now = deps.clock.now();
  record.attempts++;
  if (now.getTime() - Date.parse(record.since) >= GIVE_UP_AFTER_MS) return giveUp(record, 'undelivered', reason, deps);
  const usual = DELAYS_SECONDS[Math.min(record.attempts, DELAYS_SECONDS.length) - 1] ?? 0;
  const delaySeconds = Math.max(usual, Math.ceil(retryAfterMs / 1000));
  const notBefore = new Date(now.getTime() + delaySeconds * 1000).toISOString();
  // Stored first: when the message is lost after that, the host delivers this one again.
  await end(record, { state: 'waiting', notBefore, lastError: reason }, deps);
  deps.log.warn('AlertRefused', { attempts: record.attempts, retryInSeconds: delaySeconds, error: reason });
  await deps.queue.send(item, delaySeconds);
}

/** Leaves the alert to a person. */
export async function giveUp(
  record: AlertRecord,
  state: 'undelivered' | 'uncertain',
  reason: string,
  deps: Pick<ConcludeDependencies, 'store' | 'clock' | 'log'>,
): Promise<void> {
  delete record.notBefore;
  await end(record, { state, lastError: reason }, deps);
  const fields = { attempts: record.attempts, error: reason };
  if (state === 'undelivered') deps.log.error('AlertUndelivered', fields);
  else deps.log.error('AlertUncertain', fields);
}

/** Stores how a claim ended. It is ours, so nobody else changes the record; where somebody did, the message finds out what. */
async function end(
  record: AlertRecord,
  changes: Partial<AlertRecord>,
  { store, clock }: Pick<ConcludeDependencies, 'store' | 'clock'>,
): Promise<void> {
  Object.assign(record, changes, { at: clock.now().toISOString() });
  delete record.owner;
  if (!(await store.save(record))) throw new RetryableError('the record of the alert was changed elsewhere');
}
