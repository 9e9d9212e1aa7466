import type { BackfillWait } from '../pipeline/backfill-answer.ts';
import type { LimitView } from '../pipeline/limit-view.ts';
import type { BackfillStand, Finding, Stand } from './health.ts';
import { apiWord } from '../pipeline/routes.ts';
import { at, counted, lasting, sentences, waiting } from './words.ts';

/** A budget counts as spent from one call in so many left on: it fills again one by one. */
const LAST_PART = 50;

/** What keeps an API's callers waiting until the vendor lets them go on. */
export function findWaits(stand: Stand): Finding[] {
  const now = Date.parse(stand.time);
  return stand.limits.flatMap((limit) => {
    const { api } = limit;
    const effect = waitingFor(limit, stand);
    const outages = limit.outages.map((outage): Finding => ({
      code: 'route-out',
      api,
      since: outage.since,
      text: outageText(outage, now),
    }));
    return [...outages, ...pauseOf(limit, effect, now), ...spentOf(limit, stand, effect, now)];
  });
}

/** Whether an API's live windows wait for the vendor. */
export function isWaiting(limit: LimitView | undefined, now: number): boolean {
  return limit !== undefined && (isPaused(limit, now) || limit.outages.length > 0 || isSpent(limit, 0));
}

/** Whether an API's backfills wait for the vendor. */
export function isBackfillWaiting(limit: LimitView | undefined, now: number): boolean {
  return isWaiting(limit, now) || (limit !== undefined && isSpent(limit, limit.budget?.reserve ?? 0));
}

/** Why and until when an API's backfills wait; undefined where nothing of the vendor's keeps them. */
export function whyBackfillsWait(limit: LimitView, time: string): BackfillWait | undefined {
  const { api, account, outages, pausedUntil, budget } = limit;
  const now = Date.parse(time);
  const [outage] = outages;
  if (account !== undefined) {
    const reason = `Qualys refuses the account at the ${apiWord(account.heldBy ?? api)}: ${account.error}`;
    return { until: account.nextTryAt ?? null, reason: sentences(reason) };
  }
  if (pausedUntil !== null && isPaused(limit, now)) return { until: pausedUntil, reason: pauseText(limit, now) };
  if (outage !== undefined) return { until: outage.nextTryAt, reason: outageText(outage, now) };
  if (budget === null || !isSpent(limit, budget.reserve)) return undefined;
  return { until: fullAgainAt(budget, now), reason: spentText(limit, budget, now) };
}

function isPaused({ pausedUntil }: LimitView, now: number): boolean {
  return pausedUntil !== null && Date.parse(pausedUntil) > now;
}

function isSpent({ budget }: LimitView, reserve: number): boolean {
  return budget !== null && budget.left <= reserve + budget.limit / LAST_PART;
}

function pauseOf(limit: LimitView, effect: string, now: number): Finding[] {
  const { api, pausedSince } = limit;
  if (!isPaused(limit, now)) return [];
  return [{ code: 'vendor-pause', api, since: pausedSince, text: sentences(pauseText(limit, now), effect) }];
}

function spentOf(limit: LimitView, stand: Stand, effect: string, now: number): Finding[] {
  const { api, budget } = limit;
  const isForBackfills = runningOn(limit, stand).length > 0 && isSpent(limit, budget?.reserve ?? 0);
  if (budget === null || !(isSpent(limit, 0) || isForBackfills)) return [];
  const text = sentences(spentText(limit, budget, now), effect);
  return [{ code: 'budget-spent', api, since: budget.seenAt, text }];
}

function outageText({ route, since, nextTryAt, error }: LimitView['outages'][number], now: number): string {
  const text = `Qualys does not answer on ${route} as it should since ${at(since, now)}: ${error}`;
  return sentences(text, `Tried next at ${at(nextTryAt, now)}`);
}

function pauseText({ api, pausedUntil, pauseReason }: LimitView, now: number): string {
  const until = pausedUntil === null ? '' : ` until ${at(pausedUntil, now)}`;
  return sentences(`Qualys asked the callers of the ${apiWord(api)} to wait${until}`, pauseReason);
}

type Budget = NonNullable<LimitView['budget']>;

function spentText(limit: LimitView, budget: Budget, now: number): string {
  const kept = isSpent(limit, 0) ? '' : ` but for the ${budget.reserve} that backfills leave to the live windows`;
  return sentences(
    `The ${counted(budget.limit, 'call')} in ${lasting(budget.windowSeconds)} of the ${apiWord(limit.api)} are used up${kept}`,
    `One comes free every ${lasting(Math.max(1, secondsACall(budget)))}, all are back at ${at(fullAgainAt(budget, now), now)}`,
  );
}

function fullAgainAt(budget: Budget, now: number): string {
  return new Date(now + (budget.limit - budget.left) * secondsACall(budget) * 1000).toISOString();
}

function secondsACall({ windowSeconds, limit }: Budget): number {
  return windowSeconds / limit;
}

function waitingFor(limit: LimitView, stand: Stand): string {
  const windows = stand.streams.filter(({ api, enabled }) => enabled && api === limit.api);
  const open = windows.reduce((sum, { windows: { open: each } }) => sum + each, 0);
  return waiting(open, runningOn(limit, stand).length);
}

function runningOn({ api }: LimitView, { streams, backfills }: Stand): BackfillStand[] {
  const names = new Set(streams.filter((stream) => stream.api === api).map(({ name }) => name));
  return backfills.filter(({ stream, status }) => names.has(stream) && status !== 'failed');
}
