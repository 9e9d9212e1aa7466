import { RestError } from '@azure/data-tables';
import { AuthenticationError, CredentialUnavailableError } from '@azure/identity';
import { describe, expect, test } from 'vitest';
import { TABLE_NAMES } from '../../../src/lib/azure/names.ts';
import { openStorage } from '../../../src/lib/azure/storage.ts';
import { createTableCheckpointStore } from '../../../src/lib/azure/table-checkpoint-store.ts';
import { CHECKPOINT_VERSION, fromEntity, partitionOf, toEntity } from '../../../src/lib/azure/window-entity.ts';
import { ClaimLostError, ConfigError } from '../../../src/lib/errors.ts';
import type { CheckpointStore, WindowRecord } from '../../../src/lib/pipeline/ports.ts';
import { newWindow } from '../../../src/lib/pipeline/new-window.ts';
import { chop, isoSeconds } from '../../../src/lib/pipeline/window.ts';
import { testAzurite, testStorage, uniqueName, withMethod } from '../../support/storage.ts';

const NOW = new Date('2026-05-01T12:00:00Z');
const FROM = Date.parse('2026-05-01T00:00:00Z');

async function setUp(run = 'live') {
  const store = createTableCheckpointStore(await testStorage());
  const stream = uniqueName();
  const minutes = (count: number): WindowRecord[] =>
    chop({ from: FROM, to: FROM + count * 60_000 }, 60_000).map(({ from, to }) =>
      newWindow({ stream, run, from: isoSeconds(from), to: isoSeconds(to) }, NOW),
    );
  const open = async (count: number): Promise<WindowRecord[]> => {
    const records = minutes(count);
    await store.insertWindows(records);
    return records;
  };
  return { store, stream, run, minutes, open };
}

const FULL: WindowRecord = {
  stream: 'edr-events',
  run: 'live',
  key: '20260501T100000Z-20260501T101500Z~type.file',
  from: '2026-05-01T10:00:00Z',
  to: '2026-05-01T10:15:00Z',
  slice: 'type.file',
  state: 'incomplete',
  cursor: { page: 3, ids: ['9007199254740993'], nested: { isDone: false } },
  counts: { pages: 3, calls: 5, rows: 1200, fetched: 1190, expected: 1300, deadLetters: 2 },
  attempts: 2,
  readFailures: 1,
  shortReads: 4,
  waits: 3,
  shortSince: '2026-05-01T11:00:00.000Z',
  notBefore: '2026-05-01T12:30:00.000Z',
  claim: { owner: 'host-1', until: '2026-05-01T12:01:00.000Z' },
  progressAt: '2026-05-01T12:00:00.000Z',
  queuedAt: '2026-05-01T11:59:00.000Z',
  plannedAt: '2026-05-01T11:00:00.000Z',
  startedAt: '2026-05-01T11:01:00.000Z',
  closedAt: '2026-05-01T12:00:00.000Z',
  lastError: '1905 parameter ids has invalid value: §„“',
  repair: 'identity',
  acknowledged: true,
  stoppedBy: ['0123456789abcdef', 'fedcba9876543210'],
  acceptsDeadLetters: true,
};

describe('a checkpoint', () => {
  test('is read back as it was stored, field by field', async () => {
    const { store, stream } = await setUp();
    const record = { ...structuredClone(FULL), stream };
    await store.insertWindows([record]);
    const { etag, ...read } = (await store.readWindow(stream, 'live', record.key))!;
    expect(read).toEqual(record);
    expect(etag).toMatch(/\S/);
  });

  test('without optional fields is read back without them', () => {
    const record = newWindow(
      { stream: 's', run: 'live', from: '2026-05-01T00:00:00Z', to: '2026-05-01T00:01:00Z' },
      NOW,
    );
    expect(fromEntity({ ...toEntity(record), etag: 'e' })).toStrictEqual({ ...record, etag: 'e' });
  });

  test('of a newer release of the same version is read without what this one does not know', () => {
    const stored = { ...toEntity(FULL), furtherCount: 7, furtherMark: 'x' };
    expect(fromEntity({ ...stored, etag: 'e' })).toEqual({ ...FULL, etag: 'e' });
  });

  test('and work items carry a version; unknown newer versions are refused with a clear error', async () => {
    const { store, stream, open } = await setUp();
    const [record] = await open(1);
    const table = (await testStorage()).table(TABLE_NAMES.windows);
    const newer = { ...toEntity(record!), version: CHECKPOINT_VERSION + 1 };
    await table.updateEntity(newer, 'Replace');
    await expect(store.readWindow(stream, 'live', record!.key)).rejects.toThrow(
      /newer version of the connector \(checkpoint version 2, this one reads 1\)/,
    );
    await expect(store.listWindows(stream, 'live')).rejects.toMatchObject({
      name: 'NewerReleaseError',
      scope: 'storage',
    });
  });

  test.for([
    ['watermark', TABLE_NAMES.watermarks],
    ['backfill', TABLE_NAMES.backfills],
  ] as const)('of a newer version is refused as a %s too', async ([kind, name]) => {
    const { store, stream } = await setUp();
    const id = uniqueName('b');
    const mark = {
      stream,
      watermark: '2026-05-01T00:00:00Z',
      start: '2026-05-01T00:00:00Z',
      lastTick: NOW.toISOString(),
    };
    await store.saveWatermark(mark);
    await store.saveBackfill({
      id,
      stream,
      from: mark.start,
      to: mark.start,
      status: 'succeeded',
      startedAt: mark.lastTick,
      updatedAt: mark.lastTick,
    });
    const table = (await testStorage()).table(name);
    const [partitionKey, rowKey] = kind === 'watermark' ? [stream, 'watermark'] : ['backfill', id];
    expect((await table.getEntity(partitionKey, rowKey)).version).toBe(1);
    await table.updateEntity({ partitionKey, rowKey, version: 2 }, 'Merge');
    const read = kind === 'watermark' ? store.readWatermark(stream) : store.readBackfill(id);
    await expect(read).rejects.toThrow(/newer version of the connector/);
    await table.deleteEntity(partitionKey, rowKey);
  });

  test('cuts a long error instead of failing', async () => {
    const { store, open, stream } = await setUp();
    const [record] = await open(1);
    const stored = (await store.readWindow(stream, 'live', record!.key))!;
    await store.saveWindow({ ...stored, lastError: 'x'.repeat(100_000) });
    expect((await store.readWindow(stream, 'live', record!.key))?.lastError).toHaveLength(2000);
  });
});

describe('windows', () => {
  test('are added by the hundreds, once, and those that exist stay as they are', async () => {
    const { store, stream, open } = await setUp();
    const records = await open(150);
    const third = (await store.readWindow(stream, 'live', records[2]!.key))!;
    await store.saveWindow({ ...third, state: 'closed' });
    await open(250);
    const listed = await store.listWindows(stream, 'live');
    expect(listed).toHaveLength(250);
    expect(listed.filter(({ state }) => state === 'closed').map(({ key }) => key)).toEqual([third.key]);
    expect(listed.map(({ from }) => from)).toEqual([...listed.map(({ from }) => from)].sort());
  });

  test('are opened by the hundreds into the plan as it was read, and never into one that has changed since', async () => {
    const { store, stream, minutes } = await setUp();
    expect(await store.readPlanTag(stream)).toBeUndefined();
    const records = minutes(260);
    await store.openWindows(records.slice(0, 250), undefined);
    expect(await store.listWindows(stream, 'live')).toHaveLength(250);
    const tag = await store.readPlanTag(stream);
    expect(await store.readWindow(stream, 'live', '~plan')).toBeUndefined();
    await expect(store.openWindows(records.slice(250), undefined)).rejects.toBeInstanceOf(ClaimLostError);
    await store.openWindows(records.slice(250, 255), tag);
    await expect(store.openWindows(records.slice(255), tag)).rejects.toBeInstanceOf(ClaimLostError);
    expect(await store.listWindows(stream, 'live')).toHaveLength(255);
    await store.pruneWindows(stream, 'live', '2027-01-01T00:00:00Z', '2027-01-01T00:00:00Z');
    await expect(store.openWindows(records.slice(255), tag)).rejects.toBeInstanceOf(ClaimLostError);
  });

  test('are opened even when the answer was lost and the request went out again', async () => {
    const { stream, minutes } = await setUp();
    const storage = await testStorage();
    const twice = withMethod(storage, 'submitTransaction', (table) => async (actions) => {
      await table.submitTransaction(actions);
      return table.submitTransaction(actions);
    });
    const store = createTableCheckpointStore(twice);
    await store.openWindows(minutes(120), undefined);
    expect(await store.listWindows(stream, 'live')).toHaveLength(120);
  });

  test('are opened once where as many as fill transactions are to be, and none where there are none', async () => {
    const { store, stream, minutes } = await setUp();
    await store.openWindows([], undefined);
    expect(await store.readPlanTag(stream)).toBeUndefined();
    await store.openWindows(minutes(198), undefined);
    expect(await store.listWindows(stream, 'live')).toHaveLength(198);
  });

  test('are added beside those that exist, unless storage fails for another reason', async () => {
    const { store, stream, open, minutes } = await setUp();
    await open(1);
    const storage = await testStorage();
    const failing = createTableCheckpointStore(withMethod(storage, 'createEntity', () => () => Promise.reject(BUSY)));
    await expect(failing.insertWindows(minutes(2))).rejects.toMatchObject({ name: 'RetryableError' });
    expect(await store.listWindows(stream, 'live')).toHaveLength(1);
    await store.insertWindows(minutes(2));
    expect(await store.listWindows(stream, 'live')).toHaveLength(2);
  });

  test('are listed from a time on, up to a limit', async () => {
    const { store, stream, open } = await setUp();
    await open(10);
    const listed = await store.listWindows(stream, 'live', '2026-05-01T00:04:00Z', 3);
    expect(listed.map(({ from }) => from.slice(14, 16))).toEqual(['04', '05', '06']);
  });

  test('of a backfill lie apart from the live ones', async () => {
    const { store, stream, open } = await setUp('0a1b2c3d4e5f-1');
    await open(2);
    expect(await store.listWindows(stream, 'live')).toEqual([]);
    expect(await store.listWindows(stream, '0a1b2c3d4e5f-1')).toHaveLength(2);
    expect(partitionOf('edr-events', 'live')).toBe('edr-events');
  });

  test('that do not exist are undefined', async () => {
    const { store, stream } = await setUp();
    expect(await store.readWindow(stream, 'live', '20260501T000000Z-20260501T000100Z')).toBeUndefined();
    expect(await store.readWatermark(stream)).toBeUndefined();
    expect(await store.readBackfill(stream)).toBeUndefined();
  });
});

describe('a change that somebody else was faster with', () => {
  test('of a window is refused and changes nothing', async () => {
    const { store, stream, open } = await setUp();
    const [{ key }] = (await open(1)) as [WindowRecord];
    const [mine, theirs] = [
      (await store.readWindow(stream, 'live', key))!,
      (await store.readWindow(stream, 'live', key))!,
    ];
    await store.saveWindow(theirs);
    await expect(store.saveWindow({ ...mine, state: 'closed' })).rejects.toMatchObject({
      name: 'ClaimLostError',
      cause: { statusCode: 412 },
    });
    expect((await store.readWindow(stream, 'live', key))?.state).toBe('planned');
    await store.saveWindow(theirs);
  });

  test('of a window that is to be split is not undone by the split', async () => {
    const { store, stream, open } = await setUp();
    const [{ key }] = (await open(1)) as [WindowRecord];
    const mine = (await store.readWindow(stream, 'live', key))!;
    const theirs = (await store.readWindow(stream, 'live', key))!;
    await store.saveWindow({ ...theirs, state: 'closed' });
    const bounds = { stream, run: 'live', from: mine.from, to: mine.to };
    const slices = ['a', 'b'].map((slice) => newWindow({ ...bounds, slice }, NOW));
    await expect(store.splitWindow(mine, slices)).rejects.toBeInstanceOf(ClaimLostError);
    expect(await store.listWindows(stream, 'live')).toMatchObject([{ key, state: 'closed' }]);
  });

  test('of a window that was split is refused', async () => {
    const { store, stream, open } = await setUp();
    const [{ key }] = (await open(1)) as [WindowRecord];
    const [mine, theirs] = [
      (await store.readWindow(stream, 'live', key))!,
      (await store.readWindow(stream, 'live', key))!,
    ];
    const bounds = { stream, run: 'live', from: theirs.from, to: theirs.to };
    const slices = ['a', 'b'].map((slice) => newWindow({ ...bounds, slice }, NOW));
    await store.splitWindow(theirs, slices);
    await expect(store.saveWindow(mine)).rejects.toBeInstanceOf(ClaimLostError);
    await expect(store.splitWindow(mine, slices)).rejects.toBeInstanceOf(ClaimLostError);
    expect((await store.listWindows(stream, 'live')).map(({ slice }) => slice)).toEqual(['a', 'b']);
  });

  test('of a watermark or backfill is refused, and so is making it twice', async () => {
    const { store, stream } = await setUp();
    const mark = {
      stream,
      watermark: '2026-05-01T00:00:00Z',
      start: '2026-05-01T00:00:00Z',
      lastTick: NOW.toISOString(),
    };
    await store.saveWatermark({ ...mark });
    await expect(store.saveWatermark({ ...mark })).rejects.toMatchObject({
      name: 'ClaimLostError',
      cause: { statusCode: 409 },
    });
    const [mine, theirs] = [(await store.readWatermark(stream))!, (await store.readWatermark(stream))!];
    await store.saveWatermark(theirs);
    await expect(store.saveWatermark(mine)).rejects.toBeInstanceOf(ClaimLostError);
    await store.saveWatermark(theirs);
  });
});

describe('a split', () => {
  test('into the most slices that a stream makes fits one transaction', async () => {
    const { store, stream, open } = await setUp();
    const [{ key, from, to }] = (await open(1)) as [WindowRecord];
    const record = (await store.readWindow(stream, 'live', key))!;
    const slices = Array.from({ length: 64 }, (_, at) =>
      newWindow({ stream, run: 'live', from, to, slice: `ids.${at}-${at}` }, NOW),
    );
    await store.splitWindow(record, slices);
    expect(await store.listWindows(stream, 'live')).toHaveLength(64);
  });

  test('leaves nothing of the window, but a look back, which tells when was looked', async () => {
    const { store, stream, run, minutes } = await setUp();
    const [{ from, to }] = minutes(1) as [WindowRecord];
    for (const slice of [undefined, 'look.1777636800']) {
      const narrowed = slice === undefined ? {} : { slice };
      await store.insertWindows([newWindow({ stream, run, from, to, ...narrowed }, NOW)]);
    }
    for (const [at, record] of (await store.listWindows(stream, run)).entries()) {
      await store.splitWindow(record, [newWindow({ stream, run, from, to, slice: `late.${at}` }, NOW)]);
    }
    const left = (await store.listWindows(stream, run)).map(({ slice, state }) => [slice, state]);
    expect(left).toEqual([
      ['late.0', 'planned'],
      ['late.1', 'planned'],
      ['look.1777636800', 'closed'],
    ]);
  });
});

describe('a watermark', () => {
  test.for([{}, { opening: true }] as const)('is read back as it was stored: %j', async (more) => {
    const { store, stream } = await setUp();
    const at = '2026-05-01T00:00:00Z';
    const mark = { stream, watermark: at, start: at, lastTick: NOW.toISOString(), ...more };
    await store.saveWatermark({ ...mark });
    const { etag, ...read } = (await store.readWatermark(stream))!;
    expect(read).toStrictEqual(mark);
    expect(etag).toMatch(/\S/);
  });
});

const BUSY = new RestError('server busy', { statusCode: 503, code: 'ServerBusy' });

describe('storage that fails', () => {
  const fails = async (method: 'submitTransaction' | 'createEntity' | 'getEntity') =>
    createTableCheckpointStore(withMethod(await testStorage(), method, () => () => Promise.reject(BUSY)));
  const mark = { watermark: '', start: '', lastTick: '' };

  test.for([
    ['adding windows', 'createEntity', (store, [window]) => store.insertWindows([window])],
    ['opening windows', 'submitTransaction', (store, [window]) => store.openWindows([window], undefined)],
    ['storing a checkpoint', 'submitTransaction', (store, [window]) => store.saveWindow(window)],
    ['storing a watermark', 'createEntity', (store, [{ stream }]) => store.saveWatermark({ stream, ...mark })],
    ['reading a watermark', 'getEntity', (store, [{ stream }]) => store.readWatermark(stream)],
  ] as const satisfies readonly [
    string,
    Parameters<typeof fails>[0],
    (store: CheckpointStore, windows: [WindowRecord]) => Promise<unknown>,
  ][])('%s is a passing fault, and no change by somebody else', async ([action, method, act]) => {
    const { open } = await setUp();
    const windows = (await open(1)) as [WindowRecord];
    await expect(act(await fails(method), windows)).rejects.toMatchObject({
      name: 'RetryableError',
      message: `storage failed ${action} (503 ServerBusy)`,
      cause: BUSY,
    });
  });

  test('to answer is a passing fault', async () => {
    const { connectionString } = await testAzurite();
    const nowhere = connectionString.replace(
      /TableEndpoint=[^;]+/,
      'TableEndpoint=http://127.0.0.1:9/devstoreaccount1',
    );
    const store = createTableCheckpointStore(openStorage(settings(nowhere)));
    await expect(store.readWatermark('s')).rejects.toThrow(/^storage failed reading a watermark/);
    await expect(store.readWatermark('s')).rejects.toMatchObject({ name: 'RetryableError', scope: 'storage' });
  });

  test('to accept the key is a configuration error', async () => {
    const { connectionString } = await testAzurite();
    const wrong = connectionString.replace(/AccountKey=[^;]+/, `AccountKey=${Buffer.from('wrong').toString('base64')}`);
    const store = createTableCheckpointStore(openStorage(settings(wrong)));
    await expect(store.readWatermark('s')).rejects.toBeInstanceOf(ConfigError);
  });

  // One that tells of a 404 is no row that is not there.
  test.for([
    new CredentialUnavailableError('no identity'),
    new AuthenticationError(404, { error: 'invalid_client', error_description: 'unknown client' }),
  ])('to be asked for want of a token is a configuration error: %s', async (thrown) => {
    const refusing = withMethod(await testStorage(), 'getEntity', () => () => Promise.reject(thrown));
    await expect(createTableCheckpointStore(refusing).readWatermark('s')).rejects.toMatchObject({
      name: 'ConfigError',
      repair: 'identity',
    });
  });

  test('a connection string that is none is refused without being shown', () => {
    expect(() => openStorage(settings('hunter2'))).toThrow(ConfigError);
    expect(() => openStorage(settings('hunter2'))).not.toThrow(/hunter2/);
  });
});

function settings(connection: string) {
  return {
    AzureWebJobsStorage: connection,
  };
}
