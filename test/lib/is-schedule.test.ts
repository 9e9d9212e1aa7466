import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSchedule } from '../../dev/host/schedule.ts';
import { isSchedule } from '../../src/lib/is-schedule.ts';

describe('a text', () => {
  test.for([
    '* * * * * *',
    '0 */5 * * * *',
    ' 0  30 9-11/2 * * 1-5 ',
    '5,50 0 0 1 jan *',
    '0 0 0 13 * Fri',
    '0 10/25 * * * *',
    '59 59 23 31 12 6',
    '0 0 0 1 JAN-mar/2,12 sun-sat',
  ])('is a schedule: %j', (text) => {
    expect(isSchedule(text)).toBe(true);
    expect(() => parseSchedule(text, 't')).not.toThrow();
  });

  test.for([
    '',
    '* * * * *',
    '* * * * * * *',
    '60 * * * * *',
    '* 60 * * * *',
    '* * 24 * * *',
    '* * * 0 * *',
    '* * * 32 * *',
    '* * * * 0 *',
    '* * * * 13 *',
    '* * * * * 7',
    '* * * * fri *',
    '* * * * * jan',
    '* 5-1 * * * *',
    '* 1-2-3 * * * *',
    '* -1 * * * *',
    '* 1- * * * *',
    '* */0 * * * *',
    '* */60 * * * *',
    '* */2/3 * * * *',
    '* / * * * *',
    '* , * * * *',
    '* 1,,2 * * * *',
    '* ** * * * *',
    '* * * ? * *',
    '* * * L * *',
    '@daily',
    '1e1 * * * * *',
    '１ * * * * *',
  ])('is none: %j', (text) => {
    expect(isSchedule(text)).toBe(false);
  });

  test('that is a schedule is one that the local host reads', () => {
    const limits = [
      [0, 59],
      [0, 59],
      [0, 23],
      [1, 31],
      [1, 12],
      [0, 6],
    ] as const;
    const field = ([from, to]: readonly [number, number]) => {
      const value = fc.integer({ min: from, max: to });
      const range = fc.tuple(value, value).map(([one, two]) => `${Math.min(one, two)}-${Math.max(one, two)}`);
      const step = fc.option(fc.integer({ min: 1, max: to }), { nil: undefined });
      const part = fc
        .tuple(fc.oneof(fc.constant('*'), value.map(String), range), step)
        .map(([values, steps]) => (steps === undefined ? values : `${values}/${steps}`));
      return fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(','));
    };
    fc.assert(
      fc.property(fc.tuple(...limits.map(field)), (fields) => {
        expect(isSchedule(fields.join(' '))).toBe(true);
        expect(() => parseSchedule(fields.join(' '), 't')).not.toThrow();
      }),
    );
  });
});
