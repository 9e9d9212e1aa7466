import type { AlertStatus, AlertView } from './alert-answers.ts';
import type { AlertItem } from './ports.ts';
import { minuteOf } from './alert-minute.ts';
import { alertItemOf, alertKey, newAlertRecord, type AlertRecord, type AlertStore } from './alert-record.ts';
import { queueSummary } from './claim-alert.ts';
import { giveUp, type ConcludeDependencies } from './conclude-alert.ts';

/** States that wait for a person. */
export type GivenUpState = Exclude<AlertView['state'], 'waiting'>;

/** How many alerts are open, by state. */
export type AlertCounts = Omit<AlertStatus, 'enabled' | 'from' | 'queued' | 'poison'>;

/** Counting stops there. */
const MAX_COUNTED = 5000;
const DAY_MS = 86_400_000;

/** Lists alerts that are not posted, those given up first; at most `limit`. */
export async function listAlerts(limit: number, store: AlertStore): Promise<AlertView[]> {
  const records = await store.listOpen(limit);
  return records.map(({ id, state, attempts, since, notBefore, lastError }) => ({
    id,
    state: shownState(state),
    attempts,
    since,
    nextAttempt: notBefore ?? null,
    error: lastError ?? null,
  }));
}

/** Counts alerts that are not posted, up to 5000, and those that were summarised. */
export async function countAlerts(store: AlertStore, now: Date): Promise<AlertCounts> {
  const dayAgo = minuteOf(new Date(now.getTime() - DAY_MS));
  const [records, summarised] = await Promise.all([store.listOpen(MAX_COUNTED), store.countSummarised(dayAgo)]);
  const count = (wanted: AlertView['state']): number =>
    records.filter(({ state }) => shownState(state) === wanted).length;
  const latest = records
    .filter(({ lastError }) => lastError !== undefined)
    .sort((left, right) => right.at.localeCompare(left.at))[0];
  return {
    waiting: count('waiting'),
    undelivered: count('undelivered'),
    uncertain: count('uncertain'),
    summarised,
    lastError: latest?.lastError ?? null,
  };
}

function shownState(state: AlertRecord['state']): AlertView['state'] {
  return state === 'undelivered' || state === 'uncertain' ? state : 'waiting';
}

/** Queues alerts again that were given up; returns how many. An uncertain one may then be posted twice. */
export async function replayAlerts(
  state: GivenUpState,
  limit: number,
  { store, queue, clock, log }: ConcludeDependencies,
): Promise<number> {
  let replayed = 0;
  for (const { key, state: listed } of await store.listOpen(MAX_COUNTED)) {
    if (replayed >= limit) break;
    const record = listed === state ? await store.read(key) : undefined;
    if (record?.state !== state) continue;
    const now = clock.now().toISOString();
    Object.assign(record, { state: 'waiting', attempts: 0, since: now, at: now });
    const item = alertItemOf(record);
    if (item === undefined || !(await store.save(record))) continue;
    await queue.send(item);
    log.info('AlertReplayed', { alert: record.id });
    replayed++;
  }
  return replayed;
}

/** Books an alert whose message the host gave up, so that it is seen. */
export async function recordAlertPoison(item: AlertItem, deps: ConcludeDependencies): Promise<void> {
  const record = (await deps.store.read(alertKey(item.id))) ?? newAlertRecord(item, deps.clock.now());
  if (record.state === 'summarised') return queueSummary(record, deps);
  if (record.state === 'done' || record.state === 'undelivered' || record.state === 'uncertain') return;
  const isClaimed = record.etag !== undefined && record.state === 'posting';
  const reason = 'its message failed five times and went to the poison queue';
  await giveUp(record, isClaimed ? 'uncertain' : 'undelivered', reason, {
    ...deps,
    log: deps.log.with({ alert: item.id }),
  });
}
