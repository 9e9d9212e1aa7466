import { expect, test } from 'vitest';
import { ClaimLostError, RetryableError } from '../../../src/lib/errors.ts';
import { hurryQuietly, hurryWindows } from '../../../src/lib/pipeline/hurry-windows.ts';
import { newWindow } from '../../../src/lib/pipeline/new-window.ts';
import type { WindowRecord } from '../../../src/lib/pipeline/ports.ts';
import { keptLog, keptQueue, pagedStream, setUp } from '../../support/pipeline.ts';

/** A window of the hour so many hours before noon, with these changes. */
function windowOf(stream: string, hours: number, changes: Partial<WindowRecord>, run = 'live'): WindowRecord {
  const noon = Date.parse('2026-05-01T12:00:00Z');
  const [from, to] = [hours, hours - 1].map((each) => new Date(noon - each * 3_600_000).toISOString());
  return { ...newWindow({ stream, run, from: from ?? '', to: to ?? '' }, new Date(noon)), ...changes };
}

test('what waits for the account or the identity is due at once, live and of running backfills; nothing else is touched', async () => {
  const { stream } = pagedStream(1);
  const { store, clock } = await setUp(stream);
  const [queue, { log, events }] = [keptQueue(), keptLog()];
  const later = new Date(clock.now().getTime() + 300_000).toISOString();
  const waits = { repair: 'account' as const, notBefore: later, lastError: 'HTTP 401' };
  const about = { stream: stream.name, from: '2026-04-01T00:00:00Z', to: '2026-04-02T00:00:00Z' };
  const at = clock.now().toISOString();
  for (const [id, status] of [
    ['b-1', 'running'],
    ['b-2', 'cancelled'],
  ] as const)
    await store.saveBackfill({ ...about, id, status, startedAt: at, updatedAt: at });
  await store.insertWindows([
    windowOf(stream.name, 1, waits),
    windowOf(stream.name, 2, { ...waits, repair: 'identity', state: 'failed' }),
    windowOf(stream.name, 3, { notBefore: later, lastError: 'HTTP 503' }),
    windowOf(stream.name, 4, { ...waits, state: 'closed' }),
    windowOf(stream.name, 5, { repair: 'account' }),
  ]);
  await store.insertWindows([windowOf(stream.name, 6, waits, 'b-1')]);
  await store.insertWindows([windowOf(stream.name, 7, waits, 'b-2')]);

  expect(await hurryWindows([stream.name], { store, queue, clock, log })).toBe(3);
  expect(queue.sent.map(({ item: { run }, delaySeconds }) => ({ run, delaySeconds }))).toEqual([
    { run: 'live', delaySeconds: 0 },
    { run: 'live', delaySeconds: 0 },
    { run: 'b-1', delaySeconds: 0 },
  ]);
  const after = await store.listWindows(stream.name, 'live');
  const sent = new Set(queue.sent.map(({ item: { window } }) => window));
  for (const record of after.filter(({ key }) => sent.has(key))) {
    expect(record).toMatchObject({ state: 'planned' });
    expect(record).not.toHaveProperty('notBefore');
  }
  expect(after.filter(({ notBefore }) => notBefore === later)).toHaveLength(2);
  expect(events()).toEqual(['WindowsHurried']);
  // Asked for again, all of it is due already.
  expect(await hurryWindows([stream.name], { store, queue, clock, log })).toBe(0);
});

test('storage that fails as windows are hurried is told to who asks, and logged where nobody does', async () => {
  const { stream } = pagedStream(1);
  const { store, clock, queue } = await setUp(stream);
  const { log, events } = keptLog();
  const later = new Date(clock.now().getTime() + 300_000).toISOString();
  await store.insertWindows([windowOf(stream.name, 1, { repair: 'account', notBefore: later })]);
  const broken = { ...store, saveWindow: () => Promise.reject(new RetryableError('storage failed')) };
  await expect(hurryWindows([stream.name], { store: broken, queue, clock, log })).rejects.toThrow('storage failed');
  await hurryQuietly([stream.name], { store: broken, queue, clock, log });
  expect(events()).toEqual(['HurryFailed']);
  const lost = { ...store, saveWindow: () => Promise.reject(new ClaimLostError('another was faster')) };
  expect(await hurryWindows([stream.name], { store: lost, queue, clock, log })).toBe(0);
  expect(queue.sent).toEqual([]);
});
