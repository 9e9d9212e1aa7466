import fc from 'fast-check';
import { expect, test } from 'vitest';
import { boundedWait, guessWait, LONGEST_WAIT_MS, readRetryAfter } from '../../src/lib/read-wait.ts';

const NOW = new Date('2026-01-31T12:00:00Z');

test.each([
  ['17', 17_000],
  [' 17 ', 17_000],
  ['0', 1000],
  ['9'.repeat(400), LONGEST_WAIT_MS],
  ['Sat, 31 Jan 2026 12:02:00 GMT', 120_000],
  ['Sat, 31 Jan 2026 11:00:00 GMT', 1000],
  ['Sun, 31 Dec 2999 23:59:59 GMT', LONGEST_WAIT_MS],
  ['', undefined],
  ['soon', undefined],
  ['-5', undefined],
  ['1.5', undefined],
  ['NaN', undefined],
  [null, undefined],
  [undefined, undefined],
])('Retry-After %j', (value, expected) => {
  expect(readRetryAfter(value, NOW)).toBe(expected);
});

test('a wait is a whole number of seconds from one to a day, whatever was told', () => {
  const header = fc.oneof(
    fc.string(),
    fc.double().map(String),
    fc.bigInt().map(String),
    fc.date().map((date) => (Number.isNaN(date.getTime()) ? '' : date.toUTCString())),
  );
  const isWait = (milliseconds: number): boolean =>
    milliseconds % 1000 === 0 && milliseconds >= 1000 && milliseconds <= LONGEST_WAIT_MS;
  fc.assert(fc.property(header, (text) => isWait(readRetryAfter(text, NOW) ?? 1000)));
  fc.assert(fc.property(fc.double({ noNaN: true }), (seconds) => isWait(boundedWait(seconds))));
  fc.assert(fc.property(fc.integer(), (repeats) => isWait(guessWait(repeats))));
});
