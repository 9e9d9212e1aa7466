import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { AlertItem } from './ports.ts';
import { endOf, hasRoom, minuteOf, type AlertMinute } from './alert-minute.ts';
import {
  alertItemOf,
  alertKey,
  newAlertRecord,
  type AlertRecord,
  type AlertStore,
  type BesideRecord,
} from './alert-record.ts';
import { giveUp, type ConcludeDependencies } from './conclude-alert.ts';
import { addToSummary, newSummary, summaryId, summaryPayload, type AlertCap } from './summarise-alerts.ts';

/** What claiming an alert needs. */
export interface ClaimDependencies extends ConcludeDependencies {
  readonly cap: AlertCap;
}

/** A claim that is so old was left by a process that died: a post is over long before. */
const STALE_CLAIM_MS = 300_000;
/** Clocks of two instances may differ by so much. */
const SHORTEST_WAIT_MS = 1000;
/** Others may change the minute first so often; then the message comes again. */
const MAX_TRIES = 20;
const LONGEST_PAUSE_MS = 50;
const BUSY_SECONDS = 5;
/** What waits for room comes again within so many minutes. */
const SPREAD_MS = 5 * 60_000;

/** What is to be stored of an alert. */
interface Booking {
  readonly record: AlertRecord;
  readonly beside?: BesideRecord;
}

/** The last claim of this process in a store. */
const last = new WeakMap<AlertStore, Promise<unknown>>();

/**
 * Takes the alert, and its place in this minute; undefined when there is nothing to post now. Without a place a new alert is counted in
 * the minute's summary instead, and one that was queued before waits for another minute.
 */
export function claimAlert(item: AlertItem, deps: ClaimDependencies): Promise<AlertRecord | undefined> {
  // Side by side the claims of a process would only meet at the row of the minute; those of other instances do.
  const claim = (last.get(deps.store) ?? Promise.resolve()).then(() => tryToClaim(item, deps));
  last.set(
    deps.store,
    claim.catch(() => undefined),
  );
  return claim;
}

async function tryToClaim(item: AlertItem, deps: ClaimDependencies): Promise<AlertRecord | undefined> {
  const owner = randomUUID();
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const known = await deps.store.read(alertKey(item.id));
    // The storage may have taken the claim and its answer was lost on the way.
    if (known?.state === 'posting' && known.owner === owner) return known;
    if (known !== undefined && !(await isFree(known, item, deps))) return undefined;
    const booking = await book(item, known, owner, deps);
    if (booking === undefined) return waitForRoom(item, deps);
    if (await deps.store.save(booking.record, booking.beside)) return begin(booking, deps);
    await pause(Math.random() * LONGEST_PAUSE_MS);
  }
  await deps.queue.send(item, BUSY_SECONDS);
  return undefined;
}

/** Whether an alert that is known may be posted now. */
async function isFree(known: AlertRecord, item: AlertItem, deps: ClaimDependencies): Promise<boolean> {
  const now = deps.clock.now().getTime();
  if (known.state === 'waiting') {
    const waitMs = Date.parse(known.notBefore ?? known.at) - now;
    if (waitMs > SHORTEST_WAIT_MS) await deps.queue.send(item, waitMs / 1000);
    return waitMs <= SHORTEST_WAIT_MS;
  }
  if (known.state !== 'posting') {
    await queueSummary(known, deps);
    deps.log.info('AlertDropped', { reason: known.state });
    return false;
  }
  const leftMs = Date.parse(known.at) + STALE_CLAIM_MS - now;
  // Whoever was faster may die: this message looks again.
  if (leftMs > 0) await deps.queue.send(item, leftMs / 1000);
  else await giveUp(known, 'uncertain', 'the process that posted it died, before or after it was taken', deps);
  return false;
}

/** Says what is to be stored; undefined for an alert that has to wait for room. */
async function book(
  item: AlertItem,
  known: AlertRecord | undefined,
  owner: string,
  { store, clock, cap }: ClaimDependencies,
): Promise<Booking | undefined> {
  const now = clock.now();
  const record: AlertRecord = {
    ...(known ?? newAlertRecord(item, now)),
    state: 'posting',
    at: now.toISOString(),
    owner,
  };
  delete record.notBefore;
  if (record.summarises !== undefined) return bookSummary(record, await store.readMinute(record.summarises), cap);
  const minute = await findOpenMinute(store, now);
  if (hasRoom(minute, cap.maxPerMinute, known === undefined)) {
    minute.posted++;
    return { record, beside: { minute } };
  }
  if (known !== undefined) return undefined;
  addToSummary(minute, item.payload);
  Object.assign(record, { state: 'summarised', minute: minute.minute });
  delete record.payload;
  delete record.owner;
  return { record, beside: { minute, summary: minute.summarised === 1 ? newSummary(minute, cap, now) : undefined } };
}

/** A summary is made once: from then on its minute is closed, so that what it counts is all there is. */
function bookSummary(record: AlertRecord, minute: AlertMinute, cap: AlertCap): Booking {
  if (minute.isClosed) return { record };
  minute.isClosed = true;
  record.payload = summaryPayload(minute, cap);
  return { record, beside: { minute } };
}

/** This minute, or the first one after it that is not closed, when this machine's clock is behind. */
async function findOpenMinute(store: AlertStore, now: Date): Promise<AlertMinute> {
  let minute = await store.readMinute(minuteOf(now));
  while (minute.isClosed) minute = await store.readMinute(minuteOf(endOf(minute)));
  return minute;
}

/** Goes on with what is stored. */
async function begin({ record, beside }: Booking, deps: ClaimDependencies): Promise<AlertRecord | undefined> {
  if (record.state === 'posting') return record;
  if (beside?.summary !== undefined) await queueSummary(record, deps);
  deps.log.info('AlertSummarised', { minute: record.minute });
  return undefined;
}

/** Queues the summary that an alert is counted in, as long as nobody has posted it: the process that stored it may have died before. */
export async function queueSummary(
  { minute }: AlertRecord,
  { store, queue, clock }: Pick<ClaimDependencies, 'store' | 'queue' | 'clock'>,
): Promise<void> {
  const summary = minute === undefined ? undefined : await store.read(alertKey(summaryId(minute)));
  const item = summary?.state === 'waiting' ? alertItemOf(summary) : undefined;
  if (item === undefined) return;
  const waitMs = Date.parse(summary?.notBefore ?? item.queuedAt) - clock.now().getTime();
  await queue.send(item, Math.max(0, waitMs / 1000));
}

async function waitForRoom(item: AlertItem, { queue, clock, log }: ClaimDependencies): Promise<undefined> {
  const now = clock.now();
  const waitMs = endOf({ minute: minuteOf(now) }).getTime() - now.getTime() + Math.random() * SPREAD_MS;
  await queue.send(item, waitMs / 1000);
  log.info('AlertPostponed', { waitSeconds: Math.ceil(waitMs / 1000) });
}
