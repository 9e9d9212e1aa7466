import { beforeAll, describe, expect, test } from 'vitest';
import { TABLE_NAMES } from '../../../src/lib/azure/names.ts';
import { createTableSentStore } from '../../../src/lib/azure/table-sent-store.ts';
import type { Storage } from '../../../src/lib/azure/storage.ts';
import { NO_CAUSES, sumOfCauses } from '../../../src/lib/cost/causes.ts';
import { countSent, createSentBook, type SentBook, type SentRow, type SentStore } from '../../../src/lib/cost/sent.ts';
import type { Chunk } from '../../../src/lib/pipeline/stream.ts';
import { RetryableError } from '../../../src/lib/errors.ts';
import { createLog } from '../../../src/lib/log.ts';
import { testStorage } from '../../support/storage.ts';

const silentLog = createLog({ info: () => undefined, warn: () => undefined, error: () => undefined });

/** Days of their own for each test: the table is that of all tests. */
let year = 3000;

function clockAt(time: string): { now: () => Date; set: (time: string) => void } {
  let now = new Date(time);
  return { now: () => now, set: (next) => void (now = new Date(next)) };
}

const about = (table: string) => ({ stream: table.toLowerCase() });
const rowsOf = (count: number): Buffer =>
  Buffer.from(JSON.stringify(Array.from({ length: count }, () => ({ A: 'xy' }))));
const sumsOf = (rows: readonly SentRow[]) =>
  rows
    .map(
      ({ day, streams }) =>
        `${day} ${Object.entries(streams)
          .map(([name, { rows, bytes }]) => `${name} ${rows} ${bytes}`)
          .join(', ')}`,
    )
    .sort();

let storage: Storage;

beforeAll(async () => {
  storage = await testStorage();
});

function openBook(clock: ReturnType<typeof clockAt>, store: SentStore = createTableSentStore(storage)): SentBook {
  return createSentBook({ store, clock, log: silentLog, about });
}

describe('what was sent', () => {
  test('is the sum of all processes, by day and stream', async () => {
    const day = `${++year}-05-01`;
    const clock = clockAt(`${day}T10:00:00Z`);
    const [one, two] = [openBook(clock), openBook(clock)];
    one.note('EDR', rowsOf(3));
    await one.flush();
    one.note('EDR', rowsOf(1));
    two.note('EDR', rowsOf(2));
    two.note('VM', rowsOf(5));
    await two.flush();
    expect(sumsOf(await one.since(day))).toEqual([`${day} edr 2 4, vm 5 10`, `${day} edr 4 8`]);
    // Another process sees what was stored, and nobody counts twice.
    await one.flush();
    expect(sumsOf(await openBook(clock).since(day))).toEqual([`${day} edr 2 4, vm 5 10`, `${day} edr 4 8`]);
  });

  test('is told with why records were sent, the sum of all processes', async () => {
    const day = `${++year}-05-01`;
    const clock = clockAt(`${day}T10:00:00Z`);
    const [one, two] = [openBook(clock), openBook(clock)];
    one.noteCauses('vm', { ...NO_CAUSES, changed: 3, refresh: 1 });
    one.noteCauses('vm', { ...NO_CAUSES, changed: 1 });
    await one.flush();
    one.noteCauses('vm', { ...NO_CAUSES, unknown: 5 });
    two.note('VM', rowsOf(1));
    await Promise.all([one.flush(), two.flush()]);
    const told = async (book: SentBook) => sumOfCauses((await book.since(day)).map(({ causes }) => causes?.vm));
    const expected = { changed: 4, refresh: 1, uncompared: 0, unknown: 5 };
    expect(await told(openBook(clock))).toEqual(expected);
    expect(await told(one)).toEqual(expected);
  });

  test('is read as an earlier release has stored it', async () => {
    const day = `${++year}-05-01`;
    const book = openBook(clockAt(`${day}T10:00:00Z`));
    book.note('EDR', rowsOf(1));
    await book.flush();
    const table = storage.table(TABLE_NAMES.sent);
    const filter = `PartitionKey eq '${day}'`;
    for await (const { partitionKey = '', rowKey = '', since, streams } of table.listEntities({
      queryOptions: { filter },
    }))
      await table.updateEntity({ partitionKey, rowKey, since, streams }, 'Replace');
    const rows = await openBook(clockAt(`${day}T10:00:00Z`)).since(day);
    expect(sumsOf(rows)).toEqual([`${day} edr 1 2`]);
    expect(rows.map(({ causes }) => causes)).toEqual([{}]);
  });

  test('belongs to the day on which it was sent', async () => {
    year++;
    const clock = clockAt(`${year}-05-01T23:59:59.999Z`);
    const book = openBook(clock);
    book.note('EDR', rowsOf(1));
    clock.set(`${year}-05-02T00:00:00Z`);
    book.note('EDR', rowsOf(2));
    await book.flush();
    const expected = [`${year}-05-01 edr 1 2`, `${year}-05-02 edr 2 4`];
    expect(sumsOf(await book.since(`${year}-05-01`))).toEqual(expected);
    expect(sumsOf(await openBook(clock).since(`${year}-05-01`))).toEqual(expected);
  });

  test('is stored now and then, not with each chunk', async () => {
    let writes = 0;
    const clock = clockAt('2026-05-01T10:00:00Z');
    const store = {
      save: () => Promise.resolve(writes++).then(() => undefined),
      list: () => Promise.resolve([]),
      prune: () => Promise.resolve(),
    };
    const book = openBook(clock, store);
    for (let second = 0; second < 60; second++) {
      clock.set(`2026-05-01T10:00:${String(second).padStart(2, '0')}Z`);
      for (let chunk = 0; chunk < 10; chunk++) book.note('EDR', rowsOf(1));
    }
    await book.flush();
    expect(writes).toBeLessThanOrEqual(5);
    await book.flush();
    expect(writes).toBeLessThanOrEqual(5);
  });

  test('is stored later where the storage fails, and holds up no upload', async () => {
    let isDown = true;
    const saved: SentRow[] = [];
    const store: SentStore = {
      save: (row) => (isDown ? Promise.reject(new RetryableError('down')) : Promise.resolve(void saved.push(row))),
      list: () => Promise.resolve([]),
      prune: () => Promise.resolve(),
    };
    const book = openBook(clockAt('2026-05-01T10:00:00Z'), store);
    book.note('EDR', rowsOf(2));
    await book.flush();
    isDown = false;
    await book.flush();
    expect(sumsOf(saved)).toEqual(['2026-05-01 edr 2 4']);
  });

  test('is forgotten after eight days', async () => {
    year++;
    const clock = clockAt(`${year}-05-01T10:00:00Z`);
    const book = openBook(clock);
    for (const day of ['01', '08', '09', '10']) {
      clock.set(`${year}-05-${day}T10:00:00Z`);
      book.note('EDR', rowsOf(1));
      await book.flush();
    }
    expect(sumsOf(await openBook(clock).since(`${year}-05-01`)).map((text) => text.slice(5, 10))).toEqual([
      '05-08',
      '05-09',
      '05-10',
    ]);
  });

  test('is what the sink has accepted, and nothing else', async () => {
    const book = openBook(clockAt('2026-05-01T10:00:00Z'), {
      save: () => Promise.resolve(),
      list: () => Promise.resolve([]),
      prune: () => Promise.resolve(),
    });
    const sink = countSent(
      {
        upload: (table: string, _chunk: Chunk) =>
          table === 'VM' ? Promise.reject(new RetryableError('no')) : Promise.resolve(),
      },
      book,
    );
    await sink.upload('EDR', { json: rowsOf(1), rows: 1 });
    await expect(sink.upload('VM', { json: rowsOf(1), rows: 1 })).rejects.toThrow('no');
    expect(sumsOf(await book.since('2026-05-01'))).toEqual(['2026-05-01 edr 1 2']);
  });
});
