import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newMinute } from '../../../src/lib/alerts/alert-minute.ts';
import { alertKey } from '../../../src/lib/alerts/alert-record.ts';
import { countAlerts, listAlerts, recordAlertPoison, replayAlerts } from '../../../src/lib/alerts/operate-alerts.ts';
import type { PostOutcome } from '../../../src/lib/alerts/post-webhook.ts';
import { pushAlert, type PushDependencies } from '../../../src/lib/alerts/push-alert.ts';
import { summaryId, summaryPayload } from '../../../src/lib/alerts/summarise-alerts.ts';
import { RetryableError } from '../../../src/lib/errors.ts';
import type { AlertItem } from '../../../src/lib/alerts/ports.ts';
import { blockOf } from '../../support/alerts-page.ts';
import { faultyStore, setUpAlerts } from '../../support/alerts.ts';

const REFUSED: PostOutcome = { kind: 'refused', reason: 'soar.example answered 503' };
const UNKNOWN: PostOutcome = { kind: 'unknown', reason: 'soar.example did not answer within 30 s' };
const MINUTE_MS = 60_000;
/** The first minute of the clock of these tests, and the next. */
const [FIRST, SECOND] = ['2026-05-01T12:00Z', '2026-05-01T12:01Z'];

interface Summary {
  readonly ticket_id: string;
  readonly summary: { readonly count: number; readonly minute: string; readonly query: string };
}

/** Alerts over a real table, at most `maxPerMinute`, with what was posted in each minute. */
async function setUp(maxPerMinute: number, outcomes: PostOutcome[] = []) {
  const bench = await setUpAlerts();
  const posts: { id: string; payload: string; minute: number }[] = [];
  const deps: PushDependencies = {
    ...bench.deps,
    cap: { ...bench.deps.cap, maxPerMinute },
    post: ({ id, payload }) => {
      posts.push({ id, payload, minute: Math.floor(bench.clock.now().getTime() / MINUTE_MS) });
      return Promise.resolve(outcomes.shift() ?? { kind: 'accepted', status: 202 });
    },
  };
  const alert = (name: string | number, payload: object = {}): AlertItem => ({
    ...bench.item,
    id: `RTF_${name}`,
    payload: JSON.stringify({ ticket_id: `RTF_${name}`, ...payload }),
  });
  const alerts = (count: number, from = 0): AlertItem[] => Array.from({ length: count }, (_, at) => alert(from + at));
  const pushAll = async (items: readonly AlertItem[]): Promise<void> => {
    for (const item of items) await pushAlert(item, deps);
  };
  /** Plays the queue to its end, each message at its time. */
  const drain = async (changes: Partial<PushDependencies> = {}): Promise<void> => {
    for (let next = bench.sent.shift(); next !== undefined; next = bench.sent.shift()) {
      bench.clock.forward(next.delaySeconds * 1000);
      await pushAlert(next.item, { ...deps, ...changes });
    }
  };
  const summaries = (): Summary[] =>
    posts.filter(({ id }) => id.startsWith('summary-')).map(({ payload }) => JSON.parse(payload) as Summary);
  const single = (): string[] => posts.map(({ id }) => id).filter((id) => !id.startsWith('summary-'));
  return { ...bench, deps, posts, alert, alerts, pushAll, drain, summaries, single };
}

describe('more alerts than a minute takes', () => {
  test('are told in one summary after it, which says how many, how bad, and where to look', async () => {
    const { alert, pushAll, drain, posts, single, summaries, store, clock, log } = await setUp(2);
    const at = (second: number): string => `2026-05-01T11:50:0${second}.000Z`;
    await pushAll([
      alert(1, { score: 10, start_time: at(0) }),
      alert(2, { score: 10, start_time: at(1) }),
      alert(3, { score: 5, severity: 'Medium', priority: 60, start_time: at(5) }),
      alert(4, { score: 9, severity: 'High', priority: 100, start_time: '2026-05-01T11:50:04.1234567Z' }),
      alert(5, { score: 8, severity: 'High', priority: 80, start_time: at(8) }),
    ]);
    expect(single()).toEqual(['RTF_1', 'RTF_2']);
    await drain();
    expect(posts).toHaveLength(3);
    expect(summaries()).toEqual([
      {
        version: 1,
        ticket_id: `summary-${FIRST}`,
        name: 'Suspicious: 3 more alerts in a minute',
        rule_generator: 'SUMMARY',
        vendor: 'Qualys',
        product: 'Qualys EDR',
        severity: 'High',
        priority: 100,
        score: 9,
        start_time: '2026-05-01T11:50:04.123Z',
        end_time: '2026-05-01T11:50:08.000Z',
        entities: [],
        event: {},
        summary: {
          count: 3,
          minute: FIRST,
          max_per_minute: 2,
          table: 'QualysEdrEvents_CL',
          query: expect.stringContaining('Score >= 4') as string,
        },
      },
    ]);
    expect(await countAlerts(store, clock.now())).toMatchObject({
      waiting: 0,
      undelivered: 0,
      uncertain: 0,
      summarised: 3,
    });
    expect(log.events().filter((event) => event === 'AlertSummarised')).toHaveLength(3);
  });

  test('leave a record each, which names the minute of the summary', async () => {
    const { alerts, pushAll, store, state } = await setUp(1);
    await pushAll(alerts(2));
    expect(await state('RTF_0')).toBe('done');
    const record = await store.read(alertKey('RTF_1'));
    expect(record).toMatchObject({ id: 'RTF_1', state: 'summarised', minute: FIRST });
    expect(record?.payload).toBeUndefined();
  });

  test('are told as docs/alerts.md shows it, with a query that its page tells too', () => {
    const { firstTime, lastTime } = { firstTime: '2026-05-01T11:50:04.123Z', lastTime: '2026-05-01T11:58:08.000Z' };
    const worst = { score: 9, severity: 'High', priority: 100 };
    const minute = { ...newMinute(FIRST), posted: 30, summarised: 801, firstTime, lastTime, ...worst };
    const cap = { maxPerMinute: 30, minScore: 4, table: 'QualysEdrEvents_CL' };
    const shown = JSON.parse(blockOf('json', 'summary')) as Summary;
    expect(JSON.parse(summaryPayload(minute, cap))).toEqual(shown);
    // That a table answers it is checked with all queries of the docs.
    expect(blockOf('kql', 'coalesce').replace(/\s+/g, ' ').trim()).toBe(shown.summary.query);
  });

  test('are looked for among the rows of their own Qualys subscription', () => {
    const cap = { maxPerMinute: 30, minScore: 4, table: 'QualysEdrEvents_CL', subscription: 'eu' };
    const { summary } = JSON.parse(summaryPayload({ ...newMinute(FIRST), summarised: 1 }, cap)) as Summary;
    expect(summary.query).toContain(`| where column_ifexists('QualysSubscription', '') == 'eu' |`);
  });

  test('wait for no other minute: the next one begins anew', async () => {
    const { alerts, pushAll, drain, clock, single, summaries } = await setUp(3);
    clock.forward(MINUTE_MS - 1);
    await pushAll(alerts(4));
    expect(single()).toHaveLength(3);
    clock.forward(1);
    await pushAll(alerts(4, 4));
    expect(single()).toHaveLength(6);
    await drain();
    expect(summaries().map(({ summary }) => [summary.minute, summary.count])).toEqual([
      [FIRST, 1],
      [SECOND, 1],
    ]);
  });

  test('are told once each by several instances at once', async () => {
    const { deps, alerts, drain, store, single, summaries } = await setUp(5);
    const instances = Array.from({ length: 4 }, () => ({ ...deps, store: { ...store } }));
    await Promise.all(alerts(20).map((item, at) => pushAlert(item, instances[at % 4]!)));
    await drain();
    expect(single()).toHaveLength(5);
    expect(summaries().map(({ summary }) => summary.count)).toEqual([15]);
  });

  test('do not hinder each other within one instance', async () => {
    const { deps, alerts, store } = await setUp(5);
    let refusals = 0;
    const save: typeof store.save = async (record, beside) => {
      const isSaved = await store.save(record, beside);
      if (!isSaved) refusals++;
      return isSaved;
    };
    const counted = { ...store, save };
    await Promise.all(alerts(12).map((item) => pushAlert(item, { ...deps, store: counted })));
    expect(refusals).toBe(0);
  });

  test('are counted once, however often their message comes', async () => {
    const { alerts, pushAll, drain, single, summaries } = await setUp(1);
    await pushAll([...alerts(3), ...alerts(3)]);
    await drain();
    await pushAll(alerts(3));
    await drain();
    expect(single()).toEqual(['RTF_0']);
    expect(summaries().map(({ summary }) => summary.count)).toEqual([2]);
  });
});

describe('a summary', () => {
  test('is not lost when the process dies between counting and queueing it', async () => {
    const { deps, alerts, pushAll, drain, sent, summaries } = await setUp(1);
    const [first, second] = alerts(2) as [AlertItem, AlertItem];
    await pushAll([first]);
    const queue = { send: () => Promise.reject(new RetryableError('storage failed sending an alert')) };
    await expect(pushAlert(second, { ...deps, queue })).rejects.toThrow(RetryableError);
    expect(sent).toEqual([]);
    await pushAll([second]);
    await drain();
    expect(summaries().map(({ summary }) => summary.count)).toEqual([1]);
  });

  test('is not lost either when the host gives that message up', async () => {
    const { deps, alerts, pushAll, drain, summaries, state } = await setUp(1);
    const [first, second] = alerts(2) as [AlertItem, AlertItem];
    await pushAll([first]);
    const queue = { send: () => Promise.reject(new RetryableError('storage failed sending an alert')) };
    await expect(pushAlert(second, { ...deps, queue })).rejects.toThrow(RetryableError);
    await recordAlertPoison(second, deps);
    expect(await state(second.id)).toBe('summarised');
    await drain();
    expect(summaries().map(({ summary }) => summary.count)).toEqual([1]);
  });

  test('counts an alert once whose storing was not answered', async () => {
    const { deps, alerts, pushAll, drain, store, single, summaries } = await setUp(1);
    const [first, second] = alerts(2) as [AlertItem, AlertItem];
    await pushAll([first]);
    await pushAlert(second, { ...deps, store: faultyStore(store, 'lost answer') });
    await drain();
    expect(single()).toEqual(['RTF_0']);
    expect(summaries().map(({ summary }) => summary.count)).toEqual([1]);
  });

  test('counts all of its minute: what a clock that is behind brings after it goes to the next', async () => {
    const { alerts, pushAll, drain, clock, posts, summaries } = await setUp(1);
    await pushAll(alerts(3));
    await drain();
    clock.forward(-MINUTE_MS);
    await pushAll(alerts(2, 3));
    expect(posts.at(-1)?.id).toBe('RTF_3');
    await drain();
    expect(summaries().map(({ summary }) => [summary.minute, summary.count])).toEqual([
      [FIRST, 2],
      [SECOND, 1],
    ]);
  });

  test('waits for its minute in the list of what is not posted', async () => {
    const { alerts, pushAll, store, clock } = await setUp(1);
    await pushAll(alerts(3));
    expect(await listAlerts(10, store)).toMatchObject([
      { id: summaryId(FIRST), state: 'waiting', nextAttempt: '2026-05-01T12:01:10.000Z' },
    ]);
    expect(await countAlerts(store, clock.now())).toMatchObject({ waiting: 1, summarised: 2 });
  });

  test('that is refused is tried again as it is, and takes no place of an alert', async () => {
    const { alerts, pushAll, drain, single, summaries } = await setUp(1, [
      { kind: 'accepted', status: 202 },
      REFUSED,
      REFUSED,
    ]);
    await pushAll(alerts(3));
    await drain();
    expect(summaries().map(({ summary }) => summary.count)).toEqual([2, 2, 2]);
    await pushAll(alerts(1, 3));
    expect(single()).toEqual(['RTF_0', 'RTF_3']);
  });

  test('of whose post nobody knows is not repeated, and can be replayed', async () => {
    const { deps, alerts, pushAll, drain, state, summaries } = await setUp(1, [
      { kind: 'accepted', status: 202 },
      UNKNOWN,
    ]);
    await pushAll(alerts(3));
    await drain();
    expect(await state(summaryId(FIRST))).toBe('uncertain');
    expect(await replayAlerts('uncertain', 10, deps)).toBe(1);
    await drain();
    expect(await state(summaryId(FIRST))).toBe('done');
    expect(summaries()).toHaveLength(2);
  });

  test('that the host gave up tells all the same what it counts, once it is replayed', async () => {
    const { deps, alerts, pushAll, drain, sent, clock, summaries } = await setUp(1);
    await pushAll(alerts(3));
    await recordAlertPoison(sent.splice(0)[0]!.item, deps);
    clock.forward(MINUTE_MS);
    expect(await replayAlerts('undelivered', 10, deps)).toBe(1);
    await drain();
    expect(summaries().map(({ summary }) => summary.count)).toEqual([2]);
  });

  test('of a day ago counts no more in status', async () => {
    const { alerts, pushAll, store, clock } = await setUp(1);
    await pushAll(alerts(3));
    clock.forward(86_400_000);
    expect(await countAlerts(store, clock.now())).toMatchObject({ summarised: 2 });
    clock.forward(MINUTE_MS);
    expect(await countAlerts(store, clock.now())).toMatchObject({ summarised: 0 });
  });
});

describe('what was refused before', () => {
  test('waits for another minute rather than for a summary, and leaves half of a minute to what is new', async () => {
    const outcomes = Array.from({ length: 6 }, () => REFUSED);
    const { alerts, pushAll, drain, sent, clock, single, posts, summaries, log } = await setUp(6, outcomes);
    await pushAll(alerts(6));
    const again = sent.splice(0);
    clock.forward(MINUTE_MS);
    posts.length = 0;
    await pushAll(again.map(({ item }) => item));
    expect(single()).toHaveLength(3);
    expect(log.events().filter((event) => event === 'AlertPostponed')).toHaveLength(3);
    for (const { delaySeconds } of sent) {
      expect(delaySeconds).toBeGreaterThanOrEqual(60);
      expect(delaySeconds).toBeLessThanOrEqual(360);
    }
    await pushAll(alerts(3, 6));
    expect(single()).toHaveLength(6);
    await drain();
    expect(single().sort()).toEqual(alerts(9).map(({ id }) => id));
    expect(summaries()).toEqual([]);
  });
});

test('a table that others change all the time gives the message back, and loses nothing', async () => {
  const { deps, alerts, pushAll, sent, store, single } = await setUp(5);
  const busy = { ...store, save: () => Promise.resolve(false) };
  const [item] = alerts(1) as [AlertItem];
  await pushAlert(item, { ...deps, store: busy });
  expect(sent).toEqual([{ item, delaySeconds: 5 }]);
  await pushAll([item]);
  expect(single()).toEqual([item.id]);
});

test('whatever fails, each alert is posted or counted once, and no minute has more posts than allowed', async () => {
  const steps = fc.array(
    fc.record({
      seconds: fc.integer({ min: 0, max: 40 }),
      fault: fc.constantFrom('fine', 'fine', 'lost answer', 'down', 'queue'),
    }),
    { minLength: 8, maxLength: 25 },
  );
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 4 }), async (events, maxPerMinute) => {
      const { deps, alerts, drain, clock, sent, posts, single, summaries, store } = await setUp(maxPerMinute);
      const lost: AlertItem[] = [];
      for (const [at, item] of alerts(events.length).entries()) {
        const { seconds, fault } = events[at]!;
        clock.forward(seconds * 1000);
        const changes: Partial<PushDependencies> =
          fault === 'queue'
            ? { queue: { send: () => Promise.reject(new RetryableError('storage failed sending an alert')) } }
            : { store: faultyStore(store, fault) };
        await pushAlert(item, { ...deps, ...changes }).catch(() => void lost.push(item));
      }
      sent.push(...lost.map((item) => ({ item, delaySeconds: 0 })));
      await drain();
      const counted = summaries().reduce((sum, { summary }) => sum + summary.count, 0);
      expect(new Set(single()).size).toBe(single().length);
      expect(single().length + counted).toBe(events.length);
      expect(new Set(summaries().map(({ ticket_id: id }) => id)).size).toBe(summaries().length);
      const minutes = posts.filter(({ id }) => !id.startsWith('summary-')).map(({ minute }) => minute);
      for (const minute of new Set(minutes)) {
        expect(minutes.filter((each) => each === minute).length).toBeLessThanOrEqual(maxPerMinute);
      }
    }),
    { numRuns: 15 },
  );
});
