import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  alive,
  boundTimes,
  callsLeft,
  emptyLimitState,
  learn,
  pauseFor,
  permitCount,
  reserveOf,
  waitFor,
  type LimitState,
} from '../../../src/lib/azure/limit-state.ts';

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

describe('pauses one after the other', () => {
  const DAY_MS = 86_400_000;

  test('hold until the latest end that any of them asked for, with its reason', () => {
    const long = pauseFor(state(), 3_600_000, '1965', NOW);
    expect(pauseFor(long, 30_000, '1960', NOW + 1000)).toBe(long);
    const longer = pauseFor(long, 3_600_000, '503', NOW + 1000);
    expect(longer).toMatchObject({ pausedUntil: NOW + 3_601_000, pauseMs: 3_600_000, pauseReason: '503' });
    const pause = fc.record({ afterMs: fc.nat(DAY_MS), milliseconds: fc.nat(2 * DAY_MS) });
    fc.assert(
      fc.property(fc.array(pause, { minLength: 1 }), (pauses) => {
        let [now, latest, limits] = [NOW, 0, state()];
        for (const { afterMs, milliseconds } of pauses) {
          now += afterMs;
          latest = Math.max(latest, now + Math.min(milliseconds, DAY_MS));
          limits = pauseFor(boundTimes(limits, now), milliseconds, 'why', now);
          expect(limits.pausedUntil).toBe(latest);
        }
      }),
    );
  });
});

describe('times that no clock in step can have set', () => {
  const DAY_MS = 86_400_000;
  const wrong = state({
    ...budget(0),
    pausedUntil: NOW + 7 * DAY_MS,
    pauseMs: 60_000,
    rateSeenAt: NOW + 7 * DAY_MS,
    liveWaitsUntil: NOW + 7 * DAY_MS,
    waiterUntil: NOW + 7 * DAY_MS,
    leases: [{ id: 'a', owner: 'ahead', until: NOW + 7 * DAY_MS }],
  });

  test('are put right: a pause lasts as long as was asked for, a budget comes back, permits come free', () => {
    const bounded = boundTimes(wrong, NOW);
    expect(waitFor(bounded, 'live', 20, NOW).ms).toBe(60_000);
    expect(waitFor({ ...bounded, pausedUntil: 0 }, 'live', 20, NOW).ms).toBe(12_000);
    expect(waitFor({ ...bounded, pausedUntil: 0 }, 'live', 20, NOW + 12_000).ms).toBe(0);
    expect(bounded.liveWaitsUntil - NOW).toBeLessThanOrEqual(120_000);
    expect(bounded.waiterUntil - NOW).toBeLessThanOrEqual(120_000);
    expect(bounded.leases[0]!.until - NOW).toBeLessThanOrEqual(120_000);
    expect(boundTimes(bounded, NOW + 1000)).toBe(bounded);
  });

  test('are never more than a day ahead, whatever is stored', () => {
    const stored = { pausedUntil: 1e300, pauseMs: 1e300, rateWindowSeconds: 1e300, rateSeenAt: 1e300 };
    const bounded = boundTimes({ ...wrong, ...stored, rateLimit: 1 }, NOW);
    expect(waitFor(bounded, 'live', 20, NOW).ms).toBe(DAY_MS);
    expect(waitFor({ ...bounded, pausedUntil: 0 }, 'live', 20, NOW).ms).toBe(DAY_MS);
    const told = learn(state(), { rateLimit: 1, rateRemaining: 0, rateWindowSeconds: 1e12 }, NOW);
    expect(waitFor(told, 'live', 20, NOW).ms).toBe(DAY_MS);
  });

  test('are not those a second or two ahead: clocks are in step no better', () => {
    const near = pauseFor({ ...budget(0), rateSeenAt: NOW + 2000 }, 60_000, 'why', NOW + 2000);
    expect(boundTimes(near, NOW)).toBe(near);
    expect(waitFor({ ...near, pausedUntil: 0 }, 'live', 20, NOW).ms).toBe(12_000);
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

describe('bounds', () => {
  test('a permit is lost at its end, not after it', () => {
    const leases = [1, 0, -1].map((ms) => ({ id: String(ms), owner: 'o', until: NOW + ms }));
    expect(alive(leases, NOW).map(({ id }) => id)).toEqual(['1']);
  });

  test('a pause is told with no more words than a line can hold, and one that ends at the same time is the old one', () => {
    const paused = pauseFor(state(), 1000, 'x'.repeat(600), NOW);
    expect(paused.pauseReason).toHaveLength(500);
    expect(pauseFor(paused, 1000, 'again', NOW)).toBe(paused);
  });

  test('a time is put right once it is more than five seconds further ahead than it can be', () => {
    const until = (ahead: number) => boundTimes(state({ liveWaitsUntil: NOW + ahead }), NOW).liveWaitsUntil - NOW;
    expect([until(125_000), until(125_001)]).toEqual([125_000, 120_000]);
    const seen = (ahead: number) => boundTimes(state({ rateSeenAt: NOW + ahead }), NOW).rateSeenAt - NOW;
    expect([seen(5000), seen(5001)]).toEqual([5000, 0]);
    const leases = [{ id: 'a', owner: 'o', until: NOW + 125_001 }];
    expect(boundTimes(state({ leases }), NOW).leases).toEqual([{ id: 'a', owner: 'o', until: NOW + 120_000 }]);
    expect(boundTimes(state({ waiterUntil: NOW + 125_001 }), NOW).waiterUntil).toBe(NOW + 120_000);
  });

  test('a budget needs its length, counts whole calls and none that come from the future', () => {
    const free = { ms: 0, why: '' };
    expect(waitFor(state({ rateLimit: 300, rateSeenAt: NOW }), 'live', 20, NOW)).toEqual(free);
    expect(waitFor(state({ rateWindowSeconds: 3600, rateSeenAt: NOW }), 'live', 20, NOW)).toEqual(free);
    expect(waitFor(budget(1), 'live', 20, NOW)).toEqual(free);
    expect(reserveOf(state({ rateLimit: 7 }), 20)).toBe(1);
    expect([-60_000, 0, 11_999, 12_000].map((ms) => callsLeft(budget(5), NOW + ms))).toEqual([5, 5, 5, 6]);
  });

  test('headers tell a budget only with all its figures', () => {
    const whole = { rateLimit: 300, rateRemaining: 5, rateWindowSeconds: 3600 };
    for (const name of ['rateLimit', 'rateRemaining', 'rateWindowSeconds'] as const) {
      const { [name]: _, ...part } = whole;
      const known = state();
      expect(learn(known, part, NOW)).toBe(known);
    }
    expect(learn(state(), { ...whole, rateRemaining: 0 }, NOW)).toMatchObject({ rateLimit: 300, rateRemaining: 0 });
  });
});
