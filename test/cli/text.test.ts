import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { printable, span, table } from '../../cli/text.ts';

describe('text from elsewhere', () => {
  test('cannot move the cursor, change colours or turn the reading direction', () => {
    expect(printable('\u001b[31mred\r\n\u009b2J\u202eabc')).toBe('\\x1b[31mred\\x0d\\x0a\\x9b2J\\u202eabc');
  });

  test('holds no control character, whatever came, and other text stays as it is', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !/\p{Cc}/u.test(printable(text))));
    expect(printable('Größe 字 👍')).toBe('Größe 字 👍');
  });
});

describe('a span', () => {
  test.for([
    [0, '0s'],
    [0.4, '0s'],
    [59, '59s'],
    [60, '1m'],
    [61, '1m 1s'],
    [3600, '1h'],
    [3905, '1h 5m'],
    [86_399, '23h 59m'],
    [90_000, '1d 1h'],
    [86_400, '1d'],
    [-5, '0s'],
  ] as const)('of %d seconds is %s', ([seconds, text]) => {
    expect(span(seconds)).toBe(text);
  });
});

test('a table aligns its columns and lets no cell break a line', () => {
  expect(
    table(
      ['A', 'LONG', 'C'],
      [
        ['wide cell', '1', 'x\ny'],
        ['b', '22', ''],
      ],
    ),
  ).toEqual(['A          LONG  C', 'wide cell  1     x\\x0ay', 'b          22']);
});
