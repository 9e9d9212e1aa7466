import { RestError } from '@azure/storage-blob';
import { beforeEach, describe, expect, test } from 'vitest';
import { createBlobCallTraces } from '../../../src/lib/azure/blob-call-traces.ts';
import { TRACE_CONTAINER } from '../../../src/lib/azure/names.ts';
import type { CallTrace } from '../../../src/lib/pipeline/trace-answers.ts';
import { fixedClock, keptLog } from '../../support/pipeline.ts';
import { testStorage } from '../../support/storage.ts';

const storage = await testStorage();
const container = await storage.container(TRACE_CONTAINER);
beforeEach(async () => {
  await container.createIfNotExists();
  for await (const { name } of container.listBlobsFlat()) await container.deleteBlob(name);
});

const TRACE: CallTrace = {
  version: 1,
  at: '2026-05-01T12:00:00.000Z',
  api: 'vm',
  route: 'vm/detections',
  request: { method: 'GET', url: 'https://qualys.example/', headers: {}, body: '' },
  answer: null,
  error: null,
  firstByteMs: null,
  durationMs: null,
};

/** Traces of an instance; `most` calls are wanted. */
function setUp(most: number, clock = fixedClock()) {
  const log = keptLog();
  return { clock, log, traces: createBlobCallTraces(storage, { most, clock, log: log.log, secrets: () => [] }) };
}

describe('traces', () => {
  test('of two instances are as many as are wanted together', async () => {
    const [one, two] = [setUp(5), setUp(5)];
    const places = await Promise.all(
      Array.from({ length: 20 }, (_, place) => (place % 2 === 0 ? one : two).traces.open(TRACE)),
    );
    expect(places.filter((place) => place !== undefined)).toHaveLength(5);
    expect(await one.traces.list()).toHaveLength(5);
  });

  test('keep a call that never ended, and what became of one that did', async () => {
    const { traces } = setUp(2);
    await traces.open(TRACE);
    const end = await traces.open({ ...TRACE, at: '2026-05-01T11:00:00.000Z' });
    end?.({ ...TRACE, at: '2026-05-01T11:00:00.000Z', durationMs: 5 });
    await expect.poll(async () => (await traces.list()).map(({ durationMs }) => durationMs)).toEqual([5, null]);
  });

  test('that were cleared give place to new ones', async () => {
    const { traces, clock } = setUp(1);
    const other = setUp(1, clock);
    await traces.open(TRACE);
    expect(await other.traces.open(TRACE)).toBeUndefined();
    expect(await traces.clear()).toBe(1);
    expect(await traces.open(TRACE)).toBeDefined();
    await traces.clear();
    clock.forward(60_000);
    expect(await other.traces.open(TRACE)).toBeDefined();
  });

  test('are none where none are wanted, and a list that nobody has begun is empty', async () => {
    await container.deleteIfExists();
    const { traces } = setUp(0);
    expect(await traces.open(TRACE)).toBeUndefined();
    expect(await traces.list()).toEqual([]);
    expect(await traces.clear()).toBe(0);
  });

  test('that cannot be stored hold no call up', async () => {
    const { log } = setUp(1);
    const broken = { ...storage, container: () => Promise.reject(new RestError('no way')) };
    const traces = createBlobCallTraces(broken, { most: 3, clock: fixedClock(), log: log.log, secrets: () => [] });
    expect(await traces.open(TRACE)).toBeUndefined();
    expect(log.events()).toEqual(['TraceLost']);
    await expect(traces.list()).rejects.toThrow('storage failed reading traces');
  });

  test('leave out what is not theirs', async () => {
    const { traces } = setUp(3);
    await container.getBlockBlobClient('x.json').upload('no json', 7);
    await container.getBlockBlobClient('y.json').upload('{"version":2}', 13);
    expect(await traces.list()).toEqual([]);
  });
});
