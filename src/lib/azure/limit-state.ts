import { isDeepStrictEqual } from 'node:util';
import type { ApiName } from '../pipeline/stream.ts';
import type { LimitHeaders, Priority } from '../pipeline/ports.ts';
import { LONGEST_WAIT_MS } from '../read-wait.ts';
import type { Outage } from './outage.ts';

/** The right to make one call at a time, held by one process. */
export interface Lease {
  readonly id: string;
  /** Process that holds it. */
  readonly owner: string;
  /** Epoch milliseconds; a dead process loses it then. */
  readonly until: number;
}

/** What all instances know of one API's limits. Times are epoch milliseconds, by the clock of the storage service. */
export interface LimitState {
  readonly api: ApiName;
  readonly leases: readonly Lease[];
  /** Calls wait until then. */
  readonly pausedUntil: number;
  /** How long that was when it was asked for, in milliseconds. */
  readonly pauseMs: number;
  readonly pauseReason: string;
  /** The vendor's own limit of calls at once, when it has told one; 0 when not. */
  readonly concurrencyLimit: number;
  /** Calls a window, calls left and length of the window, as last seen; 0 limit when unknown. */
  readonly rateLimit: number;
  readonly rateRemaining: number;
  readonly rateWindowSeconds: number;
  readonly rateSeenAt: number;
  /** A live window waits for a permit until about then: backfills let it go first. */
  readonly liveWaitsUntil: number;
  /** Process that waits for a permit, and until about when: others hand one over. */
  readonly waiter: string;
  readonly waiterUntil: number;
  /** Routes that do not answer; absent when all do. */
  readonly outage?: Outage | undefined;
}

/** Times of two instances differ by less: each is known to a second or two. */
const TOLERANCE_MS = 5000;
/** Nobody holds a permit or waits for one for so long without saying so again. */
const LONGEST_HOLD_MS = 120_000;

/** A state in which nothing is known and nobody calls. */
export function emptyLimitState(api: ApiName): LimitState {
  return {
    api,
    leases: [],
    pausedUntil: 0,
    pauseMs: LONGEST_WAIT_MS,
    pauseReason: '',
    concurrencyLimit: 0,
    rateLimit: 0,
    rateRemaining: 0,
    rateWindowSeconds: 0,
    rateSeenAt: 0,
    liveWaitsUntil: 0,
    waiter: '',
    waiterUntil: 0,
  };
}

/** Calls allowed at once: the setting, or the vendor's own limit when it is lower. */
export function permitCount(state: LimitState, setting: number): number {
  return state.concurrencyLimit > 0 ? Math.min(setting, state.concurrencyLimit) : setting;
}

/**
 * How long a caller must stay away, in milliseconds; 0 when it may go on. Where no pause holds, it goes by the vendor's hourly budget: live
 * windows stop when nothing is left, the others when the reserve is reached. The window rolls, so one call comes free about every
 * window ÷ limit.
 */
export function waitFor(
  state: LimitState,
  priority: Priority,
  reservePercent: number,
  now: number,
): { ms: number; why: string } {
  if (state.pausedUntil > now) return { ms: state.pausedUntil - now, why: state.pauseReason };
  if (state.rateLimit === 0 || state.rateWindowSeconds === 0) return { ms: 0, why: '' };
  const floor = priority === 'live' ? 0 : reserveOf(state, reservePercent);
  const left = callsLeft(state, now) - floor;
  if (left > 0) return { ms: 0, why: '' };
  return {
    ms: Math.ceil(perCallMs(state) * (1 - left)),
    why: `the call budget is spent (${state.rateRemaining} of ${state.rateLimit} calls left)`,
  };
}

/** Calls of the budget that are left to the live windows. */
export function reserveOf({ rateLimit }: LimitState, reservePercent: number): number {
  return Math.floor((rateLimit * reservePercent) / 100);
}

function perCallMs({ rateWindowSeconds, rateLimit }: LimitState): number {
  return (rateWindowSeconds * 1000) / rateLimit;
}

/** Calls left of the budget: what the vendor told last, and what has come free since. May exceed the limit. */
export function callsLeft(state: LimitState, now: number): number {
  const sinceMs = Math.max(0, now - state.rateSeenAt);
  return state.rateRemaining + Math.floor(sinceMs / perCallMs(state));
}

/** The state after an answer's headers; the same object when they tell nothing new. */
export function learn(state: LimitState, headers: LimitHeaders, now: number): LimitState {
  let next = state;
  const { concurrencyLimit, rateLimit, rateRemaining, rateWindowSeconds } = headers;
  if (concurrencyLimit !== undefined && concurrencyLimit > 0 && concurrencyLimit !== state.concurrencyLimit) {
    next = { ...next, concurrencyLimit };
  }
  // A concurrency block comes with rate figures of 0: they say nothing.
  if (rateLimit !== undefined && rateLimit > 0 && rateRemaining !== undefined && rateWindowSeconds !== undefined) {
    next = { ...next, rateLimit, rateRemaining, rateWindowSeconds: boundWindow(rateWindowSeconds), rateSeenAt: now };
  }
  return next;
}

/**
 * The state with its times as far ahead as they can be: a pause ends within its own length from now, a budget was seen by now. Whatever lies
 * beyond was set by a clock that went wrong. The same object when nothing does.
 */
export function boundTimes(state: LimitState, now: number): LimitState {
  const most = (time: number, aheadMs: number): number => (time > now + aheadMs + TOLERANCE_MS ? now + aheadMs : time);
  const leases = state.leases.map((lease) => ({ ...lease, until: most(lease.until, LONGEST_HOLD_MS) }));
  const bounded: LimitState = {
    ...state,
    leases,
    pausedUntil: most(state.pausedUntil, Math.min(state.pauseMs, LONGEST_WAIT_MS)),
    rateSeenAt: most(state.rateSeenAt, 0),
    rateWindowSeconds: boundWindow(state.rateWindowSeconds),
    liveWaitsUntil: most(state.liveWaitsUntil, LONGEST_HOLD_MS),
    waiterUntil: most(state.waiterUntil, LONGEST_HOLD_MS),
  };
  return isDeepStrictEqual(bounded, state) ? state : bounded;
}

/** The state with a pause from now on; the same object where a longer one holds. */
export function pauseFor(state: LimitState, milliseconds: number, reason: string, now: number): LimitState {
  const pauseMs = Math.min(milliseconds, LONGEST_WAIT_MS);
  const pausedUntil = now + pauseMs;
  return pausedUntil > state.pausedUntil
    ? { ...state, pausedUntil, pauseMs, pauseReason: reason.slice(0, 500) }
    : state;
}

function boundWindow(seconds: number): number {
  return Math.min(seconds, LONGEST_WAIT_MS / 1000);
}

/** Leases that nobody has lost yet. */
export function alive(leases: readonly Lease[], now: number): Lease[] {
  return leases.filter(({ until }) => until > now);
}
