import { describe, expect, test } from 'vitest';
import { estimateBackfill, type EstimateInputs } from '../../../src/lib/pipeline/estimate-backfill.ts';
import { newWindow } from '../../../src/lib/pipeline/new-window.ts';
import type { WindowRecord } from '../../../src/lib/pipeline/ports.ts';

const NOW = new Date('2026-05-01T12:00:00Z');
const BUDGET = { limit: 300, left: 60, reserve: 60, windowSeconds: 3600, seenAt: NOW.toISOString() };

/** A live window that took so many calls. */
function read(from: string, to: string, calls: number, slice?: string): WindowRecord {
  const window = { stream: 'edr-events', run: 'live', from, to, ...(slice === undefined ? {} : { slice }) };
  const record = newWindow(window, NOW);
  return { ...record, state: 'closed', closedAt: NOW.toISOString(), counts: { ...record.counts, calls } };
}

function estimate(changes: Partial<EstimateInputs> = {}) {
  return estimateBackfill({
    stream: 'edr-events',
    range: { from: new Date('2026-04-01T00:00:00Z'), to: new Date('2026-04-08T00:00:00Z') },
    windowMinutes: 15,
    windows: [],
    sharing: [],
    budget: BUDGET,
    now: NOW,
    ...changes,
  });
}

describe('a backfill of a week', () => {
  test('is a call a window at least, and lasts as long as the budget makes it', () => {
    expect(estimate()).toEqual({
      stream: 'edr-events',
      from: '2026-04-01T00:00:00Z',
      to: '2026-04-08T00:00:00Z',
      windows: 672,
      calls: null,
      callsAnHour: 240,
      leastSeconds: (672 * 3600) / 240,
    });
  });

  test('takes the calls that live windows take: the least of one for each, and the rest by the time', () => {
    const windows = [
      read('2026-05-01T10:00:00Z', '2026-05-01T10:30:00Z', 2),
      // Four calls more than the least, in an hour of data.
      read('2026-05-01T10:30:00Z', '2026-05-01T11:00:00Z', 3, 'type.file'),
      read('2026-05-01T10:30:00Z', '2026-05-01T11:00:00Z', 3, 'type.network'),
      // What looks back is no window of the plan.
      read('2026-04-30T11:00:00Z', '2026-05-01T11:00:00Z', 1000, 'look.1'),
    ];
    expect(estimate({ windows }).calls).toBe(672 * 2 + 7 * 24 * 4);
  });

  test('leaves live windows what they use, where that is more than the reserve', () => {
    const sharing = [read('2026-05-01T10:00:00Z', '2026-05-01T10:15:00Z', 24 * 100)];
    expect(estimate({ sharing }).callsAnHour).toBe(200);
    expect(estimate({ sharing: [read('2026-05-01T10:00:00Z', '2026-05-01T10:15:00Z', 24 * 301)] })).toMatchObject({
      callsAnHour: 0,
      leastSeconds: null,
    });
  });

  test('waits for nothing as far as calls are free now', () => {
    const budget = { ...BUDGET, limit: 2000, left: 1900, reserve: 400 };
    expect(estimate({ budget }).leastSeconds).toBe(0);
  });

  test('lasts nobody knows how long before the vendor has told a budget', () => {
    expect(estimate({ budget: null })).toMatchObject({ callsAnHour: null, leastSeconds: null });
  });

  test('counts the budget by the hour, whatever its window is', () => {
    const budget = { ...BUDGET, windowSeconds: 86_400, limit: 2400, reserve: 0, left: 0 };
    expect(estimate({ budget }).callsAnHour).toBe(100);
  });

  test('goes by windows that were read to their end, each a call at the least', () => {
    const quiet = read('2026-05-01T10:00:00Z', '2026-05-01T10:30:00Z', 0);
    const others = [
      { ...read('2026-05-01T10:30:00Z', '2026-05-01T11:00:00Z', 50), state: 'running' as const },
      read('2026-05-01T10:30:00Z', '2026-05-01T11:00:00Z', 50, 'late.1-0'),
    ];
    expect(estimate({ windows: others }).calls).toBeNull();
    expect(estimate({ windows: [quiet, ...others] }).calls).toBe(672);
  });

  test('goes by what live windows have used in a day, and finished', () => {
    const used = (closedAt: string, state: WindowRecord['state'] = 'closed') => [
      { ...read('2026-05-01T10:00:00Z', '2026-05-01T10:15:00Z', 24 * 100), closedAt, state },
    ];
    expect(estimate({ sharing: used('2026-04-30T12:00:00Z') }).callsAnHour).toBe(200);
    expect(estimate({ sharing: used('2026-04-30T11:59:59Z') }).callsAnHour).toBe(240);
    expect(estimate({ sharing: used(NOW.toISOString(), 'incomplete') }).callsAnHour).toBe(200);
    expect(estimate({ sharing: used(NOW.toISOString(), 'running') }).callsAnHour).toBe(240);
  });

  test('waits for what is not free now: calls beyond the reserve', () => {
    const least = (left: number) => estimate({ budget: { ...BUDGET, left } }).leastSeconds;
    expect(least(100)).toBe(((672 - 40) * 3600) / 240);
    expect(least(10)).toBe((672 * 3600) / 240);
    expect([least(60 + 671), least(60 + 672)]).toEqual([15, 0]);
  });
});
