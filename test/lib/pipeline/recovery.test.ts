import { describe, expect, test } from 'vitest';
import { ConfigError, FatalError, RetryableError, WaitError } from '../../../src/lib/errors.ts';
import { MAX_ATTEMPTS, MAX_BACKFILL_ATTEMPTS, recoverFrom } from '../../../src/lib/pipeline/recovery.ts';

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
      expect(recovery).toMatchObject({ state: 'failed', attempts: 61, delayMs: 3_600_000, requeue: false });
    }
    expect(recoverFrom(new ConfigError('401'), { attempts: 60, run: 'live' }).delayMs).toBe(900_000);
  });

  test('fails visibly after a few tries in a row', () => {
    const error = new RetryableError('503', { scope: 'route' });
    expect(recoverFrom(error, { attempts: MAX_ATTEMPTS - 2, run: 'live' }).state).toBe('planned');
    expect(recoverFrom(error, { attempts: MAX_ATTEMPTS - 1, run: 'live' }).state).toBe('failed');
  });
});
