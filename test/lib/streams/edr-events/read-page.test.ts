import { describe, expect, test } from 'vitest';
import { parseSettings } from '../../../../src/lib/config.ts';
import type { Progress, WindowTask } from '../../../../src/lib/pipeline/stream.ts';
import type { QualysAnswer } from '../../../../src/lib/qualys/call/qualys-answer.ts';
import type { EdrCursor } from '../../../../src/lib/streams/edr-events/edr-cursor.ts';
import { readPage, type PageReading, type ReadPage } from '../../../../src/lib/streams/edr-events/read-page.ts';
import { openWindowKeys } from '../../../../src/lib/streams/edr-events/window-keys.ts';
import { keptLog } from '../../../support/pipeline.ts';
import { LEAST_SETTINGS } from '../../../support/settings.ts';

const WINDOW = { from: '2026-05-01T10:00:00Z', to: '2026-05-01T10:15:00Z', run: 'live' };
const INSIDE = '2026-05-01T10:01:00.000Z';
const [BEFORE, BEHIND, FAR] = ['2026-05-01T09:59:59.500Z', '2026-05-01T10:15:00.500Z', '2026-05-01T12:00:00.000Z'];
const WEBHOOK = { ALERT_WEBHOOK_URL: 'https://soar.example.test/hook', ALERT_MIN_SCORE: '5' };

interface Given {
  readonly cursor?: Partial<EdrCursor>;
  readonly status?: number;
  readonly settings?: Readonly<Record<string, string>>;
  readonly window?: object;
  readonly acceptsOutside?: boolean;
  readonly admits?: PageReading['admits'];
}

const event = (id: string, time = INSIDE, more: object = {}) => ({
  id,
  type: 'FILE',
  eventProcessedTime: time,
  ...more,
});
const page = (...events: object[]): string => JSON.stringify(events);

/** Reads a page of 100 events that comes in these parts. */
async function read(parts: string | readonly (string | Buffer)[], given: Given = {}) {
  const { log, events } = keptLog();
  const task = {
    window: { ...WINDOW, ...given.window },
    log,
    counts: { calls: 0 },
    ledger: () => Promise.resolve(new Set<string>()),
    acceptsOutside: given.acceptsOutside,
  } as unknown as WindowTask;
  const settings = parseSettings({ ...LEAST_SETTINGS, ...given.settings });
  const reading = {
    task,
    services: { clock: { now: () => new Date('2026-05-01T12:00:00Z') }, edr: {}, settings },
    keys: await openWindowKeys(task, 0),
    admits: given.admits ?? (() => Promise.resolve(true)),
  } as unknown as PageReading;
  let cancelled = 0;
  const body = [parts].flat().map((part) => Buffer.from(part as string));
  const answer = { status: given.status ?? 200, body, cancel: () => cancelled++ } as unknown as QualysAnswer;
  const cursor = { mode: 'pages', read: 0, page: 0, size: 100, query: {}, ...given.cursor } as unknown as EdrCursor;
  const steps: Progress[] = [];
  const pages = readPage(reading, answer, cursor);
  for (;;) {
    const next = await pages.next().catch((error: unknown) => ({ done: true as const, value: error }));
    if (next.done === true) {
      return {
        end: next.value as ReadPage | undefined | Error,
        whole: next.value as ReadPage,
        steps,
        cursor,
        cancelled,
        events,
      };
    }
    steps.push(next.value);
  }
}

describe('a page of events', () => {
  test('gives all but its last step, each with a cursor to go on from', async () => {
    const events = Array.from({ length: 60 }, (_, at) => event(String(at), INSIDE, { note: 'x'.repeat(20_000) }));
    const { cancelled, cursor, steps, whole } = await read(page(event('b', BEFORE), ...events));
    expect(steps.map((step) => step.cursor)).toEqual([{ ...cursor, beside: { before: 1, behind: 0 } }]);
    const all = [...steps, whole.last];
    const sum = (counts: (number | undefined)[]) => counts.reduce<number>((total, count = 0) => total + count, 0);
    expect([sum(all.map(({ chunk }) => chunk?.rows)), sum(all.map(({ fetched }) => fetched))]).toEqual([60, 61]);
    expect(cancelled).toBe(1);
  });

  test('counts what lies in the seconds beside the window, with that of the pages before', async () => {
    const events = [event('a', BEFORE), event('b'), event('c', BEHIND), event('d', BEHIND)];
    expect((await read(page(...events))).whole.beside).toEqual({ before: 1, behind: 2 });
    const cursor = { beside: { before: 10, behind: 20 } };
    expect((await read(page(...events), { cursor })).whole.beside).toEqual({ before: 11, behind: 22 });
  });

  test('of nothing but events of the windows beside it books these with its last step', async () => {
    const { steps, whole } = await read(page(event('a', BEFORE), event('b', BEHIND)));
    expect(steps).toEqual([]);
    expect(whole.last).toMatchObject({ fetched: 2 });
    expect(whole.last).not.toHaveProperty('chunk');
  });

  test('is blank where an answer of 200 holds nothing but blanks', async () => {
    const isBlank = async (...given: Parameters<typeof read>) => (await read(...given)).whole.isBlank;
    expect([await isBlank(''), await isBlank([' ', '\n'])]).toEqual([true, true]);
    expect([await isBlank('[]'), await isBlank([' ', '[]']), await isBlank(['[]', ' '])]).toEqual([
      false,
      false,
      false,
    ]);
    expect(await isBlank('', { status: 204 })).toBe(false);
  });

  test('that is not admitted gives nothing, and the rest of its answer is not waited for', async () => {
    const { cancelled, end, steps } = await read(page(event('a')), {
      admits: ({ records }) => Promise.resolve(records > 1),
    });
    expect([end, steps, cancelled]).toEqual([undefined, [], 1]);
  });

  test('tells in the log what is unusual, and nothing else', async () => {
    const logged = async (...given: Parameters<typeof read>) => (await read(...given)).events();
    expect(await logged(page(event('a')))).toEqual([]);
    expect(await logged(page(event('a', FAR)))).toEqual(['RecordsOutside']);
    expect(await logged('[["no event"]]')).toEqual(['RecordUnreadable']);
  });

  test('that is cut off gives nothing, and its answer is let go', async () => {
    const { cancelled, end, steps } = await read(page(event('a')).slice(0, -2));
    expect(end).toMatchObject({ name: 'RetryableError' });
    expect([steps, cancelled]).toEqual([[], 1]);
  });
});

test.each([
  [10, false, true],
  [11, false, false],
  [11, true, true],
])(
  '%i events of another time on a page of 100, accepted: %j, are given: %j',
  async (outside, acceptsOutside, isGiven) => {
    const events = Array.from({ length: outside }, (_, at) => event(String(at), FAR));
    const { end, steps } = await read(page(...events), { acceptsOutside });
    if (isGiven) expect(end).toMatchObject({ end: { outside } });
    else
      expect(end).toMatchObject({
        name: 'FatalError',
        message: expect.stringContaining('ignores the time filter') as string,
      });
    expect(steps).toEqual([]);
  },
);

test('a page with broken text stores what it was refused for, and is repaired when the same comes again', async () => {
  const broken = page(event('a', INSIDE, { note: 'xyz' })).replace('y', '\u0001');
  const { cursor, end, steps } = await read(broken);
  expect(end).toMatchObject({ name: 'BrokenTextError', broken: { refusals: 1 } });
  const [{ cursor: stored } = { cursor: {} }] = steps;
  expect(stored).toEqual({ ...cursor, broken: (end as unknown as { broken: object }).broken });
  const again = await read(broken, { cursor: stored as unknown as EdrCursor });
  expect(again.whole.last).toMatchObject({ fetched: 1, repaired: 1, chunk: { rows: 1 } });
  expect(again.events()).toEqual(['RecordsRepaired']);
});

describe('alerts', () => {
  const scored = (score: string, more: object = {}) => page(event('a', INSIDE, { score, ...more }));
  const alerts = async (...given: Parameters<typeof read>) =>
    (await read(...given)).whole.last.chunk?.alerts?.map(({ id }) => id);

  test('are made of events from the score that is set on, where there is a webhook', async () => {
    expect(await alerts(scored('5'), { settings: WEBHOOK })).toEqual(['a']);
    expect(await alerts(scored('4'), { settings: WEBHOOK })).toEqual([]);
    expect(await alerts(scored('5'))).toEqual([]);
  });

  test('are not made of a backfill, and once of an event in several rows', async () => {
    expect(await alerts(scored('5'), { settings: WEBHOOK, window: { run: 'backfill-1' } })).toEqual([]);
    expect(await alerts(scored('5', { note: 'x'.repeat(300_000) }), { settings: WEBHOOK })).toEqual(['a']);
  });
});
