import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createStorageClock, skewOf } from '../../../src/lib/azure/storage-clock.ts';
import { testStorage } from '../../support/storage.ts';

const NOW = Date.parse('2026-05-01T12:00:00Z');

test('the clock of the storage is the one of its answers', async () => {
  const storage = await testStorage();
  const before = Date.now();
  const time = await createStorageClock(storage)();
  // It tells whole seconds.
  expect(time?.getTime()).toBeGreaterThan(before - 1001);
  expect(time?.getTime()).toBeLessThanOrEqual(Date.now());
});

describe('the skew of our clock', () => {
  test('is none where the clocks are in step, however long the answer takes', () => {
    const request = fc.record({ takesMs: fc.nat(600_000), part: fc.double({ min: 0, max: 1, noNaN: true }) });
    fc.assert(
      fc.property(request, ({ takesMs, part }) => {
        const told = new Date(Math.floor((NOW + takesMs * part) / 1000) * 1000);
        expect(skewOf(told, NOW, NOW + takesMs)).toBe(0);
      }),
    );
  });

  test('is found to a second and the time of the request', () => {
    const figures = fc.record({
      skewMs: fc.oneof(fc.integer({ min: 5000, max: 1e9 }), fc.integer({ min: -1e9, max: -5000 })),
      takesMs: fc.nat(2000),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(figures, ({ skewMs, takesMs, part }) => {
        const told = new Date(Math.floor((NOW + skewMs + takesMs * part) / 1000) * 1000);
        expect(Math.abs(skewOf(told, NOW, NOW + takesMs) - skewMs)).toBeLessThanOrEqual(takesMs + 1000);
      }),
    );
  });

  test('is none where the storage tells no time', () => {
    expect(skewOf(undefined, NOW, NOW)).toBe(0);
  });
});
