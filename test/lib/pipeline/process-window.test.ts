import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import {
  ChunkRefusedError,
  ConfigError,
  FatalError,
  OutageError,
  PageFaultError,
  RetryableError,
  WaitError,
} from '../../../src/lib/errors.ts';
import { retryWindow } from '../../../src/lib/pipeline/operate-window.ts';
import type { CheckpointStore, WorkItem } from '../../../src/lib/pipeline/ports.ts';
import { MAX_BACKFILL_ATTEMPTS } from '../../../src/lib/pipeline/recovery.ts';
import type { Chunk } from '../../../src/lib/pipeline/stream.ts';
import { chunkOf, pagedStream, setUp, testStream } from '../../support/pipeline.ts';

const FROM = '2026-05-01T10:00:00Z';
const TO = '2026-05-01T10:15:00Z';

describe('a window', () => {
  test('is read page by page, uploaded, and closed', async () => {
    const { stream } = pagedStream(3);
    const bench = await setUp(stream);
    const window = await bench.open(FROM, TO);
    await bench.process(window);
    expect(bench.sink.rows).toEqual([{ page: 0 }, { page: 1 }, { page: 2 }]);
    expect(await bench.read(window)).toMatchObject({
      state: 'closed',
      counts: { pages: 3, rows: 3, calls: 3, fetched: 3 },
    });
  });

  test('tells its end in the log: what it brought, and how long it was open', async () => {
    const { stream } = pagedStream(1);
    const bench = await setUp(stream);
    await bench.process(await bench.open(FROM, TO, { startedAt: '2026-05-01T11:59:00.000Z' }));
    const lines = bench.log.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.find(({ event }) => event === 'WindowClosed')).toMatchObject({
      stream: stream.name,
      state: 'closed',
      rows: 1,
      durationMs: 60_000,
    });
  });

  test('gives its stream what stands in its record, and nothing that does not', async () => {
    const { stream, tasks } = pagedStream(1);
    const bench = await setUp(stream);
    await bench.process(await bench.open(FROM, TO));
    const given = {
      slice: 'type.file',
      isFirst: true,
      acceptsOutside: true,
      lastError: 'HTTP 503',
      shortReads: 2,
    } as const;
    const key = '20260501T100000Z-20260501T101500Z~type.file';
    await bench.process(await bench.open(FROM, TO, { ...given, key, waits: 1, readFailures: 3 }));
    const [plain, full] = tasks;
    const bounds = { stream: stream.name, run: 'live', from: FROM, to: TO };
    expect(plain?.window).toMatchObject(bounds);
    for (const name of ['slice', 'isFirst']) expect(plain?.window).not.toHaveProperty(name);
    for (const name of ['cursor', 'lastError', 'acceptsOutside']) expect(plain).not.toHaveProperty(name);
    expect(full).toMatchObject({ acceptsOutside: true, lastError: 'HTTP 503', shortReads: 2, waits: 1, attempts: 3 });
    expect(full?.window).toMatchObject({ ...bounds, slice: 'type.file', isFirst: true });
    expect((await full!.past()).windows.map(({ from }) => from)).toEqual([FROM]);
  });

  test.for([
    ['live', 'live'],
    ['backfill-1', 'backfill'],
  ])('of run %s is read with the priority %s', async ([run, priority]) => {
    const { stream, tasks } = pagedStream(1);
    const bench = await setUp(stream);
    await bench.process(await bench.open(FROM, TO, { run: run! }));
    expect(tasks.map((task) => task.priority)).toEqual([priority]);
  });

  test('is held by its worker while it is read, for as long as a claim lives', async () => {
    let seen: unknown;
    const stream = testStream(async function* () {
      seen = (await bench.read(window))?.claim;
      yield { cursor: 1, pageDone: true };
      return { kind: 'complete' };
    });
    const bench = await setUp(stream);
    const window = await bench.open(FROM, TO);
    await bench.process(window);
    expect(seen).toEqual({ owner: bench.deps.owner, until: '2026-05-01T12:01:00.000Z' });
    expect(bench.log.events()).toContain('PageFetched');
  });

  test.for([
    ['keeps its ledger no longer than it is open', {}, 0],
    ['keeps its ledger where it has a witness, for the looks back', { witness: 1 }, 1],
  ] as const)('%s', async ([, more, left]) => {
    const stream = testStream(async function* (task) {
      await task.ledger('uploaded');
      yield { cursor: 1, pageDone: true, ledger: { uploaded: new Uint8Array(16) }, ...more };
      return { kind: 'complete' };
    });
    const bench = await setUp(stream);
    const window = await bench.open(FROM, TO);
    await bench.process(window);
    const record = (await bench.read(window))!;
    expect(record.state).toBe('closed');
    expect((await bench.store.ledger(record).load('uploaded')).size).toBe(left);
  });

  test('what cannot be read is left out only after a day, visibly', async () => {
    const stream = testStream(async function* () {
      yield { cursor: 1, pageDone: true };
      await Promise.resolve();
      return { kind: 'skipped', reason: 'host 7 cannot be read' };
    });
    const bench = await setUp(stream);
    const window = await bench.open(FROM, TO);
    await bench.process(window);
    expect((await bench.read(window))?.state).toBe('planned');
    bench.clock.forward(86_400_000);
    await bench.process(window);
    expect(await bench.read(window)).toMatchObject({ state: 'incomplete', lastError: 'host 7 cannot be read' });
    const lines = bench.log.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.at(-1)).toMatchObject({ event: 'WindowIncomplete', error: 'host 7 cannot be read' });
  });

  test('keeps the same bounds for every page', async () => {
    const { stream, tasks, failAt } = pagedStream(3);
    failAt.push({ page: 1, error: new RetryableError('reset') });
    const bench = await setUp(stream);
    const window = await bench.open(FROM, TO);
    await bench.process(window);
    bench.clock.forward(60_000);
    await bench.process(window);
    expect(tasks.map(({ window: { from, to } }) => ({ from, to }))).toEqual([
      { from: FROM, to: TO },
      { from: FROM, to: TO },
    ]);
  });

  test('an empty page with a cursor continues', async () => {
    const stream = testStream(async function* () {
      yield { cursor: 1, pageDone: true };
      await Promise.resolve();
      yield { chunk: chunkOf({ late: true }), cursor: 2, pageDone: true };
      return { kind: 'complete' };
    });
    const bench = await setUp(stream);
    await bench.process(await bench.open(FROM, TO));
    expect(bench.sink.rows).toEqual([{ late: true }]);
  });

  test('hands over at the end of a page when its time is up, and goes on from there', async () => {
    const { stream, reads } = pagedStream(3);
    const bench = await setUp(stream);
    const window = await bench.open(FROM, TO);
    await bench.process(window, { budgetMs: -1 });
    expect(reads).toEqual([0]);
    expect(bench.queue.sent).toHaveLength(1);
    await bench.process(window);
    expect(reads).toEqual([0, 1, 2]);
    expect(bench.sink.rows).toHaveLength(3);
  });
});

describe('a last step that comes with the end of its window', () => {
  const endingStream = () =>
    testStream(async function* () {
      yield { chunk: chunkOf({ n: 1 }), cursor: 1, fetched: 1 };
      await Promise.resolve();
      return { kind: 'complete', last: { chunk: chunkOf({ n: 2 }), cursor: 2, fetched: 1, parts: 3, pageDone: true } };
    });

  test('is uploaded, then stored with it in one write', async () => {
    const bench = await setUp(endingStream());
    const states: string[] = [];
    const store: CheckpointStore = {
      ...bench.store,
      saveWindow: (record, ledger) => {
        states.push(`${record.state} ${bench.sink.rows.length}`);
        return bench.store.saveWindow(record, ledger);
      },
    };
    const window = await bench.open(FROM, TO);
    await bench.process(window, { store });
    expect(states).toEqual(['running 0', 'running 1', 'closed 2']);
    expect(await bench.read(window)).toMatchObject({
      state: 'closed',
      counts: { rows: 2, fetched: 2, parts: 3, pages: 1 },
    });
  });

  test('and is refused leaves the window open where it stood', async () => {
    const bench = await setUp(endingStream());
    const window = await bench.open(FROM, TO);
    const sink = {
      upload: (table: string, chunk: Chunk) =>
        Buffer.from(chunk.json).toString().includes('2')
          ? Promise.reject(new RetryableError('500'))
          : bench.sink.upload(table, chunk),
    };
    await bench.process(window, { sink });
    expect(await bench.read(window)).toMatchObject({ state: 'planned', attempts: 1, cursor: 1, counts: { rows: 1 } });
  });

  test('comes again when its window’s end could not be stored', async () => {
    const bench = await setUp(endingStream());
    const window = await bench.open(FROM, TO);
    const store: CheckpointStore = {
      ...bench.store,
      saveWindow: (record, ledger) =>
        record.state === 'closed' ? Promise.reject(new RetryableError('503')) : bench.store.saveWindow(record, ledger),
    };
    await expect(bench.process(window, { store })).rejects.toThrow('503');
    expect(await bench.read(window)).toMatchObject({ state: 'running', cursor: 1, counts: { rows: 1, fetched: 1 } });
    bench.clock.forward(120_000);
    await bench.process(window);
    expect((await bench.read(window))?.state).toBe('closed');
    expect(bench.sink.rows).toContainEqual({ n: 2 });
  });
});

describe('an upload that fails', () => {
  test('does not advance the checkpoint', async () => {
    const { stream } = pagedStream(2);
    const bench = await setUp(stream);
    const window = await bench.open(FROM, TO);
    bench.sink.failNext = new RetryableError('500');
    await bench.process(window);
    const stored = await bench.read(window);
    expect(stored).toMatchObject({ state: 'planned', attempts: 1, counts: { rows: 0 } });
    expect(stored?.cursor).toBeUndefined();
    bench.clock.forward(10_000);
    await bench.process(window);
    expect(bench.sink.rows).toEqual([{ page: 0 }, { page: 1 }]);
  });

  test('for its size goes in halves, so that all rows arrive', async () => {
    const stream = testStream(async function* () {
      yield {
        chunk: chunkOf({ n: 1 }, { n: 2, text: 'a,"b\\]}' }, { n: 3, nested: [{ m: [1, 2] }] }),
        cursor: 1,
        pageDone: true,
      };
      await Promise.resolve();
      return { kind: 'complete' };
    });
    const bench = await setUp(stream);
    bench.sink.failNext = new ChunkRefusedError('413');
    await bench.process(await bench.open(FROM, TO));
    expect(bench.sink.rows).toEqual([{ n: 1 }, { n: 2, text: 'a,"b\\]}' }, { n: 3, nested: [{ m: [1, 2] }] }]);
    expect(bench.sink.uploads).toEqual([2, 1]);
  });

  test('keeps numbers beyond 2^53 when a chunk goes in halves', async () => {
    const sent: string[] = [];
    const stream = testStream(async function* () {
      yield { chunk: { json: Buffer.from('[{"n":9007199254740993},{"n":1}]'), rows: 2 }, cursor: 1, pageDone: true };
      await Promise.resolve();
      return { kind: 'complete' };
    });
    const bench = await setUp(stream);
    const sink = {
      upload: (_: string, chunk: { json: Uint8Array; rows: number }) =>
        chunk.rows > 1
          ? Promise.reject(new ChunkRefusedError('413'))
          : Promise.resolve(void sent.push(Buffer.from(chunk.json).toString())),
    };
    await bench.process(await bench.open(FROM, TO), { sink });
    expect(sent).toEqual(['[{"n":9007199254740993}]', '[{"n":1}]']);
  });

  test('of a single row becomes a dead letter only after several attempts', async () => {
    const { stream } = pagedStream(1);
    const bench = await setUp(stream);
    const window = await bench.open(FROM, TO);
    const sink = { upload: () => Promise.reject(new ChunkRefusedError('413 at https://a.example/?sig=abcdef')) };
    for (let attempt = 0; attempt < 4; attempt++) {
      expect(bench.deadLetters).toHaveLength(0);
      await bench.process(window, { sink });
      bench.clock.forward(3_600_000);
    }
    expect(bench.deadLetters).toMatchObject([
      { window: window.key, reason: '413 at https://a.example/?sig=[redacted]' },
    ]);
    expect((await bench.read(window))?.state).toBe('closed');
  });
});

test('a page whose keys cannot be stored counts as a failure each time, until its window has failed', async () => {
  const stream = testStream(async function* () {
    yield { chunk: chunkOf({ n: 1 }), cursor: 1, pageDone: true, ledger: { uploaded: new Uint8Array(16) } };
    await Promise.resolve();
    return { kind: 'complete' };
  });
  const bench = await setUp(stream);
  const store: CheckpointStore = {
    ...bench.store,
    saveWindow: (record, ledger) =>
      ledger === undefined
        ? bench.store.saveWindow(record)
        : Promise.reject(new RetryableError('storage answered 500')),
  };
  const window = await bench.open(FROM, TO);
  for (let attempt = 1; attempt <= 5; attempt++) {
    await bench.process(window, { store });
    expect(await bench.read(window)).toMatchObject({ attempts: attempt, state: attempt < 5 ? 'planned' : 'failed' });
    bench.clock.forward(3_600_000);
  }
});

test('what a step counts besides its rows is counted once when its checkpoint could not be stored at first', async () => {
  const step = { outside: 2, repaired: 3, ledger: { uploaded: new Uint8Array(16) } };
  const stream = testStream(async function* () {
    yield { chunk: chunkOf({ n: 1 }), cursor: 1, fetched: 1, ...step };
    await Promise.resolve();
    return { kind: 'complete' };
  });
  const bench = await setUp(stream);
  const saveWindow: CheckpointStore['saveWindow'] = (record, ledger) =>
    ledger === undefined ? bench.store.saveWindow(record) : Promise.reject(new RetryableError('503'));
  const window = await bench.open(FROM, TO);
  await bench.process(window, { store: { ...bench.store, saveWindow } });
  bench.clock.forward(3_600_000);
  await bench.process(window);
  expect(await bench.read(window)).toMatchObject({ state: 'closed', counts: { outside: 2, repaired: 3 } });
});

describe('an error', () => {
  test('a rate limit re-enqueues with the vendor’s delay and burns no attempt', async () => {
    const { stream, failAt } = pagedStream(1);
    failAt.push({ page: 0, error: new WaitError('1965', 90_000) });
    const bench = await setUp(stream);
    const window = await bench.open(FROM, TO);
    await bench.process(window);
    expect(bench.queue.sent).toEqual([{ item: expect.anything() as unknown, delaySeconds: 90 }]);
    expect(await bench.read(window)).toMatchObject({ state: 'planned', attempts: 0 });
  });

  test('an outage re-enqueues until its next try, tells what is out and burns no attempt, however long it lasts', async () => {
    const { stream, tasks, failAt } = pagedStream(1);
    const bench = await setUp(stream);
    const window = await bench.open(FROM, TO, { waits: 1 });
    for (let attempt = 0; attempt < 12; attempt++) {
      failAt.push({ page: 0, error: new OutageError('Qualys does not answer', 300_000, { outMs: 0 }) });
      await bench.process(window);
      bench.clock.forward(300_000);
    }
    expect(bench.queue.sent.map(({ delaySeconds }) => delaySeconds)).toEqual(Array.from({ length: 12 }, () => 300));
    expect(await bench.read(window)).toMatchObject({
      state: 'planned',
      attempts: 0,
      // A wait without a figure is not longer after an outage.
      waits: 1,
      lastError: 'Qualys does not answer',
    });
    expect(bench.log.events()).not.toContain('PageFetchFailed');
    await bench.process(window);
    expect(tasks.at(-1)?.attempts).toBe(0);
    expect((await bench.read(window))?.lastError).toBeUndefined();
  });

  test.for<[string, string, () => Error]>([
    ['a fault that passes', 'PageFetchFailed', () => new RetryableError('HTTP 503')],
    ['a wait', 'WindowWaits', () => new WaitError('paused', 1000)],
    ['what needs an operator', 'WindowFailed', () => new FatalError('HTTP 400')],
  ])('for %s is told as %s, with its reason', async ([, event, error]) => {
    const { stream, failAt } = pagedStream(1);
    failAt.push({ page: 0, error: error() });
    const bench = await setUp(stream);
    await bench.process(await bench.open(FROM, TO));
    const told = bench.log.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    const kinds = ['PageFetchFailed', 'WindowWaits', 'WindowFailed'];
    expect(told.filter((line) => kinds.includes(String(line.event)))).toMatchObject([
      { event, error: expect.stringContaining(error().message) as string },
    ]);
  });

  test('closes what was being read, so that the vendor’s answer and its permit are given back', async () => {
    let isClosed = false;
    const stream = testStream(async function* () {
      try {
        yield { chunk: chunkOf({ page: 0 }), cursor: 1, pageDone: true };
        yield { chunk: chunkOf({ page: 1 }), cursor: 2, pageDone: true };
        return { kind: 'complete' };
      } finally {
        isClosed = await Promise.resolve(true);
      }
    });
    const bench = await setUp(stream);
    bench.sink.failNext = new RetryableError('the sink is out');
    await bench.process(await bench.open(FROM, TO));
    expect(isClosed).toBe(true);
  });

  test.for<[string, number, () => Error]>([
    ['a page that fails while its route answers', 1, () => new PageFaultError('cut', { scope: 'answer' })],
    ['an answer of which that is not known', 0, () => new RetryableError('cut', { scope: 'answer' })],
    ['a route', 0, () => new RetryableError('HTTP 503', { scope: 'route' })],
    ['storage', 0, () => new RetryableError('storage failed', { scope: 'storage' })],
    ['a setting', 0, () => new ConfigError('HTTP 403')],
  ])('of %s counts as a failure to read %i times', async ([, counted, error]) => {
    const { stream, tasks, failAt } = pagedStream(1);
    failAt.push({ page: 0, error: error() });
    const bench = await setUp(stream);
    const window = await bench.open(FROM, TO);
    await bench.process(window);
    expect(await bench.read(window)).toMatchObject({ attempts: 1 });
    bench.clock.forward(60_000);
    await bench.process(window);
    expect(tasks.at(-1)?.attempts).toBe(counted);
  });

  test('a configuration error keeps the window open and is tried again, at most 15 minutes later', async () => {
    const { stream, failAt } = pagedStream(1);
    const bench = await setUp(stream);
    const window = await bench.open(FROM, TO);
    for (let attempt = 0; attempt < 12; attempt++) {
      failAt.push({ page: 0, error: new ConfigError('2001 This account has expired.') });
      await bench.process(window);
      bench.clock.forward(900_000);
    }
    const delays = bench.queue.sent.map(({ delaySeconds }) => delaySeconds);
    expect(delays[0]).toBe(30);
    expect(Math.max(...delays)).toBe(900);
    expect(await bench.read(window)).toMatchObject({ state: 'planned', lastError: '2001 This account has expired.' });
    await bench.process(window);
    expect((await bench.read(window))?.state).toBe('closed');
  });

  test('a refusal fails the window at once, visibly, with the vendor’s text', async () => {
    const { stream, failAt } = pagedStream(1);
    failAt.push({ page: 0, error: new FatalError('1905 parameter ids has invalid value') });
    const bench = await setUp(stream);
    const window = await bench.open(FROM, TO);
    await bench.process(window);
    expect(await bench.read(window)).toMatchObject({
      state: 'failed',
      lastError: '1905 parameter ids has invalid value',
    });
    expect(bench.queue.sent).toHaveLength(0);
    expect(bench.log.events()).toContain('WindowFailed');
  });

  test('a passing fault fails the window after five attempts with growing delays', async () => {
    const { stream, failAt } = pagedStream(1);
    const bench = await setUp(stream);
    const window = await bench.open(FROM, TO);
    for (let attempt = 0; attempt < 5; attempt++) {
      failAt.push({ page: 0, error: new RetryableError('reset') });
      await bench.process(window);
      bench.clock.forward(300_000);
    }
    expect(bench.queue.sent.map(({ delaySeconds }) => delaySeconds)).toEqual([5, 10, 20, 40]);
    expect((await bench.read(window))?.state).toBe('failed');
  });

  test('what was stored before it stays, so that a later worker resumes from the stored cursor', async () => {
    const { stream, reads, failAt } = pagedStream(4);
    failAt.push({ page: 2, error: new RetryableError('truncated') });
    const bench = await setUp(stream);
    const window = await bench.open(FROM, TO);
    await bench.process(window);
    bench.clock.forward(60_000);
    await bench.process(window);
    expect(reads).toEqual([0, 1, 2, 2, 3]);
    expect(bench.sink.rows).toEqual([{ page: 0 }, { page: 1 }, { page: 2 }, { page: 3 }]);
  });
});

describe('two workers', () => {
  test('on one window never both upload a page', async () => {
    const { stream } = pagedStream(20);
    const bench = await setUp(stream);
    const window = await bench.open(FROM, TO);
    await Promise.all([
      bench.process(window, { owner: 'a' }),
      bench.process(window, { owner: 'b' }),
      bench.process(window, { owner: 'c' }),
    ]);
    expect(bench.sink.rows).toHaveLength(20);
    expect((await bench.read(window))?.state).toBe('closed');
  });

  test('a redelivered item of a finished window is dropped', async () => {
    const { stream, reads } = pagedStream(1);
    const bench = await setUp(stream);
    const window = await bench.open(FROM, TO);
    await bench.process(window);
    await bench.process(window);
    expect(reads).toEqual([0]);
    await bench.process({ ...window, key: 'gone' });
    const dropped = bench.log.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(dropped.filter(({ event }) => event === 'WorkItemDropped')).toMatchObject([
      { stream: stream.name, run: 'live', window: window.key, reason: 'finished' },
      { window: 'gone', reason: 'gone' },
    ]);
    expect(bench.queue.sent).toEqual([]);
  });

  test('an item of a window that waits, or is in work, comes back when its time has come; a second is no wait', async () => {
    const { stream, reads } = pagedStream(1);
    const bench = await setUp(stream);
    const until = { until: '2026-05-01T12:00:30Z', owner: 'other' };
    for (const waits of [{ notBefore: '2026-05-01T12:00:20Z' }, { claim: until, state: 'running' as const }]) {
      await bench.process(await bench.open(FROM, TO, { ...waits, key: `waits-${Object.keys(waits)[0]}` }));
    }
    expect(bench.queue.sent.map(({ delaySeconds }) => delaySeconds)).toEqual([20, 30]);
    expect(reads).toEqual([]);
    await bench.process(await bench.open(FROM, TO, { notBefore: '2026-05-01T12:00:01Z' }));
    expect(reads).toEqual([0]);
  });

  test('an item of a backfill’s window that was given up is dropped, until somebody retries it', async () => {
    const { stream, reads } = pagedStream(1);
    const bench = await setUp(stream);
    const record = await bench.open('2026-05-01T10:00:00Z', '2026-05-01T10:15:00Z', {
      run: 'a-backfill',
      state: 'failed',
      attempts: MAX_BACKFILL_ATTEMPTS,
    });
    const item: WorkItem = { version: 1, stream: stream.name, run: record.run, window: record.key };
    await bench.process(record);
    expect(reads).toEqual([]);
    expect(bench.log.lines.join()).toContain('given up');
    await retryWindow(item, bench.deps);
    await bench.process(record);
    expect((await bench.read(record))?.state).toBe('closed');
  });

  test('a worker whose window was taken over stops without touching it', async () => {
    const taken = Promise.withResolvers<undefined>();
    const stream = testStream(async function* () {
      yield { chunk: chunkOf({ n: 1 }), cursor: 1, pageDone: true };
      await taken.promise;
      yield { chunk: chunkOf({ n: 2 }), cursor: 2, pageDone: true };
      return { kind: 'complete' };
    });
    const bench = await setUp(stream);
    const window = await bench.open(FROM, TO);
    const first = bench.process(window, { owner: 'slow' });
    await expect.poll(async () => (await bench.read(window))?.cursor).toBe(1);
    const stolen = await bench.read(window);
    if (stolen === undefined) throw new Error('the window is gone');
    await bench.store.saveWindow({ ...stolen, claim: { owner: 'other', until: '2100-01-01T00:00:00Z' } });
    taken.resolve(undefined);
    await first;
    expect(await bench.read(window)).toMatchObject({ claim: { owner: 'other' }, cursor: 1, state: 'running' });
    expect(bench.log.events()).toContain('ClaimLost');
  });

  test('a worker that stood still for longer than its lease uploads nothing more', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const stream = testStream(async function* () {
        yield { chunk: chunkOf({ page: 0 }), cursor: 1, pageDone: true };
        // Until the first page is stored.
        await sleep(300);
        vi.setSystemTime(Date.now() + 61_000);
        yield { chunk: chunkOf({ page: 1 }), cursor: 2, pageDone: true };
        return { kind: 'complete' };
      });
      const bench = await setUp(stream);
      const window = await bench.open(FROM, TO);
      await bench.process(window);
      expect(bench.sink.rows).not.toContainEqual({ page: 1 });
      expect(await bench.read(window)).toMatchObject({ state: 'running' });
    } finally {
      vi.useRealTimers();
    }
  });

  test('a dead worker’s window is taken over after its claim has run out', async () => {
    const { stream } = pagedStream(1);
    const bench = await setUp(stream);
    const window = await bench.open(FROM, TO, {
      state: 'running',
      claim: { owner: 'dead', until: '2026-05-01T12:00:30Z' },
    });
    await bench.process(window);
    expect((await bench.read(window))?.state).toBe('running');
    bench.clock.forward(31_000);
    await bench.process(window);
    expect((await bench.read(window))?.state).toBe('closed');
  });
});

describe('a split', () => {
  test('replaces the window by its slices and keeps what was counted', async () => {
    const stream = testStream(async function* () {
      yield { chunk: chunkOf({ n: 1 }), cursor: 1, pageDone: true, fetched: 1 };
      await Promise.resolve();
      return {
        kind: 'split',
        reason: 'large',
        slices: [
          { from: FROM, to: TO, slice: 'ids.2-5' },
          { from: FROM, to: TO, slice: 'ids.6-' },
        ],
      };
    });
    const bench = await setUp(stream);
    const window = await bench.open(FROM, TO);
    await bench.process(window);
    expect(await bench.read(window)).toBeUndefined();
    const slices = await bench.store.listWindows(stream.name, 'live');
    expect(slices.map(({ slice, state, counts }) => ({ slice, state, rows: counts.rows }))).toEqual([
      { slice: 'ids.2-5', state: 'planned', rows: 1 },
      { slice: 'ids.6-', state: 'planned', rows: 0 },
    ]);
    expect(bench.queue.sent.map(({ item }) => item.window)).toEqual(slices.map(({ key }) => key));
    for (const { queuedAt } of slices) expect(queuedAt).toBe(bench.clock.now().toISOString());
  });
});

describe('a window that falls short of the vendor’s count', () => {
  test('is not closed as incomplete for the time of an outage', async () => {
    let isOut = false;
    const stream = testStream(async function* () {
      await Promise.resolve();
      if (isOut) throw new OutageError('out', 3_600_000, { outMs: 0 });
      yield { cursor: 1, pageDone: true, expected: 10 };
      return { kind: 'short' };
    });
    const bench = await setUp(stream);
    const window = await bench.open(FROM, TO);
    await bench.process(window);
    isOut = true;
    for (let hour = 0; hour < 30; hour++) {
      bench.clock.forward(3_600_000);
      await bench.process(window);
    }
    bench.clock.forward(3_600_000);
    isOut = false;
    await bench.process(window);
    expect(await bench.read(window)).toMatchObject({ state: 'planned', shortReads: 2 });
  });

  test('stays open, is read again with growing delays, and closes as incomplete after 24 hours', async () => {
    const stream = testStream(async function* () {
      yield { cursor: 1, pageDone: true, expected: 10 };
      await Promise.resolve();
      return { kind: 'short' };
    });
    const bench = await setUp(stream);
    const window = await bench.open(FROM, TO);
    for (let read = 0; read < 30; read++) {
      await bench.process(window);
      const record = await bench.read(window);
      if (record?.state === 'incomplete') break;
      expect(record).toMatchObject({ state: 'planned' });
      bench.clock.forward(Date.parse(record?.notBefore ?? '') - bench.clock.now().getTime());
    }
    expect(bench.queue.sent.slice(0, 3).map(({ delaySeconds }) => delaySeconds)).toEqual([60, 120, 240]);
    const closed = await bench.read(window);
    expect(closed).toMatchObject({ state: 'incomplete', lastError: 'Qualys counts 10 records, 0 were received' });
    expect(Date.parse(closed?.closedAt ?? '') - Date.parse('2026-05-01T12:00:00Z')).toBeGreaterThanOrEqual(86_400_000);
  });
});
