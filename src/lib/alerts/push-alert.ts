import { randomUUID } from 'node:crypto';
import { RetryableError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { AlertItem, AlertQueue, Clock } from '../pipeline/ports.ts';
import { alertKey, newAlertRecord, type AlertRecord, type AlertStore } from './alert-record.ts';
import type { PostOutcome } from './post-webhook.ts';

/** What pushing an alert needs. */
export interface PushDependencies {
  readonly store: AlertStore;
  readonly queue: AlertQueue;
  readonly clock: Clock;
  readonly log: Log;
  /** Posts an alert; undefined where no webhook is set. */
  readonly post: ((item: AlertItem) => Promise<PostOutcome>) | undefined;
}

/** A claim that is so old was left by a process that died: a post is over long before. */
const STALE_CLAIM_MS = 300_000;
const DELAYS_SECONDS: readonly number[] = [30, 60, 120, 300, 600, 1800, 3600];
/** A refused alert is given up when it is so old. */
const GIVE_UP_AFTER_MS = 24 * 3_600_000;
/** Clocks of two instances may differ by so much. */
const SHORTEST_WAIT_MS = 1000;

/**
 * Posts the alert of a message unless it was posted before: claim, post, done. The claim is stored before anything is sent, so two
 * messages for one event never lead to two posts. A post that was surely not taken is tried again for a day; one whose end nobody knows,
 * because the process died or the webhook never answered, is not, and stands in the list until a person decides.
 * @throws RetryableError or ConfigError when the storage fails: the host delivers the message again.
 */
export async function pushAlert(item: AlertItem, deps: PushDependencies): Promise<void> {
  const log = deps.log.with({ alert: item.id });
  const record = await claim(item, { ...deps, log });
  if (record === undefined) return;
  const outcome: PostOutcome = (await deps.post?.(item)) ?? {
    kind: 'refused',
    reason: 'ALERT_WEBHOOK_URL is not set',
  };
  await conclude(record, item, outcome, { ...deps, log });
}

/** Takes the alert; undefined when there is nothing to post now. */
async function claim(item: AlertItem, deps: PushDependencies): Promise<AlertRecord | undefined> {
  const { store, queue, clock, log } = deps;
  const known = await store.read(alertKey(item.id));
  const now = clock.now();
  if (known !== undefined && !(await isFree(known, item, deps))) return undefined;
  const owner = randomUUID();
  const record: AlertRecord = {
    ...(known ?? newAlertRecord(item, now)),
    state: 'posting',
    at: now.toISOString(),
    owner,
  };
  delete record.notBefore;
  if (await store.save(record)) return record;
  // The storage may have taken the claim and its answer was lost on the way.
  const stored = await store.read(record.key);
  if (stored?.owner === owner) return stored;
  log.info('AlertDropped', { reason: 'claimed elsewhere' });
  // Whoever was faster may die: this message looks again.
  await queue.send(item, STALE_CLAIM_MS / 1000);
  return undefined;
}

/** Whether an alert that is known may be posted now. */
async function isFree(known: AlertRecord, item: AlertItem, deps: PushDependencies): Promise<boolean> {
  const now = deps.clock.now().getTime();
  if (known.state === 'waiting') {
    const waitMs = Date.parse(known.notBefore ?? known.at) - now;
    if (waitMs > SHORTEST_WAIT_MS) await deps.queue.send(item, waitMs / 1000);
    return waitMs <= SHORTEST_WAIT_MS;
  }
  if (known.state !== 'posting') {
    deps.log.info('AlertDropped', { reason: known.state });
    return false;
  }
  const leftMs = Date.parse(known.at) + STALE_CLAIM_MS - now;
  if (leftMs > 0) await deps.queue.send(item, leftMs / 1000);
  else await giveUp(known, 'uncertain', 'the process that posted it died, before or after it was taken', deps);
  return false;
}

async function conclude(
  record: AlertRecord,
  item: AlertItem,
  outcome: PostOutcome,
  deps: PushDependencies,
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

async function settle(record: AlertRecord, item: AlertItem, { store, clock, log }: PushDependencies): Promise<void> {
  const now = clock.now();
  record.state = 'done';
  record.at = now.toISOString();
  delete record.payload;
  delete record.lastError;
  delete record.owner;
  await mustSave(record, store);
  log.info('AlertDelivered', { attempts: record.attempts + 1, delayMs: now.getTime() - Date.parse(item.queuedAt) });
}

async function tryLater(
  record: AlertRecord,
  item: AlertItem,
  { reason, retryAfterMs = 0 }: Extract<PostOutcome, { kind: 'refused' }>,
  deps: PushDependencies,
): Promise<void> {
  const now = deps.clock.now();
  record.attempts++;
  if (now.getTime() - Date.parse(record.since) >= GIVE_UP_AFTER_MS) return giveUp(record, 'undelivered', reason, deps);
  const usual = DELAYS_SECONDS[Math.min(record.attempts, DELAYS_SECONDS.length) - 1] ?? 0;
  const delaySeconds = Math.max(usual, Math.ceil(retryAfterMs / 1000));
  record.state = 'waiting';
  record.at = now.toISOString();
  record.notBefore = new Date(now.getTime() + delaySeconds * 1000).toISOString();
  record.lastError = reason;
  delete record.owner;
  // Stored first: when the message is lost after that, the host delivers this one again.
  await mustSave(record, deps.store);
  deps.log.warn('AlertRefused', { attempts: record.attempts, retryInSeconds: delaySeconds, error: reason });
  await deps.queue.send(item, delaySeconds);
}

/** Leaves the alert to a person. */
export async function giveUp(
  record: AlertRecord,
  state: 'undelivered' | 'uncertain',
  reason: string,
  { store, clock, log }: Pick<PushDependencies, 'store' | 'clock' | 'log'>,
): Promise<void> {
  record.state = state;
  record.at = clock.now().toISOString();
  record.lastError = reason;
  delete record.notBefore;
  delete record.owner;
  await mustSave(record, store);
  const fields = { attempts: record.attempts, error: reason };
  if (state === 'undelivered') log.error('AlertUndelivered', fields);
  else log.error('AlertUncertain', fields);
}

/** The claim is ours, so nobody else changes the record; where somebody did, the message finds out what. */
async function mustSave(record: AlertRecord, store: AlertStore): Promise<void> {
  if (!(await store.save(record))) throw new RetryableError('the record of the alert was changed elsewhere');
}
