import { RestError } from '@azure/data-tables';
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createTableCheckpointStore } from '../../../src/lib/azure/table-checkpoint-store.ts';
import { retryWindow } from '../../../src/lib/pipeline/operate-window.ts';
import type { CheckpointStore, WindowRecord } from '../../../src/lib/pipeline/ports.ts';
import { newWindow } from '../../../src/lib/pipeline/new-window.ts';
import { fixedClock, keptQueue } from '../../support/pipeline.ts';
import { testStorage, uniqueName, withMethod } from '../../support/storage.ts';

const BEFORE = '2026-05-01T12:00:00Z';
const KEY_BYTES = 16;

/** A store, and one beside it that runs `meanwhile` before its first deletion, as another process may. */
async function setUp(meanwhile: () => Promise<unknown> = () => Promise.resolve()) {
  const storage = await testStorage();
  const store = createTableCheckpointStore(storage);
  let isFirst = true;
  const late = withMethod(storage, 'deleteEntity', (table) => async (...args) => {
    if (isFirst) {
      isFirst = false;
      await meanwhile();
    }
    return table.deleteEntity(...args);
  });
  const stream = uniqueName();
  const open = async (hour: number, state: WindowRecord['state'], more: Partial<WindowRecord> = {}) => {
    const [from, to] = [hour, hour + 1].map((each) => `2026-05-01T${String(each).padStart(2, '0')}:00:00Z`);
    const window = newWindow({ stream, run: 'live', from: from!, to: to! }, new Date(BEFORE));
    const record = { ...window, state, ...more };
    await store.insertWindows([record]);
    return read(store, record);
  };
  const prune = (ledgersBefore = BEFORE): Promise<void> =>
    createTableCheckpointStore(late).pruneWindows(stream, 'live', BEFORE, ledgersBefore);
  return { store, stream, open, prune };
}

async function read(store: CheckpointStore, { stream, run, key }: WindowRecord): Promise<WindowRecord> {
  const record = await store.readWindow(stream, run, key);
  if (record === undefined) throw new Error('the window is gone');
  return record;
}

/** Keys in the ledger of a window, whether or not the window is still there. */
async function keysOf(store: CheckpointStore, record: WindowRecord): Promise<number> {
  return (await store.ledger({ ...record }).load('uploaded')).size;
}

describe('pruning', () => {
  test('deletes old finished windows with their ledgers, and no other ledger', async () => {
    const { store, stream, open, prune } = await setUp();
    const windows = await Promise.all([
      open(1, 'waived'),
      open(2, 'running'),
      open(3, 'incomplete'),
      open(4, 'failed'),
      open(13, 'running'),
    ]);
    for (const window of windows) await store.saveWindow(window, { uploaded: randomBytes(3 * KEY_BYTES) });
    await prune();
    expect((await store.listWindows(stream, 'live')).map(({ state }) => state)).toEqual([
      'running',
      'incomplete',
      'failed',
      'running',
    ]);
    expect(await Promise.all(windows.map((window) => keysOf(store, window)))).toEqual([0, 3, 3, 3, 3]);
  });

  test('deletes closed windows that ended by then, and of later ones the ledgers first', async () => {
    const { store, stream, open, prune } = await setUp();
    const reaching = { from: '2026-05-01T11:30:00Z', to: '2026-05-01T12:00:01Z' };
    const windows = await Promise.all([
      open(11, 'closed'),
      open(10, 'closed', { key: '20260501T113000Z-20260501T120001Z', ...reaching }),
      open(13, 'closed'),
      open(14, 'incomplete'),
    ]);
    for (const window of windows) await store.saveWindow(window, { uploaded: randomBytes(KEY_BYTES) });
    await prune('2026-05-01T15:00:00Z');
    expect((await store.listWindows(stream, 'live')).map(({ key }) => key)).toEqual(
      windows.slice(1).map(({ key }) => key),
    );
    expect(await Promise.all(windows.map((window) => keysOf(store, window)))).toEqual([0, 0, 0, 1]);
  });

  test('touches no other stream, and no backfill', async () => {
    const [one, other] = [await setUp(), await setUp()];
    await one.open(1, 'closed');
    const kept = await other.open(1, 'closed');
    const backfill = {
      ...newWindow({ ...kept, stream: one.stream, run: 'b-1' }, new Date(BEFORE)),
      state: 'closed',
    } as const;
    await one.store.insertWindows([backfill]);
    await one.prune();
    expect(await one.store.listWindows(one.stream, 'live')).toEqual([]);
    expect(await one.store.listWindows(one.stream, 'b-1')).toHaveLength(1);
    expect(await other.store.listWindows(other.stream, 'live')).toHaveLength(1);
  });

  test('that storage refuses has failed', async () => {
    const { open, prune } = await setUp(() => Promise.reject(new RestError('busy', { statusCode: 503 })));
    await open(1, 'closed');
    await expect(prune()).rejects.toMatchObject({ message: 'storage failed pruning windows (503)' });
  });

  test('deletes ledgers that their window left behind', async () => {
    const { store, open, prune } = await setUp();
    const window = await open(1, 'running');
    await store.saveWindow(window, { uploaded: randomBytes(KEY_BYTES) });
    const slice = newWindow({ ...window, slice: 'type.file' }, new Date(BEFORE));
    await store.splitWindow(window, [slice]);
    const again = await read(store, slice);
    await store.saveWindow(again, { uploaded: randomBytes(2 * KEY_BYTES) });
    await prune();
    expect([await keysOf(store, window), await keysOf(store, again)]).toEqual([0, 2]);
  });

  test('keeps a window that an operator has retried since it was listed, and what it uploads', async () => {
    const bench = { retry: (): Promise<unknown> => Promise.resolve() };
    const { store, stream, open, prune } = await setUp(() => bench.retry());
    const window = await open(1, 'incomplete', { acknowledged: true });
    const queue = keptQueue();
    const item = { version: 1, stream, run: 'live', window: window.key } as const;
    bench.retry = async () => {
      await retryWindow(item, { store, clock: fixedClock(), queue });
      const retried = await read(store, window);
      await store.saveWindow(retried, { uploaded: randomBytes(5 * KEY_BYTES) });
    };
    await prune();
    expect(queue.sent).toHaveLength(1);
    expect(await store.readWindow(stream, 'live', window.key)).toMatchObject({ state: 'planned' });
    expect(await keysOf(store, window)).toBe(5);
  });
});
