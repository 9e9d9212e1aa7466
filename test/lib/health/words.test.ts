import { expect, test } from 'vitest';
import { at, counted, lasting, sentences } from '../../../src/lib/health/words.ts';

test('counts one, none and thousands', () => {
  expect([0, 1, 2000].map((count) => counted(count, 'window'))).toEqual(['0 windows', '1 window', '2,000 windows']);
});

test('says how long in two units at most, and never a time below zero', () => {
  const said = [-5, 0, 59.4, 59.5, 3599, 3600, 8880, 86_399, 86_400, 273_600].map(lasting);
  expect(said).toEqual(['0 s', '0 s', '59 s', '1 min', '59 min', '1 h', '2 h 28 min', '23 h 59 min', '1 d', '3 d 4 h']);
});

test('names the day of another day, seconds where it is soon, and does not stumble over what is no time', () => {
  const now = Date.parse('2026-05-01T12:34:00Z');
  expect(at('2026-05-01T02:03:04Z', now)).toBe('02:03 UTC');
  expect(at('2026-04-30T23:59:00Z', now)).toBe('2026-04-30 23:59 UTC');
  expect(at('2026-05-01T12:35:59.5Z', now)).toBe('12:35:59 UTC');
  expect(at('2026-05-01T12:36:00Z', now)).toBe('12:36 UTC');
  expect(at('2026-05-01T12:33:46Z', now)).toBe('12:33 UTC');
  expect(at('soon', now)).toBe('an unknown time');
});

test('gives each sentence its stop, and leaves out what is not there', () => {
  expect(sentences('one', null, ' two. ', undefined, '  ', 'why?', 'go!', 'and…', 'e.g. this')).toBe(
    'one. two. why? go! and… e.g. this.',
  );
});
