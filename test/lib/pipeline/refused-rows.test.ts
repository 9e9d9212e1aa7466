import { describe, expect, onTestFinished, test } from 'vitest';
import type { IngestionFault } from '../../../dev/ingestion/ingestion-faults.ts';
import { startIngestion } from '../../../dev/ingestion/start-ingestion.ts';
import { createLogsIngestionSink } from '../../../src/lib/azure/logs-ingestion-sink.ts';
import { RetryableError } from '../../../src/lib/errors.ts';
import { retryWindow } from '../../../src/lib/pipeline/operate-window.ts';
import type { CheckpointStore, WindowRecord } from '../../../src/lib/pipeline/ports.ts';
import type { Progress } from '../../../src/lib/pipeline/stream.ts';
import { chunkOf, setUp, testStream, type Bench } from '../../support/pipeline.ts';

const TABLE = 'QualysEdrEvents_CL';
const HOURS_MS = 3_600_000;

/** Rows of a chunk: those at the given places are marked, so that the endpoint can refuse them. */
function rows(count: number, marked: (place: number) => boolean, name = 'row'): unknown[] {
  return Array.from({ length: count }, (_, place) => ({
    RowKey: `${name}-${place}`,
    EventId: `${name}-${place}`,
    ProcessName: marked(place) ? 'refused' : 'fine',
  }));
}

const REFUSED: IngestionFault = { kind: 'refuse-rows', pattern: '"refused"', count: 'always' };
const ALL: IngestionFault = { kind: 'refuse-rows', pattern: '', count: 'always' };
const none = (): boolean => false;

/** A pipeline into a local ingestion endpoint, whose windows hold the given chunks, one a page. */
async function start(...chunks: unknown[][]) {
  const ingestion = await startIngestion({ keep: 'memory' });
  onTestFinished(() => ingestion.close());
  const contents = new Map<string, unknown[][]>();
  const stream = testStream(async function* (task) {
    const parts = contents.get(task.window.from) ?? chunks;
    const start = (task.cursor as number | undefined) ?? 0;
    for (let page = start; page < parts.length; page++) {
      // A record that is read again has another time of reading, and the same key.
      const part = parts[page]!.map((row) => ({ ...(row as object), TimeGenerated: new Date().toISOString() }));
      const ledger = { uploaded: Buffer.alloc(16, page) };
      yield {
        chunk: chunkOf(...part),
        cursor: page + 1,
        pageDone: true,
        fetched: part.length,
        ledger,
      } satisfies Progress;
      await Promise.resolve();
    }
    return { kind: 'complete' };
  });
  const bench = await setUp({ ...stream, table: TABLE });
  const settings = {
    LOGS_INGESTION_ENDPOINT: ingestion.url,
    LOGS_INGESTION_RULE_ID: ingestion.ruleId,
    LOGS_INGESTION_AUDIENCE: 'https://monitor.azure.com',
  };
  const newSink = () => createLogsIngestionSink(settings, () => Promise.reject(new Error('no credential')) as never);
  const sink = newSink();
  return {
    ...bench,
    ingestion,
    newSink,
    /** Opens a window that holds other chunks. */
    openWith: (hour: number, ...other: unknown[][]) => {
      const from = `2026-05-01T${String(hour).padStart(2, '0')}:00:00Z`;
      contents.set(from, other);
      return bench.open(from, `2026-05-01T${String(hour).padStart(2, '0')}:15:00Z`);
    },
    open: () => bench.open('2026-05-01T10:00:00Z', '2026-05-01T10:15:00Z'),
    /** Works on a window once, however long it is to wait. */
    work: async (window: WindowRecord, changes: Partial<Bench['deps']> = {}) => {
      await bench.process(window, { sink, ...changes });
      bench.clock.forward(HOURS_MS);
      return (await bench.read(window))!;
    },
    keys: () => ingestion.rows(TABLE).map(({ RowKey }) => String(RowKey)),
    retry: (window: WindowRecord, acceptsDeadLetters: boolean) => {
      const item = { version: 1, stream: window.stream, run: 'live', window: window.key } as const;
      return retryWindow(item, { ...bench.deps, accept: acceptsDeadLetters ? 'dead-letters' : undefined });
    },
  };
}

type Started = Awaited<ReturnType<typeof start>>;

/** Keys of the rows that were put aside. */
function asideOf({ deadLetters }: Pick<Started, 'deadLetters'>): string[] {
  return deadLetters
    .flatMap(({ json }) => JSON.parse(Buffer.from(json).toString()) as { RowKey: string }[])
    .map(({ RowKey }) => RowKey);
}

/** Whether each row was ingested or put aside, once. */
function expectEach({ keys, ...started }: Started, given: readonly unknown[]): void {
  const all = [...keys(), ...asideOf(started)].sort();
  expect(all).toEqual((given as { RowKey: string }[]).map(({ RowKey }) => RowKey).sort());
}

describe('rows that Azure refuses for their content', () => {
  test('one of twenty becomes a dead letter and holds no other', async () => {
    const given = rows(20, (place) => place === 7);
    const started = await start(given);
    started.ingestion.setFaults(REFUSED);
    const window = await started.work(await started.open());
    expect(window).toMatchObject({ state: 'closed', counts: { rows: 19, fetched: 20, deadLetters: 1 } });
    expect(started.deadLetters).toMatchObject([{ window: window.key, table: TABLE, reason: /400 InvalidPayload/ }]);
    expect(asideOf(started)).toEqual(['row-7']);
    expectEach(started, given);
  });

  test('for a moment only are sent once more, and none becomes a dead letter', async () => {
    const given = rows(4, (place) => place === 1);
    const started = await start(given);
    // Of the first four calls all that hold the row: the chunk, a half, and the row alone.
    started.ingestion.setFaults({ ...REFUSED, count: 4 });
    expect(await started.work(await started.open())).toMatchObject({ state: 'closed', counts: { rows: 4 } });
    expect(started.ingestion.stats().statuses['400']).toBe(3);
    expectEach(started, given);
  });

  test.for([
    ['all', ALL],
    ['all after the first chunk', { ...ALL, nth: 2 }],
  ] as const)(
    '%s are a fault of the settings: the window waits visibly and nothing is put aside',
    async ([, fault]) => {
      const given = [rows(300, none, 'a'), rows(300, none, 'b')];
      const started = await start(...given);
      started.ingestion.setFaults(fault);
      const opened = await started.open();
      for (let attempt = 1; attempt <= 12; attempt++) {
        const before = started.ingestion.stats().requests;
        const window = await started.work(opened);
        expect(window).toMatchObject({ state: 'planned', attempts: attempt });
        expect(window.lastError).toMatch(/refuses all rows.*Custom-QualysEdrEvents_CL.*400 InvalidPayload/);
        expect(started.ingestion.stats().requests - before).toBeLessThan(16);
      }
      expect(started.deadLetters).toEqual([]);
      started.ingestion.setFaults();
      expect(await started.work(opened)).toMatchObject({ state: 'closed', counts: { rows: 600 } });
      expectEach(started, given.flat());
    },
  );

  test('more than one in a hundred stop the window until an operator takes them', async () => {
    const given = rows(400, (place) => place % 20 === 3);
    const started = await start(given);
    started.ingestion.setFaults(REFUSED);
    const opened = await started.open();
    const stopped = await started.work(opened);
    expect(stopped).toMatchObject({ state: 'planned', counts: { rows: 0 } });
    expect(stopped.lastError).toMatch(/more rows.*1 %, at least 10.*accept=dead-letters.*400 InvalidPayload/);
    const { length: uploaded } = started.keys();
    for (let attempt = 0; attempt < 5; attempt++) await started.work(opened);
    expect(started.keys()).toHaveLength(uploaded);
    await started.retry(opened, false);
    expect(await started.work(opened)).toMatchObject({ state: 'planned' });
    expect(started.keys()).toHaveLength(uploaded);
    expect(started.deadLetters).toEqual([]);
    await started.retry(opened, true);
    expect(await started.work(opened)).toMatchObject({ state: 'closed', counts: { rows: 380, deadLetters: 20 } });
    expect(new Set(started.keys()).size).toBe(380);
    expect(new Set(asideOf(started)).size).toBe(20);
  });

  test.for([
    ['ten of a small window', 30, (place: number) => place < 10],
    ['scattered, one in a hundred', 2000, (place: number) => place % 100 === 41],
    ['side by side, one in a hundred', 2000, (place: number) => place < 20],
  ] as const)('%s become dead letters without an operator', async ([, count, marked]) => {
    const given = rows(count, marked);
    const started = await start(given);
    started.ingestion.setFaults(REFUSED);
    const window = await started.work(await started.open());
    const aside = given.filter((_, place) => marked(place)).length;
    expect(window).toMatchObject({ state: 'closed', counts: { rows: count - aside, deadLetters: aside } });
    expectEach(started, given);
  });

  test('are counted over the chunks and workers of a window', async () => {
    const marked = (place: number): boolean => place % 8 === 0 && place < 48;
    const given = [rows(50, marked, 'a'), rows(50, marked, 'b')];
    const started = await start(...given);
    started.ingestion.setFaults(REFUSED);
    const opened = await started.open();
    const [first, second] = [await started.work(opened), await started.work(opened, { sink: started.newSink() })];
    for (const window of [first, second]) {
      expect(window).toMatchObject({ state: 'planned', cursor: 1, counts: { rows: 44, deadLetters: 6 } });
    }
    expect(new Set(asideOf(started))).toEqual(new Set(['a-0', 'a-8', 'a-16', 'a-24', 'a-32', 'a-40']));
  });

  test('are not counted twice when their checkpoint could not be stored', async () => {
    const given = rows(100, (place) => place < 8);
    const started = await start(given);
    started.ingestion.setFaults(REFUSED);
    const opened = await started.open();
    const saveWindow: CheckpointStore['saveWindow'] = (record, ledger) =>
      ledger === undefined ? started.store.saveWindow(record) : Promise.reject(new RetryableError('503'));
    const planned = await started.work(opened, { store: { ...started.store, saveWindow } });
    expect(planned).toMatchObject({ state: 'planned', counts: { fetched: 0 } });
    expect(planned.counts).not.toHaveProperty('deadLetters');
    expect(await started.work(opened)).toMatchObject({ state: 'closed', counts: { fetched: 100, deadLetters: 8 } });
    expect(new Set(asideOf(started)).size).toBe(8);
  });

  test('stop their window no longer once they are accepted, without an operator', async () => {
    const given = rows(200, (place) => place < 30);
    const started = await start(given);
    started.ingestion.setFaults(REFUSED);
    const opened = await started.open();
    expect(await started.work(opened)).toMatchObject({ state: 'planned' });
    started.ingestion.setFaults({ ...REFUSED, pattern: '"row-(3|5)"' });
    const window = await started.work(opened);
    expect(window).toMatchObject({ state: 'closed', counts: { deadLetters: 2 } });
    expect(window).not.toHaveProperty('stoppedBy');
    expect(new Set([...started.keys(), ...asideOf(started)]).size).toBe(200);
  });

  test('and are a whole window become dead letters only where another row of the table is accepted', async () => {
    const started = await start();
    started.ingestion.setFaults(REFUSED);
    const alone = await started.openWith(
      9,
      rows(1, () => true, 'alone'),
    );
    expect(await started.work(alone)).toMatchObject({ state: 'planned', lastError: /refuses all rows/ });
    expect(started.deadLetters).toEqual([]);
    const other = await started.openWith(10, rows(3, none, 'other'));
    expect(await started.work(other)).toMatchObject({ state: 'closed' });
    // What was accepted before says nothing while it is refused itself.
    started.ingestion.setFaults(ALL);
    expect(await started.work(alone)).toMatchObject({ state: 'planned' });
    expect(started.deadLetters).toEqual([]);
    started.ingestion.setFaults(REFUSED);
    expect(await started.work(alone)).toMatchObject({ state: 'closed', counts: { rows: 0, deadLetters: 1 } });
    expect(asideOf(started)).toEqual(['alone-0']);
  });

  test('are all put aside where an operator says so, though no row of the table is accepted', async () => {
    const given = rows(300, none);
    const started = await start(given);
    started.ingestion.setFaults(ALL);
    const opened = await started.open();
    await started.work(opened);
    await started.retry(opened, true);
    expect(await started.work(opened)).toMatchObject({ state: 'closed', counts: { rows: 0, deadLetters: 300 } });
    expectEach(started, given);
  });
});

describe('rows that Azure refuses for their size', () => {
  const TOO_LARGE: IngestionFault = { ...REFUSED, status: 413 };

  test('become dead letters, and count with the others', async () => {
    const given = rows(100, (place) => place < 10);
    const started = await start(given);
    started.ingestion.setFaults(TOO_LARGE);
    expect(await started.work(await started.open())).toMatchObject({ state: 'closed', counts: { deadLetters: 10 } });
    expectEach(started, given);
  });

  test('stop the window when they are too many', async () => {
    const started = await start(rows(100, (place) => place < 11));
    started.ingestion.setFaults(TOO_LARGE);
    const window = await started.work(await started.open());
    expect(window).toMatchObject({ state: 'planned', lastError: /413 ContentLengthLimitExceeded/ });
    expect(started.deadLetters).toEqual([]);
  });
});
