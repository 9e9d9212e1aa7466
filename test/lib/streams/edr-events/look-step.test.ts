import { describe, expect, test } from 'vitest';
import { parseSettings } from '../../../../src/lib/config.ts';
import { WaitError } from '../../../../src/lib/errors.ts';
import type { Json, PastWindow } from '../../../../src/lib/pipeline/stream.ts';
import type { EdrQuery } from '../../../../src/lib/qualys/edr/edr-api.ts';
import { queryOf } from '../../../../src/lib/streams/edr-events/edr-cursor.ts';
import { lookBack } from '../../../../src/lib/streams/edr-events/look-back.ts';
import { FROM, HOUR_MS, lookOnce, TO } from '../../../support/look-step.ts';
import { LEAST_SETTINGS } from '../../../support/settings.ts';

const SETTINGS = parseSettings({ ...LEAST_SETTINGS, EDR_PAGE_SIZE: '1000' });

/** A day of windows of an hour each, in which so many events were counted. */
function dayOf(held: (hour: number) => number): PastWindow[] {
  return Array.from({ length: 24 }, (_, hour) => {
    const [from = '', to = ''] = [hour, hour + 1].map((each) => isoOf(FROM + each * HOUR_MS));
    const query = queryOf({ from, to }, SETTINGS);
    const witness = { query, held: held(hour), before: 0, behind: 0 } as unknown as Json;
    return { key: from, from, to, read: { at: to, witness } };
  });
}

function isoOf(time: number): string {
  return new Date(time).toISOString().replace('.000', '');
}

/** A vendor that counts what the windows hold, and `late` more in some hours; it has to wait at its `stop`th call. */
function vendorOf(held: (hour: number) => number, late: Readonly<Record<number, number>>, stop = Infinity) {
  const asked: string[] = [];
  const count = ({ filter = '' }: EdrQuery): Promise<number> => {
    const [from = 0, to = 0] = [...filter.matchAll(/'([^']+)'/g)].map(([, time = '']) => Date.parse(time));
    if (asked.length + 1 >= stop) return Promise.reject(new WaitError('the budget is spent', 60_000));
    asked.push(`${isoOf(from)}/${isoOf(to)}`);
    const hours = Array.from({ length: 24 }, (_, hour) => hour);
    const over = hours.filter((hour) => FROM + hour * HOUR_MS >= from && FROM + hour * HOUR_MS < to);
    return Promise.resolve(over.reduce((sum, hour) => sum + held(hour) + (late[hour] ?? 0), 0));
  };
  return { edr: { count }, asked };
}

describe('a look back at events that has to wait', () => {
  test('counts nothing twice, and finds what it would have found', async () => {
    const held = (): number => 2000;
    const late = { 9: 3 };
    const whole = vendorOf(held, late);
    const { slices } = await lookOnce(lookBack, { windows: dayOf(held) }, whole, { settings: SETTINGS });
    expect(whole.asked).toHaveLength(6);
    const [first, second] = [vendorOf(held, late, 4), vendorOf(held, late)];
    const { cursor = null } = await lookOnce(lookBack, { windows: dayOf(held) }, first, { settings: SETTINGS });
    const rest = await lookOnce(lookBack, { windows: dayOf(held) }, second, { settings: SETTINGS, cursor });
    expect([...first.asked, ...second.asked]).toEqual(whole.asked);
    expect(rest.slices).toEqual(slices);
    expect(slices).toMatchObject([{ from: '2026-05-01T09:00:00Z', to: '2026-05-01T11:00:00Z' }]);
  });
});

describe('what a look back at events finds', () => {
  test('is read by sixty pages of known events at most; each part of the rest has its turn in the next hours, visibly', async () => {
    const held = (): number => 25_000;
    const everywhere = Object.fromEntries(Array.from({ length: 24 }, (_, hour) => [hour, 1]));
    const read = new Set<string>();
    for (let hour = 0; hour < 15; hour++) {
      const look = { settings: SETTINGS, look: TO + hour * HOUR_MS };
      const { slices = [], told } = await lookOnce(
        lookBack,
        { windows: dayOf(held) },
        vendorOf(held, everywhere),
        look,
      );
      const hours = slices.reduce((sum, { from, to }) => sum + (Date.parse(to) - Date.parse(from)) / HOUR_MS, 0);
      expect(hours * 25).toBeLessThanOrEqual(60);
      expect(told).toMatchObject({ event: 'LateFound', records: 24, windows: slices.length });
      expect(told?.left).toBeGreaterThan(10);
      for (const { from, to } of slices) read.add(`${from}/${to}`);
    }
    const hours = [...read].reduce((sum, each) => {
      const [from = 0, to = 0] = each.split('/').map((time) => Date.parse(time));
      return sum + (to - from) / HOUR_MS;
    }, 0);
    expect(hours).toBe(24);
  });

  test('is one window at least, however many events that holds', async () => {
    const held = (hour: number): number => (hour === 20 ? 100_000 : 10);
    const vendor = vendorOf(held, { 20: 1 });
    const { slices, told } = await lookOnce(lookBack, { windows: dayOf(held) }, vendor, { settings: SETTINGS });
    expect(slices).toMatchObject([{ from: '2026-05-01T20:00:00Z', to: '2026-05-01T21:00:00Z' }]);
    expect(told).toMatchObject({ records: 1, windows: 1, left: 0 });
  });
});
