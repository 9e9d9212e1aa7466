import { RestError } from '@azure/data-tables';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  newAlertRecord,
  type AlertRecord,
  type AlertState,
  type AlertStore,
} from '../../../src/lib/alerts/alert-record.ts';
import { newMinute } from '../../../src/lib/alerts/alert-minute.ts';
import { TABLE_NAMES } from '../../../src/lib/azure/names.ts';
import type { Storage } from '../../../src/lib/azure/storage.ts';
import { createTableAlertStore } from '../../../src/lib/azure/table-alert-store.ts';
import { setUpAlerts } from '../../support/alerts.ts';

const NOW = new Date('2026-05-01T12:00:00.000Z');
const MINUTE = '2026-05-01T12:00Z';

let storage: Storage;
let store: AlertStore;

beforeEach(async () => {
  ({ storage, store } = await setUpAlerts());
});

function alert(id: string, changes: Partial<AlertRecord> = {}): AlertRecord {
  return { ...newAlertRecord({ version: 1, id, payload: '{}', queuedAt: NOW.toISOString() }, NOW), ...changes };
}

async function saved(id: string, state: AlertState = 'posting'): Promise<AlertRecord> {
  const record = alert(id, { state });
  expect(await store.save(record)).toBe(true);
  return record;
}

async function openIds(limit = 100): Promise<string[]> {
  return (await store.listOpen(limit)).map(({ id }) => id).sort();
}

describe('an alert', () => {
  test('is read back as it was stored, with and without what need not be there', async () => {
    const full = alert('full', {
      ...{ state: 'waiting', attempts: 3, notBefore: '2026-05-01T13:00:00.000Z', lastError: 'HTTP 500' },
      ...{ owner: 'w', minute: MINUTE, summarises: '2026-05-01T11:59Z' },
    });
    const { payload: _, ...bare } = alert('bare', { state: 'undelivered' });
    for (const record of [full, bare]) {
      const { etag: __, ...before } = { ...record };
      expect(await store.save(record)).toBe(true);
      const { etag, ...read } = (await store.read(record.key))!;
      expect(read).toStrictEqual(before);
      expect(etag).toBe(record.etag);
    }
    expect(await store.read('unknown')).toBeUndefined();
  });

  test('is listed while it is open, without its payload, and not once it is done', async () => {
    const record = await saved('a');
    const [listed] = await store.listOpen(10);
    expect(listed).toMatchObject({ id: 'a', state: 'posting' });
    expect(listed).not.toHaveProperty('payload');
    record.state = 'waiting';
    expect(await store.save(record)).toBe(true);
    expect(await store.listOpen(10)).toMatchObject([{ id: 'a', state: 'waiting' }]);
    record.state = 'done';
    expect(await store.save(record)).toBe(true);
    expect(await openIds()).toEqual([]);
  });

  test('is listed among so many at most', async () => {
    for (const id of ['a', 'b', 'c']) await saved(id);
    expect(await openIds(2)).toHaveLength(2);
    expect(await openIds(3)).toEqual(['a', 'b', 'c']);
  });

  test.for(['undelivered', 'uncertain'] as const)(
    'that is %s is listed before more that wait than are asked for',
    async (state) => {
      for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) await saved(id, 'waiting');
      const [hidden] = (await store.listOpen(6)).slice(-1);
      const record = (await store.read(hidden!.key))!;
      record.state = state;
      expect(await store.save(record)).toBe(true);
      for (const limit of [1, 2, 6, 7]) {
        const listed = await store.listOpen(limit);
        expect(listed[0]).toMatchObject({ id: hidden!.id, state });
        expect(new Set(listed.map(({ id }) => id)).size).toBe(Math.min(limit, 6));
      }
    },
  );

  test('that is summarised from the first is listed by nothing', async () => {
    await saved('a', 'summarised');
    expect(await openIds()).toEqual([]);
  });

  test('belongs to who was faster: nobody makes it twice, or changes what another has changed', async () => {
    const mine = await saved('a');
    expect(await store.save(alert('a'))).toBe(false);
    const theirs = (await store.read(mine.key))!;
    expect(await store.save({ ...theirs, state: 'waiting' })).toBe(true);
    expect(await store.save({ ...mine, state: 'undelivered' })).toBe(false);
    expect((await store.read(mine.key))?.state).toBe('waiting');
  });

  test('of a newer release is refused', async () => {
    const { key } = await saved('a');
    const table = storage.table(TABLE_NAMES.alerts);
    await table.updateEntity({ partitionKey: 'alerts', rowKey: `id~${key}`, version: 2 }, 'Merge');
    await expect(store.read(key)).rejects.toMatchObject({
      name: 'NewerReleaseError',
      message: expect.stringContaining(`alert id~${key} was stored by a newer version`) as string,
    });
  });
});

describe('a minute', () => {
  test('is new until something counts in it, and changes with the alert that counts, or neither does', async () => {
    expect(await store.readMinute(MINUTE)).toEqual(newMinute(MINUTE));
    const worst = { firstTime: 'a', lastTime: 'b', score: 7, severity: 'high', priority: 1 };
    const minute = { ...newMinute(MINUTE), posted: 2, summarised: 3, ...worst };
    const summary = alert('summary', { summarises: MINUTE });
    expect(await store.save(alert('a'), { minute, summary })).toBe(true);
    const stored = await store.readMinute(MINUTE);
    expect(stored).toStrictEqual({ ...minute, etag: stored.etag });
    expect(await openIds()).toEqual(['a', 'summary']);
    expect(await store.save(alert('b'), { minute })).toBe(false);
    expect(await store.save(alert('b'), { minute: { ...stored, posted: 3, isClosed: true } })).toBe(true);
    expect(await store.readMinute(MINUTE)).toMatchObject({ posted: 3, isClosed: true });
    expect(await openIds()).toEqual(['a', 'b', 'summary']);
  });

  test('counts what was summarised from it on', async () => {
    for (const [at, summarised] of [3, 20, 100].entries()) {
      const minute = { ...newMinute(`2026-05-01T12:0${at}Z`), summarised };
      await store.save(alert(`a-${at}`), { minute });
    }
    expect(await store.countSummarised('2026-05-01T12:01Z')).toBe(120);
    expect(await store.countSummarised('2026-05-01T12:03Z')).toBe(0);
  });
});

describe('the start of alerts', () => {
  test('is kept once: who comes later is told the first one', async () => {
    expect(await store.readStart()).toBeUndefined();
    expect(await store.keepStart('first')).toBe('first');
    expect(await store.keepStart('second')).toBe('first');
    expect(await store.readStart()).toBe('first');
  });

  test('is no alert: alerts are used from the first one on', async () => {
    await store.keepStart('first');
    expect(await store.isUsed()).toBe(false);
    await saved('a', 'summarised');
    expect(await store.isUsed()).toBe(true);
  });
});

const ACTIONS = [
  ['reading an alert', (dead: AlertStore) => dead.read('k')],
  ['storing an alert', (dead: AlertStore) => dead.save(alert('a'))],
  ['listing alerts', (dead: AlertStore) => dead.listOpen(1)],
  ['reading a minute of alerts', (dead: AlertStore) => dead.readMinute(MINUTE)],
  ['counting alerts', (dead: AlertStore) => dead.countSummarised(MINUTE)],
  ['reading the start of alerts', (dead: AlertStore) => dead.readStart()],
  ['storing the start of alerts', (dead: AlertStore) => dead.keepStart('s')],
  ['looking for alerts', (dead: AlertStore) => dead.isUsed()],
] as const;

test.for(ACTIONS)('%s from storage that does not answer is a passing fault', async ([action, run]) => {
  const table = { createTable: () => Promise.reject(new RestError('reset')) };
  const dead = createTableAlertStore({ ...storage, table: () => table } as unknown as Storage);
  await expect(run(dead)).rejects.toMatchObject({
    name: 'RetryableError',
    message: `storage failed ${action} (no answer)`,
  });
});

test.for(ACTIONS)('%s from storage that is busy is a passing fault, and finds nothing', async ([action, run]) => {
  const busy = (): never => {
    throw new RestError('server busy', { statusCode: 503 });
  };
  const methods = ['getEntity', 'submitTransaction', 'createEntity', 'listEntities'];
  const table = { createTable: () => Promise.resolve(), ...Object.fromEntries(methods.map((name) => [name, busy])) };
  const dead = createTableAlertStore({ ...storage, table: () => table } as unknown as Storage);
  await expect(run(dead)).rejects.toMatchObject({
    name: 'RetryableError',
    message: `storage failed ${action} (503)`,
  });
});
