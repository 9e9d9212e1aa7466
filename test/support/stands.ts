import type { BackfillStand, Stand, Unread } from '../../src/lib/health/health.ts';
import { judgeHealth, judgeUnread } from '../../src/lib/health/judge-health.ts';
import type { ProblemCode, Verdict } from '../../src/lib/health/problem-codes.ts';
import type { Health, StatusAnswer } from '../../src/lib/health/health-answers.ts';
import type { LimitView } from '../../src/lib/pipeline/limit-view.ts';
import type { HeldWindows, StreamStatus } from '../../src/lib/pipeline/status-answer.ts';
import { NOW, statusAnswer, streamStatus } from '../dashboard/views.ts';

/** So many minutes before the time of these views. */
export function ago(minutes: number): string {
  return new Date(NOW - minutes * 60_000).toISOString();
}

/** A stand without anything to complain about. */
export function stand(changes: Partial<Stand> = {}): Stand {
  const { time, streams } = statusAnswer();
  const alerts = { undelivered: 0, uncertain: 0, poison: 0, lastError: null };
  return {
    ...{ time, streams, alerts, runningSince: ago(600), limits: [limit()] },
    ...{ queue: { poison: 0 }, deadLetters: 0, backfills: [], dailyLimit: null, settingMistakes: [], ...changes },
  };
}

/** A stand with one stream that has these changes. */
export function withStream(changes: Partial<StreamStatus>, more: Partial<Stand> = {}): Stand {
  return stand({ ...more, streams: [streamStatus(changes)] });
}

/** Limits of the EDR API that hold nobody up. */
export function limit(changes: Partial<LimitView> = {}): LimitView {
  return {
    ...{ api: 'edr', permits: 2, inUse: 0, pausedUntil: null, pauseReason: null, pausedSince: null, outages: [] },
    budget: { limit: 300, left: 200, reserve: 60, windowSeconds: 3600, seenAt: ago(1) },
    ...changes,
  };
}

/** Windows that wait for a repair. */
export function held(changes: Partial<HeldWindows> = {}): HeldWindows {
  const error = 'window: Qualys refuses the account (HTTP 401); check QUALYS_USERNAME and QUALYS_PASSWORD';
  const repair = 'account' as const;
  return { repair, windows: 12, since: ago(9), error, nextTryAt: ago(-6), isLatest: true, ...changes };
}

/** A backfill that runs, of a stream that is planned every five minutes. */
export function backfill({ movedAt = ago(1), ...changes }: Partial<BackfillStand> = {}): BackfillStand {
  const about = { id: '0123456789ab-1', stream: 'edr-events', status: 'running' as const };
  const fedBy = new Date(Date.parse(movedAt) + 600_000).toISOString();
  return { ...about, startedAt: ago(300), movedAt, fedBy, ...changes };
}

const BEHIND = {
  watermark: ago(360),
  lagSeconds: 21_600,
  windows: { open: 24, failed: 0, incomplete: 0, since: null },
};
const LONG_BEHIND = { ...BEHIND, watermark: ago(3 * 1440), lagSeconds: 3 * 86_400 };
const STILL = { movedAt: ago(60), rowsLastHour: 0, secondsLeft: null, heldBy: null };
const PAUSE = { pausedUntil: ago(-40), pausedSince: ago(20), pauseReason: 'code 1965' };
const FULL = {
  ...{ gigabytes: 2, sentGigabytes: 2.001, isReached: true, streams: ['edr-events'] },
  ...{ until: '2026-05-02T00:00:00.000Z', resumedAt: null },
};
const OUTAGE = { route: 'edr/events', since: ago(20), nextTryAt: ago(-4), error: 'HTTP 503' };

/** A state of the whole, by its name, and what is to be said of it first. */
export interface Case {
  readonly name: string;
  readonly of: Stand | Unread;
  readonly verdict: Verdict;
  readonly codes: readonly ProblemCode[];
}

/** Every kind of problem once, and what goes together. */
export const CASES: readonly Case[] = [
  { name: 'nothing', of: stand(), verdict: 'ok', codes: [] },
  {
    name: 'a wrong setting',
    of: { time: ago(0), repair: 'settings', error: 'Settings: EDR_SCHEDULE must be a schedule' },
    ...{ verdict: 'down', codes: ['settings-wrong'] },
  },
  {
    name: 'a storage that refuses the identity',
    of: { time: ago(0), repair: 'identity', error: 'storage failed reading its clock (403)' },
    ...{ verdict: 'down', codes: ['identity-refused'] },
  },
  {
    name: 'a storage that does not answer',
    of: { time: ago(0), repair: undefined, error: 'storage failed reading its clock (no answer)' },
    ...{ verdict: 'down', codes: ['state-unreadable'] },
  },
  {
    name: 'a password that has expired, on time still',
    of: withStream({ held: [held()] }),
    ...{ verdict: 'down', codes: ['account-refused'] },
  },
  {
    name: 'a password that has expired, and the lag that it makes',
    of: withStream({ ...BEHIND, progress: STILL, held: [held()] }),
    ...{ verdict: 'down', codes: ['account-refused', 'late'] },
  },
  {
    name: 'an account that the breaker knows as refused, with no window that waits',
    of: stand({ limits: [limit({ account: { refusedSince: ago(3), refusals: 1, error: 'HTTP 401' } })] }),
    ...{ verdict: 'down', codes: ['account-refused'] },
  },
  {
    name: 'an account that one API refuses, and the windows of the other that are kept from trying',
    of: stand({
      streams: [
        streamStatus({ held: [held()] }),
        streamStatus({ name: 'vm-detections', api: 'vm', held: [held({ windows: 7 })] }),
      ],
      limits: [
        limit({ account: { refusedSince: ago(160), refusals: 3, error: 'HTTP 401' } }),
        limit({ api: 'vm', account: { refusedSince: ago(160), refusals: 3, error: 'HTTP 401', heldBy: 'edr' } }),
      ],
    }),
    ...{ verdict: 'down', codes: ['account-refused'] },
  },
  {
    name: 'an identity that Azure refuses',
    of: withStream({ held: [held({ repair: 'identity', error: 'Logs Ingestion answered 403' })] }),
    ...{ verdict: 'down', codes: ['identity-refused'] },
  },
  {
    name: 'a rule that refuses all rows',
    of: withStream({ held: [held({ repair: 'settings', error: 'Azure refuses all rows of a chunk' })] }),
    ...{ verdict: 'down', codes: ['settings-wrong'] },
  },
  {
    name: 'windows that wait after the account is taken again',
    of: withStream({ held: [held({ isLatest: false })] }),
    ...{ verdict: 'waiting', codes: ['windows-held'] },
  },
  {
    name: 'a stream that does not know where to begin',
    of: withStream({
      start: { state: 'waiting', note: 'set EDR_START', since: ago(30) },
      ...{ watermark: null, lagSeconds: null, lastTick: null },
    }),
    ...{ verdict: 'attention', codes: ['start-unknown'] },
  },
  {
    name: 'a planner that has stopped',
    of: withStream({ lastTick: ago(16) }),
    ...{ verdict: 'down', codes: ['planner-silent'] },
  },
  {
    name: 'a planner that has never run since the app began',
    of: withStream({ watermark: null, lagSeconds: null, lastTick: null }),
    ...{ verdict: 'down', codes: ['planner-silent'] },
  },
  {
    name: 'an app that has just begun',
    of: withStream({ watermark: null, lagSeconds: null, lastTick: null }, { runningSince: ago(2) }),
    ...{ verdict: 'waiting', codes: ['not-started'] },
  },
  {
    name: 'an hour’s pause, and the lag that it makes',
    of: withStream({ ...BEHIND, progress: STILL }, { limits: [limit(PAUSE)] }),
    ...{ verdict: 'waiting', codes: ['vendor-pause', 'catching-up'] },
  },
  {
    name: 'a pause that is over',
    of: stand({ limits: [limit({ ...PAUSE, pausedUntil: ago(1) })] }),
    ...{ verdict: 'ok', codes: [] },
  },
  {
    name: 'a budget that the live windows have spent',
    of: stand({
      limits: [limit({ budget: { limit: 300, left: 0, reserve: 60, windowSeconds: 3600, seenAt: ago(1) } })],
    }),
    ...{ verdict: 'waiting', codes: ['budget-spent'] },
  },
  {
    name: 'a budget that a backfill has spent but for the reserve',
    of: stand({
      backfills: [backfill({ movedAt: ago(200) })],
      limits: [limit({ budget: { limit: 300, left: 60, reserve: 60, windowSeconds: 3600, seenAt: ago(1) } })],
    }),
    ...{ verdict: 'waiting', codes: ['budget-spent'] },
  },
  {
    name: 'a route that is out',
    of: withStream({ ...BEHIND, progress: STILL }, { limits: [limit({ outages: [OUTAGE] })] }),
    ...{ verdict: 'waiting', codes: ['route-out', 'catching-up'] },
  },
  {
    name: 'a route that is out for an hour',
    of: stand({ limits: [limit({ outages: [{ ...OUTAGE, since: ago(61) }] })] }),
    ...{ verdict: 'attention', codes: ['route-out'] },
  },
  {
    name: 'a day whose limit is reached, and the lag that it makes',
    of: withStream({ ...BEHIND, progress: STILL }, { dailyLimit: FULL, backfills: [backfill({ movedAt: ago(200) })] }),
    ...{ verdict: 'waiting', codes: ['daily-limit', 'catching-up'] },
  },
  {
    name: 'a day whose limit is reached, of a stream that has been behind for two days',
    of: withStream({ ...LONG_BEHIND, progress: STILL }, { dailyLimit: FULL }),
    ...{ verdict: 'attention', codes: ['daily-limit', 'catching-up'] },
  },
  {
    name: 'a day that goes on after one whose limit was reached, of a stream that has been behind for two days',
    of: withStream(LONG_BEHIND, { dailyLimit: { ...FULL, sentGigabytes: 0, isReached: false, resumedAt: ago(300) } }),
    ...{ verdict: 'attention', codes: ['daily-limit', 'catching-up'] },
  },
  {
    name: 'a day that is near its limit, with a backfill that waits',
    of: withStream(
      {},
      { dailyLimit: { ...FULL, sentGigabytes: 1.6, isReached: false }, backfills: [backfill({ movedAt: ago(200) })] },
    ),
    ...{ verdict: 'ok', codes: [] },
  },
  {
    name: 'a day whose limit is reached, of other streams',
    of: withStream({ ...BEHIND, progress: STILL }, { dailyLimit: { ...FULL, streams: ['vm-detections'] } }),
    ...{ verdict: 'attention', codes: ['late'] },
  },
  {
    name: 'a day that has just begun, after one whose limit was reached',
    of: withStream(
      { ...BEHIND, progress: STILL },
      { dailyLimit: { ...FULL, sentGigabytes: 0, isReached: false, resumedAt: ago(10) } },
    ),
    ...{ verdict: 'catching-up', codes: ['catching-up'] },
  },
  {
    name: 'a day that has begun a while ago, after one whose limit was reached',
    of: withStream(
      { ...BEHIND, progress: STILL },
      { dailyLimit: { ...FULL, sentGigabytes: 0, isReached: false, resumedAt: ago(20) } },
    ),
    ...{ verdict: 'attention', codes: ['late'] },
  },
  {
    name: 'failed windows that hold the watermark',
    of: withStream({ ...BEHIND, windows: { open: 2, failed: 2, incomplete: 0, since: ago(40) }, lastError: 'why' }),
    ...{ verdict: 'attention', codes: ['windows-failed'] },
  },
  {
    name: 'incomplete windows',
    of: withStream({ windows: { open: 0, failed: 0, incomplete: 1, since: ago(40) } }),
    ...{ verdict: 'attention', codes: ['windows-incomplete'] },
  },
  {
    name: 'a stream that stands still',
    of: withStream({ ...BEHIND, progress: STILL }),
    ...{ verdict: 'attention', codes: ['late'] },
  },
  {
    name: 'a stream whose oldest window falls short while others pass it',
    of: withStream({ ...BEHIND, progress: { ...STILL, movedAt: ago(1), heldBy: 'Qualys counts 12 records' } }),
    ...{ verdict: 'attention', codes: ['late'] },
  },
  {
    name: 'a stream that catches up',
    of: withStream({ ...BEHIND, progress: { ...STILL, movedAt: ago(0), rowsLastHour: 48_211, secondsLeft: 1500 } }),
    ...{ verdict: 'catching-up', codes: ['catching-up'] },
  },
  {
    name: 'a stream that has read all and waits for its tick',
    of: withStream({ ...BEHIND, progress: STILL, windows: { open: 0, failed: 0, incomplete: 0, since: null } }),
    ...{ verdict: 'catching-up', codes: ['catching-up'] },
  },
  { name: 'poison', of: stand({ queue: { poison: 1 } }), verdict: 'attention', codes: ['poison'] },
  { name: 'dead letters', of: stand({ deadLetters: 2 }), verdict: 'attention', codes: ['dead-letters'] },
  {
    name: 'alerts that were not taken',
    of: stand({ alerts: { undelivered: 1, uncertain: 1, poison: 1, lastError: 'HTTP 500' } }),
    ...{ verdict: 'attention', codes: ['alerts-undelivered'] },
  },
  {
    name: 'a failed backfill',
    of: stand({ backfills: [backfill({ status: 'failed' })] }),
    ...{ verdict: 'attention', codes: ['backfill-failed'] },
  },
  {
    name: 'a backfill that stands still',
    of: stand({ backfills: [backfill({ movedAt: ago(120) })] }),
    ...{ verdict: 'attention', codes: ['backfill-stalled'] },
  },
  {
    name: 'a backfill whose next window is not due',
    of: stand({ backfills: [backfill({ movedAt: ago(120), fedBy: ago(-10) })] }),
    ...{ verdict: 'ok', codes: [] },
  },
  {
    name: 'records of another time',
    of: withStream({ outsideLast24h: 3 }),
    ...{ verdict: 'ok', codes: ['records-outside'] },
  },
  {
    name: 'a name that is no setting',
    of: stand({ settingMistakes: ['EDR_STRAT is no setting of the connector and is ignored'] }),
    ...{ verdict: 'ok', codes: ['settings-doubtful'] },
  },
  {
    name: 'records that became visible late',
    of: withStream({
      lateness: { lookedAt: ago(10), rows: 12, usualSeconds: 200, mostSeconds: 7200, addedLagSeconds: 180 },
    }),
    ...{ verdict: 'ok', codes: ['records-late'] },
  },
];

/** What is judged of a state. */
export function healthOf({ of }: Case): Health {
  return 'error' in of ? judgeUnread(of) : judgeHealth(of);
}

/** What status answers in a state. */
export function answerOf(each: Case): StatusAnswer {
  const { of } = each;
  const health = healthOf(each);
  if ('error' in of)
    return {
      ...statusAnswer(),
      ...{ ...health, streams: [], limits: [], queue: null, deadLetters: null, alerts: null },
    };
  const { alerts, queue } = statusAnswer();
  if (alerts === null || queue === null) throw new Error('the views are whole');
  return {
    ...statusAnswer(),
    ...health,
    streams: of.streams,
    limits: of.limits,
    dailyLimit: of.dailyLimit,
    queue: { ...queue, ...of.queue },
    deadLetters: of.deadLetters,
    alerts: { ...alerts, ...of.alerts },
  };
}
