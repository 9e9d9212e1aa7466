import { describe, expect, test } from 'vitest';
import { AccountError, ConfigError, FatalError, RetryableError, WaitError } from '../../../src/lib/errors.ts';
import { hasGivenUp, MAX_ATTEMPTS, MAX_BACKFILL_ATTEMPTS, recoverFrom } from '../../../src/lib/pipeline/recovery.ts';

/** How many failures in a row a window counts after so many. */
function attemptsAfter(tries: number, error: Error, run: string): number {
  let attempts = 0;
  for (let n = 0; n < tries; n++) ({ attempts } = recoverFrom(error, { attempts, run }));
  return attempts;
}

describe('a window of a backfill', () => {
  test('is given up after ten faults of what it reads, and at once when it is refused', () => {
    for (const scope of ['answer', 'timeout'] as const) {
      expect(attemptsAfter(12, new RetryableError('cut', { scope }), 'a-backfill')).toBeGreaterThanOrEqual(
        MAX_BACKFILL_ATTEMPTS,
      );
    }
    expect(attemptsAfter(1, new FatalError('1905'), 'a-backfill')).toBe(MAX_BACKFILL_ATTEMPTS);
  });

  test('has been given up where it has failed so often; no live one ever has', () => {
    const given = { run: 'a-backfill', state: 'failed', attempts: MAX_BACKFILL_ATTEMPTS } as const;
    expect(hasGivenUp(given)).toBe(true);
    for (const other of [{ run: 'live' }, { state: 'planned' }, { attempts: MAX_BACKFILL_ATTEMPTS - 1 }] as const) {
      expect(hasGivenUp({ ...given, ...other })).toBe(false);
    }
  });

  test('is not given up for an outage, however long: it is tried again for as long as that takes', () => {
    for (const scope of ['route', 'storage'] as const) {
      const outage = new RetryableError('503', { scope });
      expect(attemptsAfter(100, outage, 'a-backfill')).toBeLessThan(MAX_BACKFILL_ATTEMPTS);
      expect(recoverFrom(outage, { attempts: 9, run: 'a-backfill' })).toMatchObject({
        state: 'failed',
        lastError: '503',
      });
    }
    expect(attemptsAfter(100, new WaitError('1965', 1000), 'a-backfill')).toBe(0);
  });
});

describe('a live window', () => {
  test('is tried again at growing intervals up to an hour, whatever is wrong', () => {
    for (const error of [
      new RetryableError('503', { scope: 'route' }),
      new RetryableError('cut'),
      new FatalError('1905'),
    ]) {
      const recovery = recoverFrom(error, { attempts: 60, run: 'live' });
      expect(recovery).toMatchObject({ state: 'failed', attempts: 61, delayMs: 3_600_000 });
    }
    expect(recoverFrom(new ConfigError('401'), { attempts: 60, run: 'live' }).delayMs).toBe(900_000);
  });

  test('that is refused fails with an attempt a try', () => {
    expect(attemptsAfter(2, new FatalError('1905'), 'live')).toBe(2);
    expect(recoverFrom(new FatalError('1905'), { attempts: 0, run: 'live' })).toMatchObject({ delayMs: 300_000 });
  });

  test('that cannot go on from a cursor begins anew within seconds, once', () => {
    const refused = new FatalError('the cursor is over');
    expect(recoverFrom(refused, { attempts: 0, run: 'live' }, true)).toEqual({
      state: 'planned',
      attempts: 1,
      delayMs: 5000,
      lastError: 'the cursor is over',
    });
    expect(recoverFrom(refused, { attempts: 1, run: 'live', startedOver: true }, true).state).toBe('failed');
  });

  test('whose account is refused waits as it is told, without an attempt, for the repair', () => {
    expect(recoverFrom(new AccountError('401', 120_000), { attempts: 3, run: 'live' })).toEqual({
      state: 'planned',
      attempts: 3,
      delayMs: 120_000,
      wait: 'outage',
      lastError: '401',
      repair: 'account',
    });
  });

  test('fails visibly after a few tries in a row', () => {
    const error = new RetryableError('503', { scope: 'route' });
    expect(recoverFrom(error, { attempts: MAX_ATTEMPTS - 2, run: 'live' }).state).toBe('planned');
    const failed = (more: number) => recoverFrom(error, { attempts: MAX_ATTEMPTS - 1 + more, run: 'live' });
    expect([0, 1, 2].map((more) => failed(more).delayMs)).toEqual([60_000, 120_000, 240_000]);
    expect(failed(0).state).toBe('failed');
  });
});
