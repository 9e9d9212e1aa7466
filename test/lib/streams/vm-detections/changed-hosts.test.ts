import { describe, expect, test } from 'vitest';
import { NO_CAUSES } from '../../../../src/lib/cost/causes.ts';
import { ChunkRefusedError, RetryableError } from '../../../../src/lib/errors.ts';
import { isDue } from '../../../../src/lib/streams/vm-detections/memory/host-memory.ts';
import { detection, START, startHosts } from './host-feed.ts';

const HOUR_MS = 3_600_000;

describe('a host that Qualys processes again', () => {
  test('is not sent while nothing but the times of its scans has changed, and is counted as seen', async () => {
    const { feed, ingest, process, vendor } = await startHosts(3);
    expect(await ingest(process([1, 2, 3]))).toEqual([1, 2, 3]);
    expect(await ingest(process([1, 2, 3]))).toEqual([]);
    const [, second] = await feed.windows();
    expect(second).toMatchObject({
      state: 'closed',
      counts: { fetched: 3, listed: 3, unchanged: 3, rows: 0, parts: 0 },
    });
    expect(vendor.calls).toEqual({ lists: 2, pages: 2 });
  });

  test('is sent whole when a detection of it has changed, and so is one that goes back to an earlier state', async () => {
    const { feed, ingest, process, vendor } = await startHosts(2);
    await ingest(process([1, 2]));
    vendor.hosts.get(1)?.detections.push(detection(101));
    expect(await ingest(process([1, 2]))).toEqual([1]);
    expect(feed.bench.sink.rows.at(-1)).toMatchObject({ HostId: '1', DetectionCount: 2 });
    vendor.hosts.get(1)?.detections.pop();
    expect(await ingest(process([1, 2]))).toEqual([1]);
  });

  test('is sent when an element of its own has changed, and for a field that the setting does not name', async () => {
    const { ingest, process, vendor } = await startHosts(2, {
      VM_PASSING_FIELDS: 'LAST_VM_SCANNED_DATE,LAST_FOUND_DATETIME',
    });
    await ingest(process([1, 2]));
    expect(await ingest(process([1, 2]))).toEqual([1, 2]);
    const host = vendor.hosts.get(2);
    if (host !== undefined) host.elements = { OS: 'Linux' };
    expect(await ingest(process([2]))).toEqual([2]);
  });

  test('is sent within so many days all the same', async () => {
    const { ingest, pass, process } = await startHosts(20, { VM_REFRESH_DAYS: '2' });
    const hosts = Array.from({ length: 20 }, (_, index) => index + 1);
    await ingest(process(hosts));
    const sent: number[] = [];
    for (let half = 0; half < 4; half++) {
      pass(11);
      sent.push(...(await ingest(process(hosts))));
    }
    expect(sent.toSorted((one, two) => one - two)).toEqual(hosts);
  });

  test('comes again on another day than its neighbours, never later than that', () => {
    const days = 7;
    const times = Array.from({ length: 700 }, (_, id) => {
      let hour = 1;
      while (!isDue(BigInt(id), START, START + hour * HOUR_MS, days)) hour++;
      return hour;
    });
    expect(Math.max(...times)).toBe(168);
    for (let day = 0; day < 7; day++)
      expect(times.filter((hour) => Math.ceil(hour / 24) === day + 1).length).toBeGreaterThan(80);
  });

  test('is sent for a reason, which is told by number', async () => {
    const { causes, feed, ingest, pass, process } = await startHosts(3, { VM_REFRESH_DAYS: '1' });
    await ingest(process([1, 2, 3]));
    expect(causes()).toMatchObject({ ...NO_CAUSES, unknown: 3 });
    await ingest(process([1], { STATUS: 'Fixed' }));
    await ingest(process([2, 3]));
    expect(causes()).toMatchObject({ ...NO_CAUSES, changed: 1 });
    pass(48);
    await ingest(process([1, 2, 3]));
    expect(causes()).toMatchObject({ ...NO_CAUSES, refresh: 3 });
    const window = process([1, 2]);
    await feed.bench.process(await feed.bench.open(window.from, window.to, { run: 'backfill-1' }));
    expect(causes()).toMatchObject({ ...NO_CAUSES, uncompared: 2 });
    feed.change({ VM_INGEST: 'all' });
    await ingest(process([1, 2, 3]));
    expect(causes()).toEqual(NO_CAUSES);
  });

  test('is always sent with VM_INGEST=all, and after a time of that', async () => {
    const { feed, ingest, process } = await startHosts(1);
    await ingest(process([1]));
    feed.change({ VM_INGEST: 'all' });
    expect(await ingest(process([1]))).toEqual([1]);
    feed.change({ VM_INGEST: 'changed-hosts' });
    expect(await ingest(process([1]))).toEqual([1]);
    expect(await ingest(process([1]))).toEqual([]);
  });
});

describe('what makes hosts changed', () => {
  test('is told by field, for those of the sample', async () => {
    const { causes, ingest, process, vendor } = await startHosts(4);
    await ingest(process([1, 2, 3, 4]));
    causes();
    process([1], { STATUS: 'Fixed' });
    process([2], { STATUS: 'Fixed', QDS: '80' });
    vendor.hosts.get(3)?.detections.push(detection(101));
    expect(await ingest(process([1, 2, 3, 4]))).toEqual([1, 2, 3]);
    const { changed, sample } = causes();
    expect([changed, sample?.compared]).toEqual([3, 3]);
    const told = Object.entries(sample?.fields ?? {}).map(([name, { alone, records }]) => [name, records, alone]);
    expect(told.toSorted()).toEqual([
      ['DETECTION_LIST', 1, 1],
      ['QDS', 1, 0],
      ['STATUS', 2, 1],
    ]);
    expect(sample?.changes).toBeLessThan(sample?.whole ?? 0);
  });

  test('is not told of a host of which another state was sent meanwhile than was kept of it', async () => {
    const { causes, feed, ingest, process } = await startHosts(1);
    await ingest(process([1]));
    const window = process([1], { STATUS: 'Fixed' });
    await feed.bench.process(await feed.bench.open(window.from, window.to, { run: 'backfill-1' }));
    causes();
    await ingest(process([1], { QDS: '80' }));
    expect(causes().sample?.compared).toBeUndefined();
    await ingest(process([1], { QDS: '81' }));
    expect(causes().sample).toMatchObject({ compared: 1, fields: { QDS: { alone: 1 } } });
  });

  test.for(['list', 'read', 'save'] as const)(
    'changes nothing that is sent when its storage fails to %s',
    async (method) => {
      const { causes, feed, ingest, process } = await startHosts(2);
      await ingest(process([1, 2]));
      const { memory } = feed.bench.deps;
      const sample = { ...memory?.sample, [method]: () => Promise.reject(new RetryableError('down')) };
      Object.assign(feed.bench.deps, { memory: { ...memory, sample } });
      causes();
      expect(await ingest(process([1], { STATUS: 'Fixed' }))).toEqual([1]);
      expect(await ingest(process([1, 2]))).toEqual([]);
      expect(causes()).toMatchObject({ changed: 1 });
      expect(feed.bench.log.events()).toContain('SampleNotKept');
      expect((await feed.windows()).map(({ state }) => state)).toEqual(['closed', 'closed', 'closed']);
    },
  );
});

describe('a host is forgotten', () => {
  test.for([
    ['the rule', { LOGS_INGESTION_RULE_ID: 'dcr-other' }],
    ['the filter of the rule', { VM_RULE_FILTER: 'abcdefghijklm' }],
    ['a filter', { VM_SEVERITIES: '3-5' }],
    ['the fields of passing time', { VM_PASSING_FIELDS: 'TIMES_FOUND,LAST_FOUND_DATETIME,LAST_VM_SCANNED_DATE' }],
  ] as const)('when %s is another one', async ([, change]) => {
    const { feed, ingest, process } = await startHosts(1);
    await ingest(process([1]));
    feed.change(change);
    expect(await ingest(process([1]))).toEqual([1]);
    expect(await ingest(process([1]))).toEqual([]);
  });

  test('when a row of it became a dead letter', async () => {
    const { feed, ingest, process } = await startHosts(2);
    await ingest(process([1, 2]));
    const { upload } = feed.bench.sink;
    Object.assign(feed.bench.sink, {
      upload: (table: string, chunk: { json: Uint8Array; rows: number }) =>
        Buffer.from(chunk.json).includes('"HostId":"1"')
          ? Promise.reject(new ChunkRefusedError('refused', { isForContent: true }))
          : upload(table, chunk),
    });
    expect(await ingest(process([1, 2], { STATUS: 'Fixed' }))).toEqual([2]);
    expect(feed.bench.deadLetters).toHaveLength(1);
    Object.assign(feed.bench.sink, { upload });
    expect(await ingest(process([1, 2]))).toContain(1);
  });

  test('by hand: by its id, or with all of its stream', async () => {
    const { feed, ingest, memory, process } = await startHosts(3);
    await ingest(process([1, 2, 3]));
    await memory.forget(feed.bench.deps.stream.name, [2n]);
    expect(await ingest(process([1, 2, 3]))).toEqual([2]);
    await memory.forget(feed.bench.deps.stream.name);
    expect(await ingest(process([1, 2, 3]))).toEqual([1, 2, 3]);
  });
});

describe('nothing is left out', () => {
  test('when a worker dies behind the acceptance of what it sends, and the host is back in its earlier state', async () => {
    const { feed, ingest, process } = await startHosts(1);
    await ingest(process([1], { STATUS: 'Active' }));
    const window = process([1], { STATUS: 'Fixed' });
    const { upload } = feed.bench.sink;
    const dies = new Error('died');
    Object.assign(feed.bench.sink, {
      upload: async (table: string, chunk: { json: Uint8Array; rows: number }) => {
        await upload(table, chunk);
        throw dies;
      },
    });
    await feed.bench.process(await feed.bench.open(window.from, window.to)).catch(() => undefined);
    Object.assign(feed.bench.sink, { upload });
    expect(await ingest(process([1], { STATUS: 'Active' }))).toContain(1);
  });

  test('by a backfill: it sends every host', async () => {
    const { feed, ingest, process } = await startHosts(2);
    const window = process([1, 2]);
    await ingest(window);
    const before = feed.bench.sink.rows.length;
    await feed.bench.process(await feed.bench.open(window.from, window.to, { run: 'backfill-1' }));
    expect(feed.bench.sink.rows).toHaveLength(before + 2);
  });

  test('of hosts that are asked for by their ids', async () => {
    const { feed, ingest, process, vendor } = await startHosts(3);
    await ingest(process([1, 2, 3]));
    vendor.hidden.add(2);
    expect(await ingest(process([1, 2, 3]))).toEqual([2]);
    const [, window] = await feed.windows();
    expect(window).toMatchObject({ counts: { fetched: 3, unchanged: 2, rows: 1 } });
  });

  test('while an earlier window is being read, which may still send an earlier state', async () => {
    const { feed, ingest, process, vendor } = await startHosts(2);
    await ingest(process([1], { STATUS: 'Active' }));
    const slow = process([1], { STATUS: 'Fixed' });
    const slowRecord = await feed.bench.open(slow.from, slow.to);
    // It has its page, and has doubted nothing yet.
    const doubts = feed.bench.deps.memory;
    let isBlocked = true;
    const slowWork = feed.bench.process(slowRecord, {
      memory: doubts && {
        ...doubts,
        open: async (stream, scope) => {
          const open = await doubts.open(stream, scope);
          return {
            ...open,
            doubt: async (ids) => {
              while (isBlocked) await new Promise((resolve) => setImmediate(resolve));
              return open.doubt(ids);
            },
          };
        },
      },
    });
    while (vendor.calls.pages < 2) await new Promise((resolve) => setImmediate(resolve));
    expect(await ingest(process([1], { STATUS: 'Active' }))).toEqual([1]);
    isBlocked = false;
    await slowWork;
    // Which of both came last at Azure nobody knows.
    expect(await ingest(process([1], { STATUS: 'Fixed' }))).toEqual([1]);
  });
});
