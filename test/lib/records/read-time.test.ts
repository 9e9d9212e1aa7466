import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isPlausible, readTime } from '../../../src/lib/records/read-time.ts';

/** Reads a time between quotes, as it stands in a record. */
function read(text: string): string | undefined {
  const time = readTime(text);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

describe('a time', () => {
  test.each([
    ['2020-08-17T04:15:06.000+0000', '2020-08-17T04:15:06.000Z'],
    ['2020-08-17T04:15:06.789+00:00', '2020-08-17T04:15:06.789Z'],
    ['2020-08-17T04:15:06Z', '2020-08-17T04:15:06.000Z'],
    ['2020-08-17T04:15:06.7Z', '2020-08-17T04:15:06.700Z'],
    ['2020-08-17T04:15:06.7899999Z', '2020-08-17T04:15:06.789Z'],
    ['2020-08-17T04:15:06', '2020-08-17T04:15:06.000Z'],
    ['2020-08-17 04:15', '2020-08-17T04:15:00.000Z'],
    ['2020-08-17', '2020-08-17T00:00:00.000Z'],
    ['2020-08-17T04:15:06.000+0530', '2020-08-16T22:45:06.000Z'],
    ['2020-08-17T04:15:06.000-03:30', '2020-08-17T07:45:06.000Z'],
    ['2020-08-17T04:15:06+02', '2020-08-17T02:15:06.000Z'],
    ['2020-02-29T00:00:00Z', '2020-02-29T00:00:00.000Z'],
    ['1597637706000', '2020-08-17T04:15:06.000Z'],
    ['-1000', '1969-12-31T23:59:59.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ])('is read: %s', (text, expected) => expect(read(text)).toBe(expected));

  test.each([
    '',
    'soon',
    '1970-01-01T00:00:00.000+0000',
    '0',
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00+0100',
    '9999-12-31T23:59:59-0100',
    '10000-01-01T00:00:00Z',
    '2021-02-29T00:00:00Z',
    '2020-13-01T00:00:00Z',
    '2020-00-01T00:00:00Z',
    '2020-01-00T00:00:00Z',
    '2020-01-32T00:00:00Z',
    '2020-01-01T24:00:00Z',
    '2020-01-01T00:60:00Z',
    '2020-01-01T00:00:60Z',
    '2020-01-01T00:00:00.Z',
    '2020-01-01T00:00:00.5X',
    '2020-01-01T00:00:00+1',
    '2020-01-01T00:00:00+00000',
    '2020-01-01T00:00:00Zx',
    '2020-1-1',
    '2020-01-01T',
    '2020-01-01T0',
    '12a4',
    '1234567890123456',
    '１９７１-01-01',
  ])('is unreadable: %j', (text) => expect(read(text)).toBeUndefined());

  test('is the one that Date reads', () => {
    const times = fc.date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true });
    fc.assert(
      fc.property(times, fc.integer({ min: -720, max: 720 }), (time, offset) => {
        fc.pre(time.getTime() !== 0);
        const minutes = Math.abs(offset);
        const zone = `${offset < 0 ? '-' : '+'}${String(Math.floor(minutes / 60)).padStart(2, '0')}${String(minutes % 60).padStart(2, '0')}`;
        const local = new Date(time.getTime() + offset * 60_000).toISOString().replace('Z', zone);
        fc.pre(local.length === 28);
        expect(read(local)).toBe(time.toISOString());
        expect(read(String(time.getTime()))).toBe(Math.abs(time.getTime()) < 1e15 ? time.toISOString() : undefined);
      }),
    );
  });
});

test.each([
  ['1970-06-01', false],
  ['1971-01-01', true],
  ['2026-01-01', true],
  ['9998-12-31', true],
  ['9999-01-01', false],
])('%s may be the time of an event: %s', (day, expected) => expect(isPlausible(Date.parse(day))).toBe(expected));
