import { describe, expect, test } from 'vitest';
import {
  findMissing,
  offeredRanges,
  placeErrors,
  toBackfillRequest,
} from '../../src/dashboard/model/backfill-ranges.ts';
import { NOW } from './views.ts';

const offered = (watermark: string | null, now = NOW) =>
  offeredRanges(now, watermark).map(({ label, from, to }) => `${label}: ${from} ${to}`);

describe('offered ranges', () => {
  test('end at the watermark, because the app refuses what comes after it', () => {
    expect(offered('2026-05-01T12:28:59Z')).toEqual([
      'Last 24 hours: 2026-04-30T12:28 2026-05-01T12:28',
      'Last 7 days: 2026-04-24T12:28 2026-05-01T12:28',
      'Last 30 days: 2026-04-01T12:28 2026-05-01T12:28',
      'Last month (April): 2026-04-01T00:00 2026-05-01T00:00',
    ]);
  });

  test('know the month before January, and a watermark within last month', () => {
    const january = Date.parse('2026-01-10T00:00:00Z');
    expect(offered('2026-01-09T23:00:00Z', january).at(-1)).toBe(
      'Last month (December): 2025-12-01T00:00 2026-01-01T00:00',
    );
    expect(offered('2025-12-20T00:00:00Z', january).at(-1)).toBe(
      'Last month (December): 2025-12-01T00:00 2025-12-20T00:00',
    );
  });

  test('are there before the first watermark too', () => {
    expect(offered(null)[0]).toBe('Last 24 hours: 2026-04-30T12:34 2026-05-01T12:34');
  });
});

describe('the form', () => {
  test('means UTC', () => {
    expect(toBackfillRequest({ stream: 'x', from: '2026-04-01T00:00', to: '2026-04-02T00:00:30' })).toEqual({
      stream: 'x',
      from: '2026-04-01T00:00:00Z',
      to: '2026-04-02T00:00:30Z',
    });
  });

  test('says what is missing', () => {
    expect(Object.keys(findMissing({ stream: '', from: '', to: '' }))).toEqual(['stream', 'from', 'to']);
    expect(findMissing({ stream: 'x', from: '2026-04-01T00:00', to: '2026-04-02T00:00' })).toEqual({});
  });

  test('shows the app’s errors at their fields, and the others for the whole', () => {
    const errors = ['from must be before to', 'to must be at most the watermark', 'the range must be at most 90 days'];
    expect(placeErrors(errors)).toEqual({
      fields: { from: 'from must be before to', to: 'to must be at most the watermark' },
      rest: ['the range must be at most 90 days'],
    });
    expect(placeErrors(['stream: too long', 'tomorrow is no field'])).toEqual({
      fields: { stream: 'stream: too long' },
      rest: ['tomorrow is no field'],
    });
  });
});
