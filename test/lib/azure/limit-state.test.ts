import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emptyLimitState, learn, permitCount, waitFor, type LimitState } from '../../../src/lib/azure/limit-state.ts';

const NOW = Date.parse('2026-05-01T12:00:00Z');
const state = (changes: Partial<LimitState> = {}): LimitState => ({ ...emptyLimitState('edr'), ...changes });
/** 300 calls an hour: one comes free every 12 s. */
const budget = (rateRemaining: number): LimitState =>
  state({ rateLimit: 300, rateRemaining, rateWindowSeconds: 3600, rateSeenAt: NOW });

describe('permits', () => {
  test('are as many as the setting says, or fewer where the vendor allows fewer', () => {
    expect(permitCount(state(), 4)).toBe(4);
    expect(permitCount(state({ concurrencyLimit: 2 }), 4)).toBe(2);
    expect(permitCount(state({ concurrencyLimit: 10 }), 4)).toBe(4);
  });
});

describe('a pause', () => {
  test('holds for everybody until its end, with its reason', () => {
    const paused = state({ pausedUntil: NOW + 5000, pauseReason: '1965' });
    expect(waitFor(paused, 'live', 20, NOW)).toEqual({ ms: 5000, why: '1965' });
    expect(waitFor(paused, 'live', 20, NOW + 5000)).toEqual({ ms: 0, why: '' });
  });
});

describe('the call budget', () => {
  test('stops backfills and enrichment at the reserve and live windows at nothing', () => {
    expect(waitFor(budget(61), 'backfill', 20, NOW).ms).toBe(0);
    expect(waitFor(budget(60), 'backfill', 20, NOW).ms).toBe(12_000);
    expect(waitFor(budget(60), 'enrichment', 20, NOW).ms).toBe(12_000);
    expect(waitFor(budget(60), 'live', 20, NOW).ms).toBe(0);
    expect(waitFor(budget(1), 'live', 20, NOW).ms).toBe(0);
    expect(waitFor(budget(0), 'live', 20, NOW)).toEqual({
      ms: 12_000,
      why: 'the call budget is spent (0 of 300 calls left)',
    });
  });

  test('comes back with time, as the vendor’s window rolls', () => {
    expect(waitFor(budget(0), 'live', 20, NOW + 11_999).ms).toBeGreaterThan(0);
    expect(waitFor(budget(0), 'live', 20, NOW + 12_000).ms).toBe(0);
    expect(waitFor(budget(0), 'backfill', 20, NOW).ms).toBe(61 * 12_000);
  });

  test('that is unknown stops nobody', () => {
    expect(waitFor(state(), 'backfill', 90, NOW).ms).toBe(0);
  });

  test('lets a caller go on once it has waited as told', () => {
    const rates = fc.record({
      rateLimit: fc.integer({ min: 1, max: 100_000 }),
      rateRemaining: fc.integer({ min: 0, max: 100_000 }),
      rateWindowSeconds: fc.integer({ min: 1, max: 86_400 }),
    });
    const priority = fc.constantFrom('live' as const, 'backfill' as const);
    fc.assert(
      fc.property(rates, priority, fc.integer({ min: 0, max: 90 }), (rate, who, reserve) => {
        const limits = state({ ...rate, rateSeenAt: NOW });
        const { ms } = waitFor(limits, who, reserve, NOW);
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(waitFor(limits, who, reserve, NOW + ms + 1).ms).toBe(0);
      }),
    );
  });
});

describe('what the headers tell', () => {
  test('is learnt: the limit of calls at once and the budget', () => {
    const learnt = learn(
      state(),
      { concurrencyLimit: 3, rateLimit: 300, rateRemaining: 299, rateWindowSeconds: 3600 },
      NOW,
    );
    expect(learnt).toMatchObject({ concurrencyLimit: 3, rateLimit: 300, rateRemaining: 299, rateSeenAt: NOW });
  });

  test('changes nothing where it is nothing new, or no answer to the question', () => {
    const known = state({ concurrencyLimit: 2 });
    expect(learn(known, {}, NOW)).toBe(known);
    expect(learn(known, { concurrencyLimit: 2 }, NOW)).toBe(known);
    expect(learn(known, { concurrencyLimit: 0, rateLimit: 0, rateRemaining: 0, rateWindowSeconds: 0 }, NOW)).toBe(
      known,
    );
    expect(learn(known, { rateLimit: 300, rateRemaining: 5 }, NOW)).toBe(known);
  });
});
