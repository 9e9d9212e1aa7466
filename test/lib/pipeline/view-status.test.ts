import { describe, expect, test } from 'vitest';
import { newWindow } from '../../../src/lib/pipeline/new-window.ts';
import type { StartRecord, WindowRecord } from '../../../src/lib/pipeline/ports.ts';
import { viewHeld } from '../../../src/lib/pipeline/view-held.ts';
import { viewProgress } from '../../../src/lib/pipeline/view-progress.ts';
import { viewStatus } from '../../../src/lib/pipeline/view-status.ts';
import { viewWindow } from '../../../src/lib/pipeline/view-window.ts';
import { isoSeconds } from '../../../src/lib/pipeline/window.ts';

const NOW = new Date('2026-05-01T12:00:00.000Z');
const BEGAN = Date.parse('2026-05-01T06:00:00Z');
const NONE = { pages: 0, calls: 0, rows: 0, fetched: 0 };

/** So many minutes before now. */
function ago(minutes: number): string {
  return new Date(NOW.getTime() - minutes * 60_000).toISOString();
}

/** The n-th quarter of an hour, as a window that has changed just now. */
function quarter(n: number, changes: Partial<WindowRecord> = {}): WindowRecord {
  const [from, to] = [isoSeconds(BEGAN + n * 900_000), isoSeconds(BEGAN + (n + 1) * 900_000)];
  return { ...newWindow({ stream: 's', run: 'live', from, to }, NOW), ...changes };
}

function closed(n: number, minutes: number, changes: Partial<WindowRecord> = {}): WindowRecord {
  const [closedAt, startedAt] = [ago(minutes), ago(minutes + 5)];
  return quarter(n, { state: 'closed', closedAt, startedAt, progressAt: closedAt, ...changes });
}

describe('windows that wait for a repair', () => {
  const refused = { repair: 'account', lastError: 'HTTP 401' } as const;

  test('are counted by what has to be repaired, the identity first', () => {
    const records = [
      quarter(0, { repair: 'settings', lastError: 'no table', progressAt: ago(5) }),
      quarter(1, { ...refused, progressAt: ago(4) }),
      quarter(2, { repair: 'identity', lastError: '403', progressAt: ago(3) }),
      quarter(3, { ...refused, progressAt: ago(2), lastError: 'HTTP 409' }),
      quarter(4),
    ];
    expect(viewHeld(records, NOW).map(({ repair, windows, error }) => [repair, windows, error])).toEqual([
      ['identity', 1, '403'],
      ['account', 2, 'HTTP 409'],
      ['settings', 1, 'no table'],
    ]);
  });

  test('tell what was said last, since when the first waits and when the first is tried, whatever their order', () => {
    const records = [
      quarter(1, { ...refused, lastError: 'last', progressAt: ago(1), startedAt: ago(9), notBefore: ago(-8) }),
      quarter(0, { ...refused, lastError: 'first', progressAt: ago(7), startedAt: ago(20), notBefore: ago(-3) }),
      quarter(2, { ...refused, lastError: 'between', progressAt: ago(4) }),
    ];
    expect(viewHeld(records, NOW)).toEqual([
      { repair: 'account', windows: 3, since: ago(20), error: 'last', nextTryAt: ago(-3), isLatest: true },
    ]);
    expect(viewHeld([records[2]!], NOW)).toMatchObject([{ since: ago(4), nextTryAt: null }]);
  });

  test('are due now where the next try was before, or is now', () => {
    for (const minutes of [0, 1])
      expect(viewHeld([quarter(0, { ...refused, notBefore: ago(minutes) })], NOW)).toMatchObject([{ nextTryAt: null }]);
  });

  test('are no longer refused once a window was read after that; one that was given up was not read', () => {
    const held = quarter(0, { ...refused, progressAt: ago(10) });
    const isLatest = (...others: WindowRecord[]): boolean | undefined => viewHeld([held, ...others], NOW)[0]?.isLatest;
    expect(isLatest()).toBe(true);
    expect(isLatest(closed(1, 5), closed(2, 20))).toBe(false);
    expect(isLatest(closed(1, 10), closed(2, 20))).toBe(true);
    expect(isLatest(closed(1, 5, { state: 'waived' }))).toBe(true);
  });

  test('are not those that have ended since', () => {
    expect(viewHeld([closed(0, 5, refused)], NOW)).toEqual([]);
  });
});

describe('progress', () => {
  test('is now while a worker holds a window, else the last end', () => {
    const [ended, later] = [closed(0, 20), closed(1, 5)];
    expect(viewProgress([later, ended], NOW).movedAt).toBe(ago(5));
    expect(viewProgress([], NOW).movedAt).toBeNull();
    const claim = { owner: 'w', until: ago(-1) };
    const held = quarter(2, { state: 'running', plannedAt: ago(30), claim });
    expect(viewProgress([ended, held], NOW).movedAt).toBe(NOW.toISOString());
    expect(viewProgress([ended, { ...held, claim: { ...claim, until: ago(1) } }], NOW).movedAt).toBe(ago(20));
    expect(viewProgress([{ ...ended, claim }], NOW).movedAt).toBe(ago(20));
  });

  test('is the planning of the first open window where that is later: a stream that begins is on its way', () => {
    const planned = (minutes: number): WindowRecord => quarter(2, { plannedAt: ago(minutes) });
    expect(viewProgress([planned(2), planned(1)], NOW).movedAt).toBe(ago(2));
    expect(viewProgress([closed(0, 600), planned(2)], NOW).movedAt).toBe(ago(2));
    expect(viewProgress([closed(0, 20), planned(40), planned(1)], NOW).movedAt).toBe(ago(20));
  });

  test('counts the rows of windows that moved within the last hour', () => {
    const rows = (minutes: number, count: number): WindowRecord =>
      closed(0, minutes, { counts: { ...NONE, rows: count } });
    expect(viewProgress([rows(60, 1), rows(59.9, 20), rows(3, 300)], NOW).rowsLastHour).toBe(320);
  });

  test('takes the time left from what was read of the stream’s time in the last hour', () => {
    const left = (...records: WindowRecord[]): number | null => viewProgress(records, NOW).secondsLeft;
    // Two windows in ten minutes, four are left.
    const read = [closed(0, 5, { startedAt: ago(10) }), closed(1, 1, { startedAt: ago(4) })];
    const open = [2, 3, 4, 5].map((n) => quarter(n, n === 2 ? { state: 'failed' } : {}));
    expect(left(...read, ...open)).toBe(1200);
    expect(left(...read)).toBe(0);
    expect(left(...open)).toBeNull();
    expect(left(closed(0, 60), ...open)).toBeNull();
    // What was begun before the hour has taken an hour of it at most.
    expect(left(closed(0, 5, { startedAt: ago(200) }), quarter(1))).toBe(3600);
    const { startedAt: _, ...unknown } = closed(0, 5);
    expect(left(unknown, quarter(1))).toBe(300);
  });

  test('tells why the oldest open window is read again, and not what waits for a repair', () => {
    const short = { shortReads: 1, lastError: 'Qualys counts 12' };
    const heldBy = (...records: WindowRecord[]): string | null => viewProgress(records, NOW).heldBy;
    expect(heldBy(quarter(2), quarter(1, short), closed(0, 5))).toBe('Qualys counts 12');
    expect(heldBy(quarter(1), quarter(2, short))).toBeNull();
    expect(heldBy(quarter(1, { ...short, repair: 'account' }))).toBeNull();
    expect(heldBy(quarter(1, { shortReads: 0, lastError: 'HTTP 503' }))).toBeNull();
    expect(heldBy(quarter(1, { shortReads: 2 }))).toBeNull();
    expect(heldBy()).toBeNull();
  });
});

describe('status', () => {
  const about = {
    name: 's',
    enabled: true,
    api: 'edr',
    isSnapshot: false,
    scheduleSeconds: 300,
    normalLagSeconds: 780,
  } as const;

  function viewOf(
    records: WindowRecord[],
    { mark, start }: { mark?: { watermark: string; lastTick: string }; start?: StartRecord } = {},
    backfilled: WindowRecord[] = [],
    restSeconds = 0,
  ): ReturnType<typeof viewStatus> {
    const store = {
      readWatermark: () => Promise.resolve(mark === undefined ? undefined : { stream: 's', ...mark }),
      listWindows: (stream: string, run: string) => Promise.resolve(stream === 's' && run === 'live' ? records : []),
    };
    const deps = { store, starts: { read: () => Promise.resolve(start) }, clock: { now: () => NOW } };
    return viewStatus(
      { ...about, safetyLagSeconds: 120, mostLagSeconds: 3600, restSeconds },
      deps as unknown as Parameters<typeof viewStatus>[1],
      backfilled,
    );
  }

  test('knows nothing of a stream that has not begun', async () => {
    expect(await viewOf([])).toEqual({
      ...about,
      ...{ watermark: null, lagSeconds: null, lastTick: null, start: null, lastError: null, held: [] },
      ...{ rowsLast24h: 0, outsideLast24h: 0, unchangedLast24h: 0 },
      ...{ windows: { open: 0, failed: 0, incomplete: 0, since: null } },
      progress: { movedAt: null, rowsLastHour: 0, secondsLeft: null, heldBy: null },
      lateness: { lookedAt: null, rows: 0, usualSeconds: null, mostSeconds: null, addedLagSeconds: 0 },
    });
  });

  test('tells how far the watermark is behind, never less than nothing', async () => {
    const lagOf = async (watermark: string): Promise<unknown> =>
      (await viewOf([], { mark: { watermark, lastTick: ago(3) } })).lagSeconds;
    expect([await lagOf(ago(10)), await lagOf(ago(-10))]).toEqual([600, 0]);
    expect(await viewOf([], { mark: { watermark: ago(10), lastTick: ago(3) } })).toMatchObject({
      watermark: ago(10),
      lastTick: ago(3),
    });
  });

  test('takes the rest of its planner for normal as long as nothing is left to read', async () => {
    const normal = async (restSeconds: number, ...records: WindowRecord[]): Promise<number> =>
      (await viewOf(records, { mark: { watermark: ago(70), lastTick: ago(60) } }, [], restSeconds)).normalLagSeconds;
    expect(await normal(7200, closed(0, 60))).toBe(780 + 3600);
    expect(await normal(600, closed(0, 60))).toBe(780 + 600);
    expect(await normal(0, closed(0, 60))).toBe(780);
    expect(await normal(7200, closed(0, 60), quarter(1))).toBe(780);
  });

  test('counts open, failed and incomplete windows, and since when the first is at fault', async () => {
    const { windows } = await viewOf([
      quarter(0, { state: 'failed', progressAt: ago(10) }),
      quarter(1, { state: 'incomplete', progressAt: ago(30) }),
      quarter(2, { state: 'incomplete', acknowledged: true, progressAt: ago(50) }),
      quarter(3, { state: 'planned', progressAt: ago(60) }),
      closed(4, 70),
    ]);
    expect(windows).toEqual({ open: 2, failed: 1, incomplete: 1, since: ago(30) });
    const failed = quarter(0, { state: 'failed', progressAt: ago(40) });
    expect((await viewOf([failed, quarter(1, { state: 'incomplete', progressAt: ago(30) })])).windows.since).toBe(
      ago(40),
    );
  });

  test('tells the error of what failed before that of what waits, the latest of each', async () => {
    const failed = quarter(0, { state: 'failed', progressAt: ago(10), lastError: 'HTTP 400' });
    const earlier = quarter(1, { state: 'failed', progressAt: ago(20), lastError: 'HTTP 404' });
    const waiting = quarter(2, { progressAt: ago(1), lastError: 'HTTP 503' });
    expect((await viewOf([earlier, failed, waiting])).lastError).toMatch(/: HTTP 400$/);
    expect((await viewOf([waiting])).lastError).toMatch(/: HTTP 503$/);
  });

  test('takes neither a look back nor what it found for time that is still to be read', async () => {
    const day = { from: ago(24 * 60), to: ago(0), lastError: 'fewer', shortReads: 1 };
    const rows = [quarter(1), quarter(0, { ...day, slice: 'look.1' }), quarter(0, { ...day, slice: 'late.1-0' })];
    const { progress } = await viewOf([quarter(1)]);
    expect(progress.movedAt).toBe(NOW.toISOString());
    expect((await viewOf(rows)).progress).toEqual(progress);
  });

  test('sums rows, records of another time and unchanged ones over a day', async () => {
    const day = 24 * 60;
    const view = await viewOf([
      closed(0, day, { counts: { ...NONE, rows: 1, outside: 1 } }),
      closed(1, day - 1, { counts: { ...NONE, rows: 20, outside: 5, unchanged: 7 } }),
      closed(2, 1, { counts: { ...NONE, rows: 300 } }),
    ]);
    expect([view.rowsLast24h, view.outsideLast24h, view.unchangedLast24h]).toEqual([320, 5, 7]);
  });

  test('tells the latest error of what is open or incomplete and not taken note of', async () => {
    const errorOf = async (...records: WindowRecord[]): Promise<unknown> => (await viewOf(records)).lastError;
    const late = quarter(1, { lastError: 'late', progressAt: ago(1) });
    const early = quarter(0, { lastError: 'early', progressAt: ago(9) });
    const latest = '2026-05-01T06:15:00Z/2026-05-01T06:30:00Z: late';
    expect(await errorOf(early, late, quarter(2))).toBe(latest);
    expect(await errorOf(late, early)).toBe(latest);
    expect(await errorOf({ ...late, state: 'incomplete' })).toBe(latest);
    expect(await errorOf({ ...late, state: 'incomplete', acknowledged: true })).toBeNull();
    expect(await errorOf({ ...late, state: 'closed' })).toBeNull();
  });

  test('tells what a stream waits for before it begins, and how it began', async () => {
    const start: StartRecord = { stream: 's', state: 'waiting', note: 'set EDR_START', since: ago(5) };
    const errors = [quarter(0, { lastError: 'why' })];
    expect(await viewOf(errors, { start })).toMatchObject({
      lastError: 'set EDR_START',
      start: { state: 'waiting', note: 'set EDR_START', since: ago(5) },
    });
    expect((await viewOf(errors, { start: { ...start, state: 'known' } })).lastError).toMatch(/: why$/);
  });

  test('shows what waits for a repair in running backfills too', async () => {
    const backfilled = [quarter(0, { run: 'b-1', repair: 'account', lastError: 'HTTP 401' })];
    const view = await viewOf([quarter(1, { repair: 'account' })], {}, backfilled);
    expect(view.held).toMatchObject([{ windows: 2 }]);
    expect(view.windows.open).toBe(1);
  });
});

describe('a window, as an operator sees it', () => {
  test('holds what is known, and null or nothing where that is not', () => {
    const counts = { pages: 2, calls: 3, rows: 9, fetched: 10 };
    expect(viewWindow(quarter(0, { counts }), NOW)).toEqual({
      ...{ key: '20260501T060000Z-20260501T061500Z', from: '2026-05-01T06:00:00Z', to: '2026-05-01T06:15:00Z' },
      ...{
        slice: null,
        state: 'planned',
        inWork: false,
        pages: 2,
        calls: 3,
        expected: null,
        fetched: 10,
        listed: null,
      },
      ...{
        parts: null,
        outside: 0,
        repaired: 0,
        unchanged: 0,
        uploaded: 9,
        attempts: 0,
        notBefore: null,
        startedAt: null,
      },
      ...{ progressAt: NOW.toISOString(), closedAt: null, acknowledged: false, error: null, repair: null },
    });
  });

  test('holds all that was stored', () => {
    const more = { expected: 11, listed: 12, parts: 13, outside: 14, repaired: 15 };
    const record = quarter(0, {
      ...{ slice: 'a', state: 'running', counts: { ...NONE, ...more }, attempts: 4, acknowledged: true },
      ...{ claim: { owner: 'w', until: ago(-1) }, notBefore: ago(-2), startedAt: ago(2), closedAt: ago(1) },
      ...{ lastError: 'why', repair: 'account' },
    });
    expect(viewWindow(record, NOW)).toMatchObject({
      ...{ slice: 'a', inWork: true, attempts: 4, acknowledged: true, error: 'why', repair: 'account' },
      ...{ notBefore: ago(-2), startedAt: ago(2), closedAt: ago(1), ...more },
    });
  });
});
