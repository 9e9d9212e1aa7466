import { describe, expect, test } from 'vitest';
import { emptyLimitState, type LimitState } from '../../../src/lib/azure/limit-state.ts';
import { viewLimits } from '../../../src/lib/azure/view-limits.ts';

const NOW = Date.parse('2026-05-01T12:00:00Z');
const view = (changes: Partial<LimitState>, now = NOW) =>
  viewLimits({ ...emptyLimitState('edr'), ...changes }, { concurrency: 4, reservePercent: 20 }, now);
const BUDGET = { rateLimit: 300, rateRemaining: 10, rateWindowSeconds: 3600, rateSeenAt: NOW };

describe('a view of the limits', () => {
  test('says nothing of a budget that the vendor has not told', () => {
    expect(view({})).toEqual({
      api: 'edr',
      permits: 4,
      inUse: 0,
      pausedUntil: null,
      pauseReason: null,
      pausedSince: null,
      outages: [],
      budget: null,
    });
  });

  test('counts calls that come free as the window rolls, up to the limit', () => {
    expect(view(BUDGET).budget).toEqual({
      limit: 300,
      left: 10,
      reserve: 60,
      windowSeconds: 3600,
      seenAt: '2026-05-01T12:00:00.000Z',
    });
    expect(view(BUDGET, NOW + 24_000).budget?.left).toBe(12);
    expect(view(BUDGET, NOW + 7_200_000).budget?.left).toBe(300);
  });

  test('shows permits that are held, and the vendor’s own limit where it is lower', () => {
    const leases = [
      { id: 'a', owner: 'one', until: NOW + 1 },
      { id: 'b', owner: 'dead', until: NOW },
    ];
    expect(view({ leases, concurrencyLimit: 2 })).toMatchObject({ permits: 2, inUse: 1 });
  });

  test('shows a pause until it is over', () => {
    const paused = { pausedUntil: NOW + 1000, pauseMs: 61_000, pauseReason: 'code 1965' };
    expect(view(paused)).toMatchObject({
      pausedUntil: '2026-05-01T12:00:01.000Z',
      pausedSince: '2026-05-01T11:59:00.000Z',
      pauseReason: 'code 1965',
    });
    expect(view(paused, NOW + 1000)).toMatchObject({ pausedUntil: null, pauseReason: null });
  });
});
