import { expect, test } from 'vitest';
import { FatalError, RetryableError } from '../../../src/lib/errors.ts';
import { retryWindow } from '../../../src/lib/pipeline/operate-window.ts';
import type { WindowRecord } from '../../../src/lib/pipeline/ports.ts';
import { pagedStream, setUp } from '../../support/pipeline.ts';

const [FROM, TO] = ['2026-05-01T10:00:00Z', '2026-05-01T10:15:00Z'];
const refusedAt = (page: number) => ({ page, error: new FatalError('400 the cursor has run out') });

async function open(pages: number, changes: Partial<WindowRecord> = {}) {
  const { stream, reads, failAt } = pagedStream(pages);
  const bench = await setUp(stream);
  const record = await bench.open(FROM, TO, changes);
  return {
    bench,
    reads,
    failAt,
    read: () => bench.read(record),
    /** Works on the window as soon as it may be. */
    process: async () => {
      bench.clock.forward(3_600_000);
      await bench.process(record);
    },
  };
}

test('a read that is refused where another worker left it starts over once by itself, and then fails', async () => {
  const { failAt, process, read, reads } = await open(3);
  const cut = { page: 1, error: new RetryableError('reset') };
  failAt.push(cut, refusedAt(1), cut, refusedAt(1));
  await process();
  await process();
  const begunAnew = await read();
  expect(begunAnew).toMatchObject({ state: 'planned', startedOver: true, counts: { fetched: 0, rows: 1 } });
  expect(begunAnew).not.toHaveProperty('cursor');
  await process();
  await process();
  const failed = await read();
  expect(failed).toMatchObject({ state: 'failed', lastError: '400 the cursor has run out' });
  expect(failed).not.toHaveProperty('cursor');
  await process();
  expect(reads).toEqual([0, 1, 1, 0, 1, 1, 0, 1, 2]);
  expect(await read()).toMatchObject({ state: 'closed', counts: { fetched: 3 } });
  expect(await read()).not.toHaveProperty('startedOver');
});

test('a read that is refused at its first page fails at once, and what was counted before it stays', async () => {
  // As the first slice of a window that was cut behind some pages.
  const counts = { pages: 2, calls: 2, rows: 5, fetched: 5, listed: 9 };
  const { failAt, process, read } = await open(1, { counts });
  failAt.push(refusedAt(0));
  await process();
  expect(await read()).toMatchObject({ state: 'failed', counts: { fetched: 5, listed: 9 } });
});

test('a window that started over and was closed may start over again when it is retried', async () => {
  const { bench, failAt, process, read } = await open(2, {
    startedOver: true,
    state: 'incomplete',
    counts: { pages: 2, calls: 2, rows: 2, fetched: 2 },
  });
  const record = await read();
  const retried = await retryWindow(
    { version: 1, stream: record!.stream, run: 'live', window: record!.key },
    bench.deps,
  );
  expect(retried).not.toHaveProperty('startedOver');
  failAt.push({ page: 1, error: new RetryableError('reset') }, refusedAt(1));
  await process();
  await process();
  expect(await read()).toMatchObject({ state: 'planned', startedOver: true });
});

test('what was late is asked for again as it was found', async () => {
  const begin = { page: 1 };
  const { bench, process, read, reads } = await open(3, { slice: 'late.1-0', state: 'incomplete', begin });
  const { stream, key } = (await read())!;
  await retryWindow({ version: 1, stream, run: 'live', window: key }, bench.deps);
  expect(await read()).toMatchObject({ cursor: begin });
  await process();
  expect(reads).toEqual([1, 2]);
  expect(await read()).not.toHaveProperty('begin');
});
