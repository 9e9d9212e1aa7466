import type { LimitView } from '../pipeline/ports.ts';
import { alive, callsLeft, permitCount, type LimitState } from './limit-state.ts';

/** Shows the limits of an API; `concurrency` is the setting of calls at once, `now` in epoch milliseconds. */
export function viewLimits(state: LimitState, concurrency: number, now: number): LimitView {
  const isPaused = state.pausedUntil > now;
  return {
    api: state.api,
    permits: permitCount(state, concurrency),
    inUse: alive(state.leases, now).length,
    pausedUntil: isPaused ? new Date(state.pausedUntil).toISOString() : null,
    pauseReason: isPaused ? state.pauseReason : null,
    budget: viewBudget(state, now),
  };
}

function viewBudget(state: LimitState, now: number): LimitView['budget'] {
  const { rateLimit, rateWindowSeconds, rateSeenAt } = state;
  if (rateLimit === 0 || rateWindowSeconds === 0) return null;
  return {
    limit: rateLimit,
    left: Math.max(0, Math.min(rateLimit, callsLeft(state, now))),
    windowSeconds: rateWindowSeconds,
    seenAt: new Date(rateSeenAt).toISOString(),
  };
}
