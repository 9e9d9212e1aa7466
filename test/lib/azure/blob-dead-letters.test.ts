import { setImmediate as breathe } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { createBlobDeadLetters } from '../../../src/lib/azure/blob-dead-letters.ts';
import { DEAD_LETTER_CONTAINER } from '../../../src/lib/azure/names.ts';
import type { Storage } from '../../../src/lib/azure/storage.ts';
import { ChunkRefusedError } from '../../../src/lib/errors.ts';
import type { DeadLetter, Sink } from '../../../src/lib/pipeline/ports.ts';
import { replayDeadLetters, type StoredDeadLetter } from '../../../src/lib/pipeline/replay-dead-letters.ts';
import { keptLog, keptSink } from '../../support/pipeline.ts';
import { testStorage } from '../../support/storage.ts';

const LETTER: DeadLetter = {
  stream: 'edr-events',
  run: 'live',
  window: '20260501T000000Z-20260501T001500Z~type.file',
  table: 'QualysEdrEvents_CL',
  reason: 'Logs Ingestion answered 413',
  at: '2026-05-01T12:00:00.000Z',
  json: Buffer.from('[{"n":9007199254740993,"t":"ä😀"}]'),
};

async function setUp() {
  const storage = await testStorage();
  const container = await storage.container(DEAD_LETTER_CONTAINER);
  await container.deleteIfExists();
  const letters = createBlobDeadLetters(storage);
  const replay = (limit: number, sink: Sink) => {
    return replayDeadLetters(limit, { source: letters, sink, log: keptLog().log });
  };
  const putRow = (window: string, n: number): Promise<void> =>
    letters.put({ ...LETTER, window, json: Buffer.from(`[{"n":${n}}]`) });
  const putBlob = async (name: string, body: string): Promise<void> => {
    await container.createIfNotExists();
    await container.getBlockBlobClient(name).upload(body, Buffer.byteLength(body));
  };
  const all = async (limit = 100): Promise<StoredDeadLetter[]> => Array.fromAsync(letters.list(limit));
  return { letters, all, replay, putRow, putBlob };
}

/** A sink that refuses rows by their text. */
function sinkRefusing(text: string) {
  const kept = keptSink();
  const upload: Sink['upload'] = (table, chunk) =>
    Buffer.from(chunk.json).toString().includes(text)
      ? Promise.reject(new ChunkRefusedError('Logs Ingestion answered 400'))
      : kept.upload(table, chunk);
  return { ...kept, upload };
}

describe('dead letters', () => {
  test('are none before the first, without an error', async () => {
    const { letters, all } = await setUp();
    expect(await letters.count()).toBe(0);
    expect(await all()).toEqual([]);
  });

  test('keep the row to the byte, with reason and origin', async () => {
    const { letters, all } = await setUp();
    await letters.put(LETTER);
    const [stored] = await all();
    const { name, ...about } = stored!;
    expect(about).toEqual({ ...LETTER, version: 1 });
    expect(name).toMatch(/^edr-events\/live\/20260501T000000Z-20260501T001500Z~type\.file\/[0-9a-f]{16}\.json$/);
  });

  test('of the same row are kept once, of another row beside it', async () => {
    const { letters, all } = await setUp();
    await letters.put(LETTER);
    await letters.put({ ...LETTER, at: '2026-05-02T12:00:00.000Z' });
    expect(await letters.count()).toBe(1);
    await letters.put({ ...LETTER, json: Buffer.from('[{"n":2}]') });
    expect(await letters.count()).toBe(2);
    expect(await all(1)).toHaveLength(1);
  });

  test('of the same record are kept once, whenever it was read', async () => {
    const { letters, all } = await setUp();
    const row = (key: string, time: string) => Buffer.from(JSON.stringify([{ RowKey: key, TimeGenerated: time }]));
    for (const [key, time] of [
      ['a', '1'],
      ['a', '2'],
      ['b', '3'],
    ] as const) {
      await letters.put({ ...LETTER, json: row(key, time) });
    }
    expect((await all()).map(({ json }) => Buffer.from(json).toString()).sort()).toEqual([
      '[{"RowKey":"a","TimeGenerated":"2"}]',
      '[{"RowKey":"b","TimeGenerated":"3"}]',
    ]);
  });

  test('are gone once removed', async () => {
    const { letters, all } = await setUp();
    await letters.put(LETTER);
    const [stored] = await all();
    await letters.remove(stored!.name);
    expect(await letters.count()).toBe(0);
  });
});

describe('a broken dead letter', () => {
  const WHOLE = { version: 1, stream: 's', run: 'live', window: 'w', table: 'T', reason: 'r', at: 'now', rows: '[]' };

  test.for([
    ['no JSON', 'not JSON', /it is no JSON object/],
    ['no object', '[]', /it is no JSON object/],
    ['empty', '', /it is no JSON object/],
    ['of a newer version', JSON.stringify({ ...WHOLE, version: 2 }), /field version/],
    ['without rows', JSON.stringify({ ...WHOLE, rows: undefined }), /field rows/],
    [
      'with rows that are no array',
      JSON.stringify({ ...WHOLE, rows: '{"a":1}' }),
      /field rows: must be the text of a JSON array/,
    ],
    ['longer than any', 'x'.repeat(8_000_001), /8000001 bytes long/],
  ] as const)('that is %s is listed with the reason, and hides none behind it', async ([, body, reason]) => {
    const { all, replay, putRow, putBlob } = await setUp();
    await putBlob('a-stream/live/window-1/0.json', body);
    await putRow('window-2', 2);
    const listed = await all();
    expect(listed.map(({ window }) => window)).toEqual(['window-1', 'window-2']);
    expect(listed[0]).toMatchObject({ stream: 'a-stream', run: 'live', table: '', reason: '' });
    expect(listed[0]?.broken).toMatch(reason);
    expect(listed[1]).not.toHaveProperty('broken');
    const sink = keptSink();
    const result = await replay(1, sink);
    expect(result).toMatchObject({ replayed: 1, rows: 1, failed: [{ name: 'a-stream/live/window-1/0.json' }] });
    expect(result.failed[0]?.error).toMatch(reason);
    expect(sink.rows).toEqual([{ n: 2 }]);
    expect((await all()).map(({ window }) => window)).toEqual(['window-1']);
  });
});

describe('a replay', () => {
  test('goes on behind letters that are refused again, and tries these last the next time', async () => {
    const { all, replay, putRow } = await setUp();
    for (let n = 1; n <= 4; n++) await putRow(`window-${n}`, n < 4 ? 1000 + n : n);
    const sink = sinkRefusing('100');
    expect(await replay(1, sink)).toMatchObject({ replayed: 1, rows: 1, failed: [{}, {}, {}] });
    expect(sink.rows).toEqual([{ n: 4 }]);
    await putRow('window-9', 9);
    expect((await all()).map(({ window }) => window)).toEqual(['window-9', 'window-1', 'window-2', 'window-3']);
    expect(await replay(1, sink)).toEqual({ replayed: 1, rows: 1, failed: [] });
  });

  test('ends when a hundred were refused; the next one begins behind them', async () => {
    const { replay, putRow } = await setUp();
    await Promise.all(Array.from({ length: 130 }, (_, n) => putRow(`window-${1000 + n}`, 1000 + n)));
    await putRow('window-9', 7);
    const sink = sinkRefusing('"n":1');
    const first = await replay(1000, sink);
    expect(first).toMatchObject({ replayed: 0, rows: 0 });
    expect(first.failed).toHaveLength(100);
    const second = await replay(1, sink);
    expect(second).toMatchObject({ replayed: 1, rows: 1 });
    expect(second.failed).toHaveLength(30);
    expect(sink.rows).toEqual([{ n: 7 }]);
  });

  test('takes no harm from another one that was faster', async () => {
    const { letters, replay, putRow } = await setUp();
    await putRow('window-1', 1);
    await putRow('window-2', 2);
    const kept = keptSink();
    const upload: Sink['upload'] = async (table, chunk) => {
      for (const { name } of await Array.fromAsync(letters.list(10))) await letters.remove(name);
      await kept.upload(table, chunk);
    };
    expect(await replay(10, { upload })).toEqual({ replayed: 1, rows: 1, failed: [] });
  });
});

test('of many letters no more is kept than it takes to find the next one', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const told: WeakRef<object>[] = [];
  let kept = Infinity;
  const container = {
    listBlobsFlat: async function* () {
      for (let n = 0; n < 100; n++) {
        const properties = { contentLength: 2, lastModified: new Date(0), contentMD5: new Uint8Array(16) };
        told.push(new WeakRef(properties));
        await breathe();
        yield { name: `edr-events/live/window/${n}.json`, properties };
      }
    },
    getBlobClient: () => ({
      downloadToBuffer: async () => {
        await breathe();
        collect();
        kept = told.filter((properties) => properties.deref() !== undefined).length;
        return Buffer.from('{}');
      },
    }),
  };
  const storage = { container: () => Promise.resolve(container) } as unknown as Storage;
  expect(await Array.fromAsync(createBlobDeadLetters(storage).list(1))).toHaveLength(1);
  expect(kept).toBeLessThan(5);
});
