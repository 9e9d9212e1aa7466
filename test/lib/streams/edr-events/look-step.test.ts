import { describe, expect, test } from 'vitest';
import { parseSettings } from '../../../../src/lib/config.ts';
import { WaitError } from '../../../../src/lib/errors.ts';
import type { Json, PastWindow } from '../../../../src/lib/pipeline/stream.ts';
import type { EdrQuery } from '../../../../src/lib/qualys/edr/edr-api.ts';
import { queryOf } from '../../../../src/lib/streams/edr-events/edr-cursor.ts';
import { lookBack } from '../../../../src/lib/streams/edr-events/look-back.ts';
import { FROM, HOUR_MS, lookOnce } from '../../../support/look-step.ts';
import { LEAST_SETTINGS } from '../../../support/settings.ts';

const SETTINGS = parseSettings({ ...LEAST_SETTINGS, EDR_PAGE_SIZE: '1000' });

/** A day of windows of an hour each, in which so many events were counted. */
function dayOf(held: (hour: number) => number, first = 0, length = 24): PastWindow[] {
  return Array.from({ length }, (_, place) => {
    const hour = first + place;
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
    const hours = Array.from({ length: 72 }, (_, hour) => hour);
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
  test.for([25_000, 50_000])(
    'is read by sixty pages of known events at most, %i an hour; all of it before it is too old, and what is left is told',
    async (events) => {
      const held = (): number => events;
      const everywhere = Object.fromEntries(Array.from({ length: 72 }, (_, hour) => [hour, 1]));
      const read = new Set<string>();
      for (let hour = 0; hour < 30; hour++) {
        const [from, look] = [hour, hour + 25].map((each) => FROM + each * HOUR_MS);
        const windows = dayOf(held, hour, 25);
        const ask = { settings: SETTINGS, from: from ?? 0, look: look ?? 0 };
        const { slices = [], told } = await lookOnce(lookBack, { windows }, vendorOf(held, everywhere), ask);
        const hours = slices.flatMap((slice) =>
          windows.filter((each) => slice.from <= each.from && each.to <= slice.to),
        );
        expect(hours.length * events).toBeLessThanOrEqual(60_000);
        expect(told).toMatchObject({ event: 'LateFound', records: 25, windows: slices.length });
        expect(told?.left).toBeGreaterThan(10);
        for (const { key } of hours) read.add(key);
        // The next look does not reach it.
        expect(read).toContain(windows[0]?.key);
      }
    },
  );

  test('is looked for in each part before it is too old, where more parts are than calls', async () => {
    const held = (): number => 10;
    const asked = new Set<string>();
    for (let hour = 0; hour < 30; hour++) {
      const vendor = vendorOf(held, {});
      // Every second window has been given up, or is in work: nothing is counted over two.
      const windows = dayOf(held, 0, 60).filter((_, place) => place % 2 === 0 && place >= hour && place < hour + 25);
      const ask = { settings: SETTINGS, from: FROM + hour * HOUR_MS, look: FROM + (hour + 25) * HOUR_MS };
      await lookOnce(lookBack, { windows }, vendor, ask);
      expect(vendor.asked).toHaveLength(6);
      for (const each of vendor.asked) asked.add(each);
      if (hour % 2 === 0) expect(asked).toContain(`${isoOf(ask.from - 1000)}/${isoOf(ask.from + HOUR_MS)}`);
    }
  });

  test('is one window at least, however many events that holds', async () => {
    const held = (hour: number): number => (hour === 20 ? 100_000 : 10);
    const vendor = vendorOf(held, { 20: 1 });
    const { slices, told } = await lookOnce(lookBack, { windows: dayOf(held) }, vendor, { settings: SETTINGS });
    expect(slices).toMatchObject([{ from: '2026-05-01T20:00:00Z', to: '2026-05-01T21:00:00Z' }]);
    expect(told).toMatchObject({ records: 1, windows: 1, left: 0 });
  });
});
