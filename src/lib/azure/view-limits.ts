import type { LimitView } from '../pipeline/limit-view.ts';
import { dueAt, lostRoutes, type Outage } from './outage.ts';
import { alive, callsLeft, permitCount, reserveOf, type LimitState } from './limit-state.ts';
import type { LimiterOptions } from './limiter-options.ts';

/** Shows the limits of an API, `now` in epoch milliseconds. */
export function viewLimits(
  state: LimitState,
  { concurrency, reservePercent }: Pick<LimiterOptions, 'concurrency' | 'reservePercent'>,
  now: number,
): LimitView {
  const isPaused = state.pausedUntil > now;
  return {
    api: state.api,
    permits: permitCount(state, concurrency),
    inUse: alive(state.leases, now).length,
    pausedUntil: isPaused ? new Date(state.pausedUntil).toISOString() : null,
    pauseReason: isPaused ? state.pauseReason : null,
    pausedSince: isPaused ? new Date(state.pausedUntil - state.pauseMs).toISOString() : null,
    outages: viewOutage(state.outage, now),
    budget: viewBudget(state, reservePercent, now),
  };
}

function viewOutage(outage: Outage | undefined, now: number): LimitView['outages'] {
  return lostRoutes(outage, now).map(({ route, since, error }) => ({
    route,
    since: new Date(since).toISOString(),
    nextTryAt: new Date(Math.max(dueAt(outage, route, now) ?? 0, now)).toISOString(),
    error,
  }));
}

function viewBudget(state: LimitState, reservePercent: number, now: number): LimitView['budget'] {
  const { rateLimit, rateWindowSeconds, rateSeenAt } = state;
  if (rateLimit === 0 || rateWindowSeconds === 0) return null;
  return {
    limit: rateLimit,
    left: Math.max(0, Math.min(rateLimit, callsLeft(state, now))),
    reserve: reserveOf(state, reservePercent),
    windowSeconds: rateWindowSeconds,
    seenAt: new Date(rateSeenAt).toISOString(),
  };
}
