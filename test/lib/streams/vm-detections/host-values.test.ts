import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toIntText, toUtcTime } from '../../../../src/lib/streams/vm-detections/host-values.ts';

describe('a vendor time', () => {
  test.each([
    ['2026-03-01T12:34:56Z', '2026-03-01T12:34:56Z'],
    ['2026-03-01T12:34:56.1234567Z', '2026-03-01T12:34:56.1234567Z'],
    ['2026-03-01', '2026-03-01T00:00:00Z'],
    ['2026-03-01 12:34:56', '2026-03-01T12:34:56Z'],
    ['2026-03-01T00:30:00+0100', '2026-02-28T23:30:00Z'],
    ['2024-02-29T00:00:00.5-14:00', '2024-02-29T14:00:00.5Z'],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
  ])('%s is %s', (text, utc) => {
    expect(toUtcTime(text)).toBe(utc);
  });

  test.each([
    ...[
      '',
      ' ',
      'never',
      '2026',
      '2026-13-01',
      '2026-02-29',
      '1900-02-29T00:00:00Z',
      '2026-04-31',
      '2026-00-10',
      '2026-01-00',
    ],
    ...['0000-01-01T00:00:00Z', '0001-01-01T00:00:00+01:00', '9999-12-31T23:59:59-01:00', '2026-03-01T24:00:00Z'],
    ...['2026-03-01T12:60:00Z', '2026-03-01T12:00:60Z', '2026-03-01T12:00:00+15:00', '10000-01-01T00:00:00Z', '1e3'],
  ])('%j is none', (text) => {
    expect(toUtcTime(text)).toBeUndefined();
  });

  test('is taken as it is for every instant of the table', () => {
    const range = { min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true };
    fc.assert(
      fc.property(fc.date(range), (date) => {
        const text = date.toISOString();
        expect(toUtcTime(text)).toBe(text);
      }),
    );
  });
});

describe('a count', () => {
  test('is an integer of 32 bits', () => {
    expect(['0', '007', '-5', '2147483647'].map(toIntText)).toEqual(['0', '7', '-5', '2147483647']);
    expect(['', '1.5', '2147483648', '1e3', ' 1', 'x'].map(toIntText)).toEqual(
      Array.from({ length: 6 }, () => undefined),
    );
  });
});
