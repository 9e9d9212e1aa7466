import { RestError } from '@azure/data-tables';
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { TABLE_NAMES } from '../../../src/lib/azure/names.ts';
import { createTableCheckpointStore } from '../../../src/lib/azure/table-checkpoint-store.ts';
import { ledgerPrefix, openLedger } from '../../../src/lib/azure/table-ledger.ts';
import { ClaimLostError } from '../../../src/lib/errors.ts';
import type { CheckpointStore, WindowRecord } from '../../../src/lib/pipeline/ports.ts';
import { newWindow } from '../../../src/lib/pipeline/new-window.ts';
import { testStorage, uniqueName, withMethod } from '../../support/storage.ts';

const KEY_BYTES = 16;

async function openWindow(slice?: string, stream = uniqueName()) {
  const store = createTableCheckpointStore(await testStorage());
  const bounds = { from: '2026-05-01T10:00:00Z', to: '2026-05-01T10:15:00Z' };
  const record = newWindow(
    { stream, run: 'live', ...bounds, ...(slice === undefined ? {} : { slice }) },
    new Date('2026-05-01T12:00:00Z'),
  );
  await store.insertWindows([record]);
  return { store, stream, record: await reopen(store, record) };
}

/** The window as another worker reads it, with ledgers of its own. */
async function reopen(store: CheckpointStore, { stream, run, key }: WindowRecord): Promise<WindowRecord> {
  const record = await store.readWindow(stream, run, key);
  if (record === undefined) throw new Error('the window is gone');
  return record;
}

function keysOf(bytes: Uint8Array): Set<string> {
  const text = Buffer.from(bytes).toString('latin1');
  return new Set(
    Array.from({ length: text.length / KEY_BYTES }, (_, at) => text.slice(at * KEY_BYTES, (at + 1) * KEY_BYTES)),
  );
}

/** Whether both hold the same keys, without a report of a hundred thousand lines where they do not. */
function isSame(left: Set<string>, right: Set<string>): boolean {
  return left.symmetricDifference(right).size === 0;
}

describe('a ledger', () => {
  test('is empty at first, and an empty addition stores nothing', async () => {
    const { store, record } = await openWindow();
    expect((await store.ledger(record).load('fetched')).size).toBe(0);
    await store.saveWindow(record, { fetched: new Uint8Array(0) });
    expect((await store.ledger(await reopen(store, record)).load('fetched')).size).toBe(0);
  });

  test.for([
    ['fits one property', 10],
    ['ends exactly at the end of a property', 500],
    ['reaches over properties', 501],
    ['is as large as the largest page', 10_000],
  ] as const)('that %s is read back as it was written', async ([, count]) => {
    const { store, record } = await openWindow();
    const bytes = randomBytes(count * KEY_BYTES);
    await store.saveWindow(record, { fetched: bytes });
    const reloaded = await store.ledger(await reopen(store, record)).load('fetched');
    expect(reloaded.size).toBe(count);
    expect(isSame(reloaded, keysOf(bytes))).toBe(true);
  });

  test('grows over many workers and rows without losing a key', async () => {
    const { store, record } = await openWindow();
    const added: Buffer[] = [];
    // Sizes that end before, at and behind the end of a property (500 keys) and of a row (56,500 keys).
    for (const count of [1, 499, 1, 498, 5, 20_000, 35_496, 1, 10_000]) {
      const worker = await reopen(store, record);
      added.push(randomBytes(count * KEY_BYTES));
      await store.saveWindow(worker, { fetched: added.at(-1)! });
    }
    const reloaded = await store.ledger(await reopen(store, record)).load('fetched');
    expect(reloaded.size).toBe(66_501);
    expect(isSame(reloaded, keysOf(Buffer.concat(added)))).toBe(true);
  });

  test('of many keys begins a further row before one grows beyond what Table Storage takes', async () => {
    const { store, record } = await openWindow();
    for (const count of [20_000, 20_000, 20_000]) {
      await store.saveWindow(await reopen(store, record), { fetched: randomBytes(count * KEY_BYTES) });
    }
    const table = (await testStorage()).table(TABLE_NAMES.windows);
    const filter = `PartitionKey eq '${record.stream}' and RowKey ge '${ledgerPrefix(record.key)}'`;
    const sizes: number[] = [];
    for await (const row of table.listEntities({ queryOptions: { filter } })) {
      sizes.push(
        Object.values(row).reduce<number>((sum, value) => sum + (value instanceof Uint8Array ? value.length : 0), 0),
      );
    }
    expect(sizes).toHaveLength(2);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(60_000 * KEY_BYTES);
    expect(Math.max(...sizes)).toBeLessThan(1_000_000);
  });

  test('goes on behind longer properties of an earlier version, in a row that is full', async () => {
    const { store, record } = await openWindow();
    const { partitionKey, rowKey } = { partitionKey: record.stream, rowKey: `${ledgerPrefix(record.key)}fetched~0000` };
    const old = Array.from({ length: 15 }, () => randomBytes(60_000));
    const properties = Object.fromEntries(old.map((bytes, property) => [`p${property}`, bytes]));
    await (await testStorage()).table(TABLE_NAMES.windows).createEntity({ partitionKey, rowKey, ...properties });
    const added = randomBytes(10_000 * KEY_BYTES);
    await store.saveWindow(record, { fetched: added });
    const reloaded = await store.ledger(await reopen(store, record)).load('fetched');
    expect(isSame(reloaded, keysOf(Buffer.concat([...old, added])))).toBe(true);
  });

  test('grows under one worker by small additions', async () => {
    const { store, record } = await openWindow();
    const added = Array.from({ length: 40 }, () => randomBytes(100 * KEY_BYTES));
    for (const bytes of added) await store.saveWindow(record, { fetched: bytes, uploaded: bytes.subarray(0, 160) });
    const again = await reopen(store, record);
    expect(isSame(await store.ledger(again).load('fetched'), keysOf(Buffer.concat(added)))).toBe(true);
    expect((await store.ledger(again).load('uploaded')).size).toBe(400);
  });

  test('is not changed by a worker that lost its claim', async () => {
    const { store, record } = await openWindow();
    const slow = await reopen(store, record);
    await store.saveWindow(record, { fetched: randomBytes(KEY_BYTES) });
    await expect(store.saveWindow(slow, { fetched: randomBytes(KEY_BYTES) })).rejects.toBeInstanceOf(ClaimLostError);
    expect((await store.ledger(await reopen(store, record)).load('fetched')).size).toBe(1);
  });

  test('belongs to one window: slices and neighbours keep theirs when it is cleared', async () => {
    const { store, record, stream } = await openWindow();
    const { record: slice } = await openWindow('type.file', stream);
    await store.saveWindow(record, { fetched: randomBytes(3 * KEY_BYTES), uploaded: randomBytes(KEY_BYTES) });
    await store.saveWindow(slice, { fetched: randomBytes(2 * KEY_BYTES) });
    await store.clearLedger(record);
    expect((await store.ledger(await reopen(store, record)).load('fetched')).size).toBe(0);
    expect((await store.ledger(await reopen(store, slice)).load('fetched')).size).toBe(2);
    expect(await store.listWindows(stream, 'live')).toHaveLength(2);
  });

  test('that was cleared begins anew, for the worker that goes on as well', async () => {
    const { store, record } = await openWindow();
    await store.saveWindow(record, { fetched: randomBytes(600 * KEY_BYTES) });
    await store.clearLedger(record);
    expect((await store.ledger(record).load('fetched')).size).toBe(0);
    const bytes = randomBytes(2 * KEY_BYTES);
    await store.saveWindow(record, { fetched: bytes });
    const reloaded = await store.ledger(await reopen(store, record)).load('fetched');
    expect(isSame(reloaded, keysOf(bytes))).toBe(true);
  });

  test('that could not be read is not taken for empty: the next try reads it', async () => {
    const { store, record } = await openWindow();
    await store.saveWindow(record, { fetched: randomBytes(5 * KEY_BYTES) });
    const table = (await testStorage()).table(TABLE_NAMES.windows);
    const list = table.listEntities.bind(table);
    let isBroken = true;
    table.listEntities = (options: Parameters<typeof list>[0]) => {
      if (isBroken) throw new Error('storage does not answer');
      return list(options);
    };
    const ledger = openLedger(table, record, 'fetched');
    await expect(ledger.load()).rejects.toThrow('does not answer');
    isBroken = false;
    expect((await ledger.load()).size).toBe(5);
  });

  test('that storage does not give is a fault of the storage, which lets no backfill give up', async () => {
    const { record } = await openWindow();
    const busy = withMethod(await testStorage(), 'listEntities', () => () => {
      throw new RestError('server busy', { statusCode: 503, code: 'ServerBusy' });
    });
    await expect(createTableCheckpointStore(busy).ledger(record).load('fetched')).rejects.toMatchObject({
      name: 'RetryableError',
      message: 'storage failed loading a ledger (503 ServerBusy)',
      scope: 'storage',
    });
  });

  test('asked for twice at once is whole for both', async () => {
    const { store, record } = await openWindow();
    await store.saveWindow(record, { fetched: randomBytes(5 * KEY_BYTES) });
    const ledger = openLedger((await testStorage()).table(TABLE_NAMES.windows), record, 'fetched');
    const sizes = await Promise.all([ledger.load(), ledger.load()].map(async (load) => (await load).size));
    expect(sizes).toEqual([5, 5]);
  });
});

describe('ledgers of many windows', () => {
  test('are read by name, each under its window: of those that begin in a time, its end excluded', async () => {
    const { store, record, stream } = await openWindow();
    const { record: slice } = await openWindow('type.file', stream);
    const written = { fetched: randomBytes(60_000 * KEY_BYTES), uploaded: randomBytes(KEY_BYTES) };
    await store.saveWindow(record, { fetched: written.fetched.subarray(0, 30_000 * KEY_BYTES) });
    await store.saveWindow(record, { fetched: written.fetched.subarray(30_000 * KEY_BYTES) });
    await store.saveWindow(slice, { fetched: written.uploaded, uploaded: written.uploaded });
    const load = (name: string, since: string, until: string) => store.ledgersOf(stream, name, since, until);
    const fetched = await load('fetched', '2026-05-01T10:00:00Z', '2026-05-01T10:00:01Z');
    expect([...fetched.keys()].sort()).toEqual([record.key, slice.key]);
    expect(isSame(fetched.get(record.key)!, keysOf(written.fetched))).toBe(true);
    expect(isSame(fetched.get(slice.key)!, keysOf(written.uploaded))).toBe(true);
    expect([...(await load('uploaded', '2026-05-01T00:00:00Z', '2026-05-02T00:00:00Z')).keys()]).toEqual([slice.key]);
    expect(await load('fetched', '2026-05-01T10:00:01Z', '2026-05-02T00:00:00Z')).toEqual(new Map());
    expect(await load('fetched', '2026-05-01T09:00:00Z', '2026-05-01T10:00:00Z')).toEqual(new Map());
    expect(await store.ledgersOf('other', 'fetched', '2026-05-01T00:00:00Z', '2026-05-02T00:00:00Z')).toEqual(
      new Map(),
    );
  });
});
