import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { InvocationContext } from '@azure/functions';
import type * as FunctionsModule from '@azure/functions';
import { TABLE_NAMES, WAKE_UP_QUEUE_NAME } from '../../src/lib/azure/names.ts';
import { startBackends, useSettings, type Backends } from '../support/http-app.ts';
import { testStorage, uniqueName } from '../support/storage.ts';

const registered = vi.hoisted(() => ({ timers: new Map<string, { schedule: string }>() }));
vi.mock('@azure/functions', async (original) => ({
  ...(await original<typeof FunctionsModule>()),
  app: {
    timer: (name: string, options: { schedule: string }) => registered.timers.set(name, options),
    http: () => undefined,
    storageQueue: () => undefined,
  },
}));

let backends: Backends;
beforeAll(async () => {
  backends = await startBackends({ eventCount: 0, hostCount: 0 });
});
afterAll(() => backends.close());
afterEach(() => vi.resetModules());

test('the bundle that registers holds no code of the streams', () => {
  const [main, handlers] = ['main', 'handlers'].map((name) => readFileSync(`dist/${name}.cjs`, 'utf8'));
  expect(handlers).toContain('vm_processed_after');
  expect(main).not.toContain('vm_processed_after');
  expect(main).toContain('VM_SCHEDULE');
});

describe('the timers', () => {
  test('have the schedules of the specification where none is set, or a blank one', async () => {
    useSettings({ EDR_SCHEDULE: undefined, VM_SCHEDULE: ' ' });
    await import('../../src/functions/plan-windows.ts');
    expect(registered.timers.get('plan-edr-events')?.schedule).toBe('0 */5 * * * *');
    expect(registered.timers.get('plan-vm-detections')?.schedule).toBe('0 */30 * * * *');
  });

  test('take the schedules of the settings', async () => {
    useSettings({ EDR_SCHEDULE: '0 */7 * * * *', VM_SCHEDULE: '0 0 * * * *' });
    await import('../../src/functions/plan-windows.ts');
    useSettings({ EDR_SCHEDULE: undefined, VM_SCHEDULE: undefined });
    expect(registered.timers.get('plan-edr-events')?.schedule).toBe('%EDR_SCHEDULE%');
    expect(registered.timers.get('plan-vm-detections')?.schedule).toBe('%VM_SCHEDULE%');
  });

  test('of a disabled stream plan nothing', async () => {
    useSettings({ QUALYS_STREAMS: 'edr-events' });
    const { planStream } = await import('../../src/lib/handlers/plan-windows.ts');
    const { getServices } = await import('../../src/lib/services.ts');
    await planStream('vm-detections');
    useSettings({ QUALYS_STREAMS: undefined });
    expect(await getServices().store.readWatermark('vm-detections')).toBeUndefined();
  });

  test('keep when alerts begin: at the last tick before the webhook was set', async () => {
    const tick = async () => {
      const { planStream } = await import('../../src/lib/handlers/plan-windows.ts');
      const { getServices } = await import('../../src/lib/services.ts');
      await planStream('vm-detections');
      await planStream('edr-events');
      return getServices();
    };
    const { store, alerts } = await tick();
    expect(await alerts.store.readStart()).toBeUndefined();
    const mark = await store.readWatermark('edr-events');
    vi.resetModules();
    useSettings({ ALERT_WEBHOOK_URL: 'https://soar.example/hook' });
    await tick();
    await tick();
    useSettings({ ALERT_WEBHOOK_URL: undefined });
    expect(await alerts.store.readStart()).toBe(mark?.lastTick);
    expect((await store.readWatermark('edr-events'))?.lastTick).not.toBe(mark?.lastTick);
  });

  test('bring killed backfills of their stream forward', async () => {
    const { planStream } = await import('../../src/lib/handlers/plan-windows.ts');
    const { getServices } = await import('../../src/lib/services.ts');
    const { store } = getServices();
    const id = uniqueName('killed');
    const now = new Date().toISOString();
    const [from, to] = ['2026-04-01T00:00:00Z', '2026-04-01T01:00:00Z'];
    await store.saveBackfill({
      id,
      stream: 'edr-events',
      from,
      to,
      status: 'planning',
      startedAt: now,
      updatedAt: now,
    });
    await planStream('edr-events');
    expect((await store.readBackfill(id))?.status).toBe('running');
    expect(await store.listWindows('edr-events', id)).toHaveLength(4);
  });
});

describe('the queue function', () => {
  test.for([
    ['a message that is not ours', { hello: 'world' }, /not a work item/],
    ['a text', 'x', /not a work item/],
    ['nothing', null, /not a work item/],
    ['a disabled stream', { version: 1, stream: 'was-findings', run: 'live', window: 'w' }, /not enabled/],
  ] as const)('refuses %s, so that it ends in the poison queue', async ([, message, why]) => {
    const { processMessage } = await import('../../src/lib/handlers/process-window.ts');
    await expect(processMessage(message)).rejects.toThrow(why);
  });

  test.each([
    ['message', { version: 2, stream: 'edr-events', windows: ['w', 'x'] }],
    ['window', { version: 1, stream: 'edr-events', run: 'live', window: 'newer', further: 'field' }],
  ])('puts a %s of a newer release back as it is, for an instance of that release', async (_, message) => {
    const { processMessage } = await import('../../src/lib/handlers/process-window.ts');
    const { getServices } = await import('../../src/lib/services.ts');
    const windows = (await testStorage()).table(TABLE_NAMES.windows);
    await windows.createTable();
    await windows.upsertEntity({ partitionKey: 'edr-events', rowKey: 'newer', version: 2, state: 'unheard-of' });
    const send = vi.spyOn(getServices().queue, 'send');
    const { waiting } = await getServices().queue.lengths();
    await processMessage(message);
    expect(send.mock.calls).toEqual([[message, 30]]);
    expect(await getServices().queue.lengths()).toEqual({ waiting: waiting + 1, poison: 0 });
    expect(await windows.getEntity('edr-events', 'newer')).toMatchObject({ version: 2, state: 'unheard-of' });
    await windows.deleteEntity('edr-events', 'newer');
  });

  test('reads a message with a field that a newer release has added', async () => {
    const { parseWorkItem } = await import('../../src/lib/pipeline/work-item.ts');
    const item = { version: 1, stream: 'edr-events', run: 'live', window: 'w' };
    expect(parseWorkItem({ ...item, further: 'field' })).toEqual(item);
  });

  test('drops an item whose window is gone', async () => {
    const { processMessage } = await import('../../src/lib/handlers/process-window.ts');
    await processMessage({
      version: 1,
      stream: 'edr-events',
      run: 'live',
      window: '20200101T000000Z-20200101T001500Z',
    });
  });
});

describe('the queue of wake-ups', () => {
  test.each([
    ['what is not ours', { hello: 'world' }],
    ['a text', 'x'],
    ['what a newer release sent', { version: 2, stream: 'edr-events' }],
    ['that of a stream which is off', { version: 1, stream: 'was-findings' }],
  ])('drops %s: no tick waits for it', async (_, message) => {
    const { wakePlanner } = await import('../../src/lib/handlers/plan-windows.ts');
    await wakePlanner(message);
  });

  test('has a storage that fails tried again by the host, but for the last time', async () => {
    const { wakePlanner } = await import('../../src/lib/handlers/plan-windows.ts');
    const { getServices } = await import('../../src/lib/services.ts');
    const { RetryableError } = await import('../../src/lib/errors.ts');
    const fails = vi
      .spyOn(getServices().store, 'readWatermark')
      .mockRejectedValue(new RetryableError('storage failed', { scope: 'storage' }));
    const message = { version: 1, stream: 'edr-events', further: 'field' };
    await expect(wakePlanner(message, 4)).rejects.toThrow('storage failed');
    await wakePlanner(message, 5);
    fails.mockRestore();
  });

  test('is sent to when a live window has ended, and is not waited for where that fails', async () => {
    const { getServices } = await import('../../src/lib/services.ts');
    const { newWindow } = await import('../../src/lib/pipeline/new-window.ts');
    const services = getServices();
    const processing = services.processing(services.streams[0]!);
    const bounds = { from: '2026-04-01T00:00:00Z', to: '2026-04-01T01:00:00Z' };
    const ended = newWindow({ stream: uniqueName(), run: 'live', ...bounds }, new Date());
    await processing.onFinished?.(ended);
    const queue = (await testStorage()).queue(WAKE_UP_QUEUE_NAME);
    expect((await queue.getProperties()).approximateMessagesCount).toBe(1);
    const { take } = services.moving(services.streams[0]!).wakeUps;
    await take(ended.stream);
    await queue.delete();
    await processing.onFinished?.(ended);
  });
});

describe('the queue of alerts', () => {
  const item = { version: 1, id: 'newer', payload: '{}', queuedAt: '2026-05-01T00:00:00.000Z' };

  test.each([
    ['message', { ...item, version: 2 }],
    ['record', item],
  ])('puts a %s of a newer release back as it is', async (_, message) => {
    const { pushOne } = await import('../../src/lib/handlers/push-alert.ts');
    const { alertKey } = await import('../../src/lib/alerts/alert-record.ts');
    const { getServices } = await import('../../src/lib/services.ts');
    const table = (await testStorage()).table(TABLE_NAMES.alerts);
    await table.createTable();
    const entity = { partitionKey: 'alerts', rowKey: `id~${alertKey('newer')}`, version: 2, state: 'unheard-of' };
    await table.upsertEntity(entity);
    const send = vi.spyOn(getServices().alerts.queue, 'send');
    await pushOne(message, new InvocationContext());
    expect(send.mock.calls).toEqual([[message, 30]]);
    expect(await table.getEntity(entity.partitionKey, entity.rowKey)).toMatchObject({ state: 'unheard-of' });
    await table.deleteEntity(entity.partitionKey, entity.rowKey);
  });

  test('reads a message with a field that a newer release has added', async () => {
    const { parseAlertItem } = await import('../../src/lib/alerts/alert-item.ts');
    expect(parseAlertItem({ ...item, further: 'field' })).toEqual(item);
  });
});

describe('the poison queue', () => {
  test('marks the window of its item failed, so that the planner brings it back', async () => {
    const { recordPoison } = await import('../../src/lib/handlers/process-window.ts');
    const { getServices } = await import('../../src/lib/services.ts');
    const { newWindow } = await import('../../src/lib/pipeline/new-window.ts');
    const { store } = getServices();
    const run = uniqueName('run');
    const bounds = { from: '2026-04-01T00:00:00Z', to: '2026-04-01T01:00:00Z' };
    const record = newWindow({ stream: 'edr-events', run, ...bounds }, new Date());
    await store.insertWindows([record]);
    await recordPoison({ version: 1, stream: 'edr-events', run, window: record.key });
    expect(await store.readWindow('edr-events', run, record.key)).toMatchObject({ state: 'failed', attempts: 1 });
    await recordPoison({ version: 1, stream: 'edr-events', run, window: 'gone' });
  });

  test('keeps a message that is not ours', async () => {
    const { recordPoison } = await import('../../src/lib/handlers/process-window.ts');
    await expect(recordPoison('garbage')).rejects.toThrow(/not a work item/);
  });
});
