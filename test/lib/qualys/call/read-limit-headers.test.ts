import { describe, expect, test } from 'vitest';
import { readLimitHeaders } from '../../../../src/lib/qualys/call/read-limit-headers.ts';

const read = (headers: Record<string, string>) => readLimitHeaders(new Headers(headers));

describe('readLimitHeaders', () => {
  test('reads every figure', () => {
    expect(
      read({
        'X-RateLimit-Limit': '300',
        'X-RateLimit-Window-Sec': '3600',
        'X-RateLimit-Remaining': '299',
        'X-RateLimit-ToWait-Sec': '12',
        'X-Concurrency-Limit-Limit': '2',
        'X-Concurrency-Limit-Running': '1',
      }),
    ).toEqual({
      rateLimit: 300,
      rateWindowSeconds: 3600,
      rateRemaining: 299,
      toWaitSeconds: 12,
      concurrencyLimit: 2,
      concurrencyRunning: 1,
    });
  });

  test('reads the other spelling of the concurrency headers', () => {
    expect(read({ 'X-ConcurrencyLimit-Limit': '5', 'X-ConcurrencyLimit-Running': '3' })).toEqual({
      concurrencyLimit: 5,
      concurrencyRunning: 3,
    });
  });

  test('falls back to the other spelling when the first is empty', () => {
    expect(read({ 'X-Concurrency-Limit-Limit': '', 'X-ConcurrencyLimit-Limit': '5' })).toEqual({ concurrencyLimit: 5 });
  });

  test.each(['', ' ', 'abc', '-1', '1.5', '300, 300', '1e3', 'NaN', '9'.repeat(20)])('takes %j for absent', (value) => {
    expect(
      read({ 'X-RateLimit-Limit': value, 'X-RateLimit-Remaining': value, 'X-Concurrency-Limit-Limit': value }),
    ).toEqual({});
  });

  test('a limit of 0 is absent, and so is the spent budget that comes with it', () => {
    expect(
      read({
        'X-RateLimit-Limit': '0',
        'X-RateLimit-Remaining': '0',
        'X-RateLimit-ToWait-Sec': '0',
        'X-Concurrency-Limit-Limit': '0',
      }),
    ).toEqual({});
  });

  test('a spent budget of a known limit is kept', () => {
    expect(read({ 'X-RateLimit-Limit': '300', 'X-RateLimit-Remaining': '0' })).toEqual({
      rateLimit: 300,
      rateRemaining: 0,
    });
  });
});
