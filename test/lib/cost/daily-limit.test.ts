import { describe, expect, test } from 'vitest';
import { createDailyLimit } from '../../../src/lib/cost/daily-limit.ts';
import { createSentBook, type SentRow, type SentStore } from '../../../src/lib/cost/sent.ts';
import { DailyLimitError } from '../../../src/lib/errors.ts';
import { fixedClock, keptLog, pagedStream, setUp } from '../../support/pipeline.ts';

const MEGABYTE = 1e6;

/** A store that all processes of a test share, in memory. */
function sharedStore(): (process: string) => SentStore {
  const rows = new Map<string, SentRow>();
  return (process) => ({
    save: (row) => Promise.resolve(rows.set(`${row.day} ${process}`, row)).then(() => undefined),
    list: (fromDay) =>
      Promise.resolve(
        [...rows]
          .filter(([, { day }]) => day >= fromDay)
          .map(([key, row]) => ({ ...row, isOwn: key.endsWith(` ${process}`) })),
      ),
    prune: () => Promise.resolve(),
  });
}

const rowsOf = (bytes: number): Buffer => Buffer.from(JSON.stringify([{ A: 'x'.repeat(bytes) }]));

/** A limit of a megabyte a day, and the books of two processes that send. */
function openLimit(start: string) {
  const clock = fixedClock(start);
  const store = sharedStore();
  const [own, other] = ['own', 'other'].map((name) =>
    createSentBook({ store: store(name), clock, log: keptLog().log, about: (stream) => ({ stream }) }),
  ) as [ReturnType<typeof createSentBook>, ReturnType<typeof createSentBook>];
  const settings = { DAILY_GB_LIMIT: 0.001, DAILY_GB_LIMIT_STREAMS: ['vm-detections'] };
  const limit = createDailyLimit(settings, own, clock)!;
  return { clock, own, other, limit };
}

describe('the limit of a day', () => {
  test('holds the streams it is for, once all streams together have sent as much', async () => {
    const { limit, other, own } = openLimit('2026-05-01T12:00:00Z');
    own.note('vm-detections', rowsOf(0.4 * MEGABYTE));
    await limit.check('vm-detections', 'live');
    other.note('edr-events', rowsOf(0.6 * MEGABYTE));
    await other.flush();
    await expect(limit.check('edr-events', 'live')).resolves.toBeUndefined();
    expect(await limit.view()).toMatchObject({
      isReached: true,
      sentGigabytes: 0.001,
      until: '2026-05-02T00:00:00.000Z',
    });
  });

  test('leaves its last fifth to live windows: backfills wait before', async () => {
    const { limit, own } = openLimit('2026-05-01T12:00:00Z');
    own.note('vm-detections', rowsOf(0.7 * MEGABYTE));
    await limit.check('vm-detections', 'a-backfill');
    own.note('vm-detections', rowsOf(0.1 * MEGABYTE));
    await limit.check('vm-detections', 'live');
    await limit.check('edr-events', 'a-backfill');
    await expect(limit.check('vm-detections', 'a-backfill')).rejects.toThrow(
      '80 % of the 0.001 GB a day of DAILY_GB_LIMIT are sent; backfills of vm-detections go on at 2026-05-02T00:00',
    );
  });

  test('is known to each instance half a minute after it is reached', async () => {
    const { clock, limit, other } = openLimit('2026-05-01T12:00:00Z');
    await limit.check('vm-detections', 'live');
    clock.forward(1_000);
    other.note('edr-events', rowsOf(MEGABYTE));
    clock.forward(15_000);
    other.note('edr-events', rowsOf(1));
    await other.flush();
    await expect(limit.check('vm-detections', 'live')).rejects.toThrow(DailyLimitError);
  });

  test('says when it ends, and has them look again before, in case it is raised', async () => {
    const { clock, limit, own } = openLimit('2026-05-01T12:00:00Z');
    own.note('vm-detections', rowsOf(MEGABYTE));
    await expect(limit.check('vm-detections', 'live')).rejects.toMatchObject({
      message: 'the 0.001 GB a day of DAILY_GB_LIMIT are sent; vm-detections goes on at 2026-05-02T00:00:00.000Z',
      retryAfterMs: 900_000,
    });
    clock.forward(11.9 * 3_600_000);
    await expect(limit.check('vm-detections', 'live')).rejects.toMatchObject({ retryAfterMs: 360_000 });
  });

  test('begins anew at midnight UTC, and tells that it was reached', async () => {
    const { clock, limit, own } = openLimit('2026-05-01T23:59:00Z');
    own.note('vm-detections', rowsOf(MEGABYTE));
    await own.flush();
    expect((await limit.view()).resumedAt).toBeNull();
    clock.forward(60_000);
    await limit.check('vm-detections', 'live');
    expect(await limit.view()).toMatchObject({
      isReached: false,
      sentGigabytes: 0,
      resumedAt: '2026-05-02T00:00:00.000Z',
    });
  });
});

describe('a window at the limit', () => {
  const full = (): Promise<void> => Promise.reject(new DailyLimitError('sent; goes on at midnight', 60_000));

  test('waits before anything is asked for, with the reason, and costs no attempt', async () => {
    const { stream, reads } = pagedStream(2);
    const bench = await setUp(stream);
    const window = await bench.open('2026-05-01T10:00:00Z', '2026-05-01T11:00:00Z');
    await bench.process(window, { throwIfFull: full });
    expect(reads).toEqual([]);
    expect(await bench.read(window)).toMatchObject({
      ...{
        state: 'planned',
        attempts: 0,
        lastError: 'sent; goes on at midnight',
        notBefore: '2026-05-01T12:01:00.000Z',
      },
    });
    expect(bench.queue.sent).toMatchObject([{ delaySeconds: 60 }]);
    bench.clock.forward(60_000);
    await bench.process(window);
    expect(bench.sink.rows).toEqual([{ page: 0 }, { page: 1 }]);
    expect((await bench.read(window))?.lastError).toBeUndefined();
  });

  test.each(['live', 'a-backfill'])(
    'that is reached while it is read goes on from there, nothing lost: %s',
    async (run) => {
      const runs = new Set<string>();
      const { stream } = pagedStream(4);
      const bench = await setUp(stream);
      const window = await bench.open('2026-05-01T10:00:00Z', '2026-05-01T11:00:00Z', { run });
      await bench.process(window, {
        throwIfFull: (of) => (runs.add(of), bench.sink.rows.length < 2 ? Promise.resolve() : full()),
      });
      expect([...runs]).toEqual([run]);
      expect(bench.sink.rows).toEqual([{ page: 0 }, { page: 1 }]);
      expect(await bench.read(window)).toMatchObject({ state: 'planned', counts: { rows: 2 }, attempts: 0 });
      bench.clock.forward(60_000);
      await bench.process(window);
      expect(bench.sink.rows).toEqual([0, 1, 2, 3].map((page) => ({ page })));
      expect(await bench.read(window)).toMatchObject({ state: 'closed', counts: { rows: 4 } });
    },
  );

  test('does not come nearer to being closed as incomplete', async () => {
    const bench = await setUp(pagedStream(1).stream);
    const shortSince = '2026-05-01T11:00:00.000Z';
    const window = await bench.open('2026-05-01T10:00:00Z', '2026-05-01T11:00:00Z', { shortSince });
    await bench.process(window, { throwIfFull: full });
    expect((await bench.read(window))?.shortSince).toBe('2026-05-01T11:01:00.000Z');
  });
});
