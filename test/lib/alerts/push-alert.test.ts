import { describe, expect, test } from 'vitest';
import { parseAlertItem } from '../../../src/lib/alerts/alert-item.ts';
import { alertKey } from '../../../src/lib/alerts/alert-record.ts';
import { countAlerts, listAlerts, recordAlertPoison, replayAlerts } from '../../../src/lib/alerts/operate-alerts.ts';
import type { PostOutcome } from '../../../src/lib/alerts/post-webhook.ts';
import { pushAlert } from '../../../src/lib/alerts/push-alert.ts';
import { FatalError, RetryableError } from '../../../src/lib/errors.ts';
import type { AlertItem } from '../../../src/lib/alerts/ports.ts';
import { faultyStore, setUpAlerts } from '../../support/alerts.ts';

const REFUSED: PostOutcome = { kind: 'refused', reason: 'soar.example answered 503' };
const UNKNOWN: PostOutcome = { kind: 'unknown', reason: 'soar.example did not answer within 30 s' };

describe('an alert', () => {
  test('is claimed before it is posted, and done after', async () => {
    const { deps, item, posted, state, store } = await setUpAlerts();
    const states: unknown[] = [];
    const post: typeof deps.post = async (given) => {
      states.push(await state());
      return deps.post(given);
    };
    await pushAlert(item, { ...deps, post });
    expect(states).toEqual(['posting']);
    expect(await state()).toBe('done');
    expect(posted).toEqual([item.id]);
    expect(await listAlerts(10, store)).toEqual([]);
    expect((await store.read(alertKey(item.id)))?.payload).toBeUndefined();
  });

  test('is posted once, however often it is queued', async () => {
    const { deps, item, posted } = await setUpAlerts();
    for (let time = 0; time < 3; time++) await pushAlert(item, deps);
    expect(posted).toEqual([item.id]);
  });

  test('is posted once when several workers and instances take it at the same time', async () => {
    const { deps, item, posted, sent, clock, store } = await setUpAlerts();
    const instances = [deps, deps, ...Array.from({ length: 6 }, () => ({ ...deps, store: { ...store } }))];
    await Promise.all(instances.map((instance) => pushAlert(item, instance)));
    expect(posted).toEqual([item.id]);
    // Those that were too late look again later, and find it done.
    clock.forward(600_000);
    for (const { item: again } of sent.splice(0)) await pushAlert(again, deps);
    expect(posted).toEqual([item.id]);
    expect(sent).toEqual([]);
  });

  test('with any id can be stored', async () => {
    const { deps, item, state } = await setUpAlerts();
    for (const id of ['a/b\\c#d?e%', 'ü'.repeat(400), '\u0001', "'; drop"]) {
      await pushAlert({ ...item, id }, deps);
      expect(await state(id)).toBe('done');
    }
  });
});

describe('a refused post', () => {
  test('is tried again with growing delays until it is taken', async () => {
    const { deps, item, posted, sent, clock, state } = await setUpAlerts([REFUSED, REFUSED, REFUSED]);
    const delays: number[] = [];
    let next: AlertItem | undefined = item;
    while (next !== undefined) {
      await pushAlert(next, deps);
      const message = sent.shift();
      if (message !== undefined) delays.push(message.delaySeconds);
      clock.forward((message?.delaySeconds ?? 0) * 1000);
      next = message?.item;
    }
    expect(delays).toEqual([30, 60, 120]);
    expect(posted).toHaveLength(4);
    expect(await state()).toBe('done');
  });

  test('waits as long as the webhook asks', async () => {
    const { deps, item, sent } = await setUpAlerts([{ ...REFUSED, retryAfterMs: 900_000 }]);
    await pushAlert(item, deps);
    expect(sent).toMatchObject([{ delaySeconds: 900 }]);
  });

  test('that comes too early waits for its time', async () => {
    const { deps, item, posted, sent, clock } = await setUpAlerts([REFUSED]);
    await pushAlert(item, deps);
    clock.forward(10_000);
    await pushAlert(item, deps);
    expect(posted).toHaveLength(1);
    expect(sent.at(-1)?.delaySeconds).toBe(20);
  });

  test('is given up after a day, visibly', async () => {
    const { deps, item, sent, clock, state, store, log } = await setUpAlerts(Array.from({ length: 40 }, () => REFUSED));
    await pushAlert(item, deps);
    for (let step = 0; sent.length > 0 && step < 60; step++) {
      const { item: next, delaySeconds } = sent.shift()!;
      clock.forward(delaySeconds * 1000);
      await pushAlert(next, deps);
    }
    expect(await state()).toBe('undelivered');
    expect(log.events().at(-1)).toBe('AlertUndelivered');
    expect(await countAlerts(store, clock.now())).toEqual({
      waiting: 0,
      undelivered: 1,
      uncertain: 0,
      summarised: 0,
      lastError: 'soar.example answered 503',
    });
    await pushAlert(item, deps);
    expect(await state()).toBe('undelivered');
  });

  test('because no webhook is set is one too', async () => {
    const { deps, item, sent, store } = await setUpAlerts();
    await pushAlert(item, { ...deps, post: undefined });
    expect(sent).toHaveLength(1);
    expect(await listAlerts(10, store)).toMatchObject([{ state: 'waiting', error: 'ALERT_WEBHOOK_URL is not set' }]);
  });
});

describe('a post whose end nobody knows', () => {
  test('is not repeated, and stands in the list', async () => {
    const { deps, item, posted, sent, state, store, log } = await setUpAlerts([UNKNOWN]);
    await pushAlert(item, deps);
    await pushAlert(item, deps);
    expect(posted).toHaveLength(1);
    expect(sent).toEqual([]);
    expect(await state()).toBe('uncertain');
    expect(log.events()).toContain('AlertUncertain');
    expect(await listAlerts(10, store)).toMatchObject([{ id: item.id, state: 'uncertain', nextAttempt: null }]);
  });

  test('because the process died in it, is found out when the claim is old', async () => {
    const { deps, item, posted, sent, clock, state } = await setUpAlerts();
    const dead = new Promise<PostOutcome>(() => undefined);
    void pushAlert(item, { ...deps, post: () => dead });
    await expect.poll(() => state()).toBe('posting');
    await pushAlert(item, deps);
    expect(sent).toMatchObject([{ delaySeconds: 300 }]);
    clock.forward(301_000);
    await pushAlert(item, deps);
    expect(await state()).toBe('uncertain');
    expect(posted).toEqual([]);
  });

  test('because what came of it could not be stored, is not repeated either', async () => {
    const { deps, item, posted, clock, state, store } = await setUpAlerts();
    await expect(pushAlert(item, { ...deps, store: faultyStore(store, 'fine', 'down') })).rejects.toThrow(
      RetryableError,
    );
    clock.forward(400_000);
    await pushAlert(item, deps);
    expect(posted).toHaveLength(1);
    expect(await state()).toBe('uncertain');
  });
});

describe('a storage that fails', () => {
  test('before the claim costs nothing: the message comes again', async () => {
    const { deps, item, posted, store } = await setUpAlerts();
    await expect(pushAlert(item, { ...deps, store: faultyStore(store, 'down') })).rejects.toThrow(RetryableError);
    expect(posted).toEqual([]);
    await pushAlert(item, deps);
    expect(posted).toHaveLength(1);
  });

  test('to answer a claim that it has kept does not lose the alert', async () => {
    const { deps, item, posted, state, store } = await setUpAlerts();
    await pushAlert(item, { ...deps, store: faultyStore(store, 'lost answer') });
    expect(posted).toHaveLength(1);
    expect(await state()).toBe('done');
  });
});

describe('a replay', () => {
  test('queues what was given up, and what is uncertain only when that is asked for', async () => {
    const { deps, item, posted, sent, clock, state } = await setUpAlerts([UNKNOWN]);
    await pushAlert(item, deps);
    expect(await replayAlerts('undelivered', 10, deps)).toBe(0);
    expect(await replayAlerts('uncertain', 10, deps)).toBe(1);
    expect(await replayAlerts('uncertain', 10, deps)).toBe(0);
    clock.forward(1000);
    await pushAlert(sent.shift()!.item, deps);
    expect(posted).toHaveLength(2);
    expect(await state()).toBe('done');
  });

  test('queues no more than asked for', async () => {
    const { deps, item, sent } = await setUpAlerts([UNKNOWN, UNKNOWN, UNKNOWN]);
    for (const id of ['a', 'b', 'c']) await pushAlert({ ...item, id: `${item.id}-${id}` }, deps);
    expect(await replayAlerts('uncertain', 2, deps)).toBe(2);
    expect(sent).toHaveLength(2);
  });
});

describe('a message that the host gave up', () => {
  test('is booked as undelivered when nothing was posted', async () => {
    const { deps, item, state } = await setUpAlerts();
    await recordAlertPoison(item, deps);
    expect(await state()).toBe('undelivered');
    expect(await replayAlerts('undelivered', 10, deps)).toBe(1);
  });

  test('is booked as uncertain when it may have been posted', async () => {
    const { deps, item, state } = await setUpAlerts();
    void pushAlert(item, { ...deps, post: () => new Promise<PostOutcome>(() => undefined) });
    await expect.poll(() => state()).toBe('posting');
    await recordAlertPoison(item, deps);
    expect(await state()).toBe('uncertain');
  });

  test('changes nothing about an alert that is done', async () => {
    const { deps, item, state } = await setUpAlerts();
    await pushAlert(item, deps);
    await recordAlertPoison(item, deps);
    expect(await state()).toBe('done');
  });

  test.for([undefined, 'x', {}, { version: '2' }, { version: 0, id: 'a', payload: '{}' }])(
    'and is none of ours stays where it is: %j',
    (message) => {
      expect(() => parseAlertItem(message)).toThrow(FatalError);
    },
  );
});
