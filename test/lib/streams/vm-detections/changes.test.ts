import { describe, expect, test } from 'vitest';
import { ChunkRefusedError } from '../../../../src/lib/errors.ts';
import type { OpenMemory, RecordMemory } from '../../../../src/lib/pipeline/record-memory.ts';
import { createVmPageDecoder } from '../../../../src/lib/streams/vm-detections/decode-page.ts';
import { createDetectionBook } from '../../../../src/lib/streams/vm-detections/memory/detection-book.ts';
import type { Detection } from '../../../support/vm-vendor.ts';
import { detection, startHosts, stateOf, type HostRow } from './host-feed.ts';

const CHANGES = { VM_INGEST: 'changes' };

type Hosts = Awaited<ReturnType<typeof startHosts>>;

/** A host of three detections that was sent whole. */
async function start(settings: Readonly<Record<string, string>> = {}) {
  const hosts = await startHosts(1, { ...CHANGES, ...settings });
  set(
    hosts,
    [100, 101, 102].map((qid) => detection(qid)),
  );
  await hosts.ingest(hosts.process([1]));
  return hosts;
}

function set({ vendor }: Hosts, detections: readonly Detection[], id = 1): void {
  const host = vendor.hosts.get(id);
  if (host !== undefined) host.detections = [...detections];
}

function told(rows: readonly HostRow[]): unknown[] {
  return rows.map(({ DetectionList, ReportType }) => [
    ReportType,
    DetectionList?.DETECTION.map(({ QID, STATUS }) => `${QID ?? ''} ${STATUS ?? ''}`) ?? null,
  ]);
}

function qidsOf({ feed }: Hosts, id = 1): string[] {
  return [...stateOf(feed.bench.sink.rows, id).values()]
    .map(({ QID, STATUS }) => `${QID ?? ''} ${STATUS ?? ''}`)
    .sort();
}

/** What the memory of a feed does is changed from now on. */
function change({ feed }: Hosts, changed: (open: OpenMemory) => Partial<OpenMemory>): () => void {
  const { memory } = feed.bench.deps;
  const wrapped: RecordMemory | undefined = memory && {
    ...memory,
    open: async (stream, scope) => {
      const open = await memory.open(stream, scope);
      return { ...open, ...changed(open) };
    },
  };
  Object.assign(feed.bench.deps, { memory: wrapped });
  return () => void Object.assign(feed.bench.deps, { memory });
}

/** Azure refuses the rows of a host from now on. */
function refuse({ feed }: Hosts, id: number): () => void {
  const { sink } = feed.bench;
  const { upload } = sink;
  Object.assign(sink, {
    upload: (...of: Parameters<typeof upload>) =>
      Buffer.from(of[1].json).includes(`"HostId":"${id}"`)
        ? Promise.reject(new ChunkRefusedError('refused', { isForContent: true }))
        : upload(...of),
  });
  return () => void Object.assign(sink, { upload });
}

describe('of a host that was sent', () => {
  test('it is told which fields had changed, and how much less goes than the whole host', async () => {
    const hosts = await start();
    hosts.causes();
    set(hosts, [detection(100), detection(101, { STATUS: 'Fixed' }), detection(102)]);
    await hosts.ingest(hosts.process([1]));
    const { changed, sample } = hosts.causes();
    expect([changed, sample?.compared, sample?.fields.STATUS?.alone]).toEqual([1, 1, 1]);
    expect(sample?.changes).toBeLessThan(sample?.whole ?? 0);
  });

  test('a report has the detections that changed, are new, or are gone, and nothing else', async () => {
    const hosts = await start();
    set(hosts, [detection(100), detection(101, { STATUS: 'Fixed' }), detection(103)]);
    const rows = await hosts.rowsOf(hosts.process([1]));
    expect(told(rows)).toEqual([['Changes', ['101 Fixed', '103 Active', '102 Gone']]]);
    expect(rows[0]).toMatchObject({ HostId: '1', DetectionCount: 3, PartNumber: 1, PartCount: 1 });
    expect(rows[0]?.DetectionList?.DETECTION.at(-1)).toEqual({ UNIQUE_VULN_ID: '9102', QID: '102', STATUS: 'Gone' });
    expect(qidsOf(hosts)).toEqual(['100 Active', '101 Fixed', '103 Active']);
  });

  test('one that comes back, or back to an earlier state, is a change again', async () => {
    const hosts = await start();
    for (const detections of [
      [detection(100, { STATUS: 'Fixed' }), detection(101)],
      [detection(100, { STATUS: 'Re-Opened' }), detection(101)],
      [detection(100), detection(101), detection(102)],
    ]) {
      set(hosts, detections);
      const [row] = await hosts.rowsOf(hosts.process([1]));
      expect(row?.ReportType).toBe('Changes');
      expect(qidsOf(hosts)).toEqual(detections.map(({ QID, STATUS }) => `${QID ?? ''} ${STATUS ?? ''}`));
    }
  });

  test('the order of its detections is no change', async () => {
    const hosts = await start();
    set(
      hosts,
      [102, 100, 101].map((qid) => detection(qid)),
    );
    expect(await hosts.rowsOf(hosts.process([1]))).toEqual([]);
  });

  test('a change of its own alone is a row without detections', async () => {
    const hosts = await start();
    const host = hosts.vendor.hosts.get(1);
    if (host !== undefined) host.elements = { OS: 'Linux' };
    const rows = await hosts.rowsOf(hosts.process([1]));
    expect(told(rows)).toEqual([['Changes', null]]);
    expect(rows[0]).toMatchObject({ OperatingSystem: 'Linux', DetectionCount: 0 });
    expect(qidsOf(hosts)).toHaveLength(3);
  });

  test('nothing is sent while only times pass, but for a small row once a day, with the tags', async () => {
    const hosts = await start();
    const host = hosts.vendor.hosts.get(1);
    const small: HostRow[] = [];
    if (host !== undefined) host.elements = { TAGS: '<TAG><TAG_ID>7</TAG_ID><NAME>web</NAME></TAG>' };
    await hosts.ingest(hosts.process([1]));
    for (let report = 0; report < 13; report++) {
      small.push(...(await hosts.rowsOf(hosts.process([1]))));
      hosts.pass(3);
    }
    // Two days and two hours.
    expect(told(small)).toEqual([
      ['Unchanged', null],
      ['Unchanged', null],
    ]);
    expect(small[0]).toMatchObject({ DetectionCount: 0, PartCount: 1, Tags: [{ TAG_ID: '7', NAME: 'web' }] });
    expect(new Set(small.map(({ RowKey }) => RowKey)).size).toBe(2);
    expect(qidsOf(hosts)).toHaveLength(3);
  });

  test('it comes whole within so many days all the same, changed or not', async () => {
    const hosts = await start({ VM_REFRESH_DAYS: '2' });
    const types: unknown[] = [];
    for (let report = 0; report < 12; report++) {
      hosts.pass(7);
      set(hosts, [detection(100, { STATUS: report % 2 === 0 ? 'Fixed' : 'Active' })]);
      types.push(...(await hosts.rowsOf(hosts.process([1]))).map(({ ReportType }) => ReportType));
    }
    expect(types.filter((type) => type === 'Whole').length).toBeGreaterThanOrEqual(2);
    expect(types.filter((type) => type === 'Changes').length).toBeGreaterThanOrEqual(8);
  });

  test('a report is later than the one before, and has a key of its own', async () => {
    const hosts = await start();
    for (const STATUS of ['Fixed', 'Re-Opened', 'Fixed', 'Re-Opened']) {
      set(hosts, [detection(100, { STATUS }), detection(101)]);
      await hosts.ingest(hosts.process([1]));
    }
    const rows = hosts.feed.bench.sink.rows as HostRow[];
    const times = rows.map(({ ReportTime }) => ReportTime);
    expect(times).toEqual([...new Set(times)].sort());
    expect(new Set(rows.map(({ RowKey }) => RowKey)).size).toBe(5);
  });
});

describe('a host goes whole', () => {
  test.for([
    ['two of its detections have one id', [detection(100), detection(100, { PORT: '443' })]],
    ['a detection has no id', [detection(100), { QID: '101', STATUS: 'Active' }]],
    ['an id is no number', [detection(100), detection(101, { UNIQUE_VULN_ID: 'abc' })]],
  ] as const)('while %s, and is left out while it is unchanged', async ([, odd]) => {
    const hosts = await start();
    for (const STATUS of ['Active', 'Fixed']) {
      const all = [...odd, detection(102, { STATUS })];
      set(hosts, all);
      const rows = await hosts.rowsOf(hosts.process([1]));
      expect(rows.map(({ DetectionCount, ReportType }) => [ReportType, DetectionCount])).toEqual([
        ['Whole', all.length],
      ]);
      expect(await hosts.rowsOf(hosts.process([1]))).toEqual([]);
    }
  });

  test.for([
    ['the rule', { LOGS_INGESTION_RULE_ID: 'dcr-other' }],
    ['the filter of the rule', { VM_RULE_FILTER: 'abcdefghijklm' }],
    ['a filter', { VM_SEVERITIES: '3-5' }],
    ['what is kept of RESULTS', { VM_RESULTS: 'none' }],
    ['the mode', { VM_INGEST: 'changed-hosts' }],
  ] as const)('when %s is another one', async ([, settings]) => {
    const hosts = await start();
    hosts.feed.change({ ...CHANGES, ...settings });
    expect(told(await hosts.rowsOf(hosts.process([1])))).toEqual([
      ['Whole', ['100 Active', '101 Active', '102 Active']],
    ]);
    expect(await hosts.rowsOf(hosts.process([1]))).toEqual([]);
  });

  test.for([
    ['that are another state together', [100, 101], [102]],
    ['of which the first is all that there was', [100, 101, 102], [103]],
  ] as const)('whose detections come in two elements of a page, %s', async ([, first, second]) => {
    const hosts = await start();
    const own = hosts.vendor.hosts.get(1);
    if (own === undefined) return;
    const of = (qids: readonly number[]): Detection[] => qids.map((qid) => detection(qid));
    set(hosts, of(first));
    hosts.vendor.hosts.set(99, { ...own, detections: of(second) });
    const window = hosts.process([1, 99]);
    const { pages } = hosts.vendor.calls;
    await hosts.ingest(window);
    expect(hosts.vendor.calls.pages).toBe(pages + 2);
    expect(qidsOf(hosts)).toEqual([...first, ...second].map((qid) => `${qid} Active`));
    expect((await hosts.feed.windows()).at(-1)).toMatchObject({ state: 'closed' });
  });

  test('when the id of a detection comes with another QID', async () => {
    const hosts = await start();
    set(hosts, [detection(100), detection(101, { QID: '999' })]);
    expect(told(await hosts.rowsOf(hosts.process([1])))).toEqual([['Whole', ['100 Active', '999 Active']]]);
  });

  test('when the report before is so young that the clock of who sent it may be ahead', async () => {
    const hosts = await start();
    const windows = [hosts.process([1]), hosts.process([1])];
    const own = hosts.vendor.hosts.get(1);
    for (const [index, { from }] of windows.entries()) {
      if (own !== undefined) own.processed = Date.parse(from) + 1000;
      set(hosts, [detection(100, { STATUS: ['Fixed', 'Re-Opened'][index] ?? '' })]);
      const [row] = await hosts.rowsOf(windows[index] ?? fail());
      expect(row?.ReportType).toBe(['Changes', 'Whole'][index]);
    }
  });

  test('whatever changes, while the rule has a filter, which may have dropped what was sent before', async () => {
    const hosts = await start({ VM_RULE_FILTER: 'abcdefghijklm' });
    set(hosts, [detection(100)]);
    expect(told(await hosts.rowsOf(hosts.process([1])))).toEqual([['Whole', ['100 Active']]]);
    hosts.pass(24);
    expect(await hosts.rowsOf(hosts.process([1]))).toEqual([]);
  });

  test('when it has been forgotten by hand, and when only what is remembered of its detections is lost', async () => {
    const hosts = await start();
    const { feed, memory } = hosts;
    await memory.forget(feed.bench.deps.stream.name, [1n]);
    expect((await hosts.rowsOf(hosts.process([1])))[0]?.ReportType).toBe('Whole');
    await memory.forget(feed.bench.deps.stream.name);
    expect((await hosts.rowsOf(hosts.process([1])))[0]?.ReportType).toBe('Whole');
    const restore = change(hosts, () => ({ recallItems: () => Promise.resolve(new Map()) }));
    set(hosts, [detection(100)]);
    expect((await hosts.rowsOf(hosts.process([1])))[0]?.ReportType).toBe('Whole');
    restore();
  });

  test('by a backfill, whose report the next one builds upon', async () => {
    const hosts = await start();
    const window = hosts.process([1]);
    const { bench } = hosts.feed;
    const before = bench.sink.rows.length;
    await bench.process(await bench.open(window.from, window.to, { run: 'backfill-1' }));
    expect(told(bench.sink.rows.slice(before) as HostRow[])).toEqual([
      ['Whole', ['100 Active', '101 Active', '102 Active']],
    ]);
    set(hosts, [detection(100), detection(101)]);
    expect(told(await hosts.rowsOf(hosts.process([1])))).toEqual([['Changes', ['102 Gone']]]);
  });

  test('after a row of it became a dead letter', async () => {
    const hosts = await startHosts(2, CHANGES);
    await hosts.ingest(hosts.process([1, 2]));
    const restore = refuse(hosts, 1);
    for (const id of [1, 2]) set(hosts, [detection(101)], id);
    expect(told(await hosts.rowsOf(hosts.process([1, 2])))).toEqual([['Changes', ['101 Active', '100 Gone']]]);
    expect(hosts.feed.bench.deadLetters).toHaveLength(1);
    restore();
    // What else was in the chunk goes again as well.
    const whole = ['Whole', ['101 Active']];
    expect(told(await hosts.rowsOf(hosts.process([1, 2])))).toEqual([whole, whole]);
  });

  test.for(['doubt', 'upload', 'rememberItems', 'remember'] as const)(
    'after a worker died at %s, with nothing missing',
    async (point) => {
      const hosts = await start();
      const { bench } = hosts.feed;
      const died = (): Promise<never> => Promise.reject(new Error('died'));
      const { upload } = bench.sink;
      const restore = change(hosts, (open) => ({
        ...(point === 'doubt' ? { doubt: (...of) => open.doubt(...of).then(died) } : {}),
        ...(point === 'rememberItems' || point === 'remember' ? { [point]: died } : {}),
      }));
      if (point === 'upload')
        Object.assign(bench.sink, { upload: (...of: Parameters<typeof upload>) => upload(...of).then(died) });
      set(hosts, [detection(100, { STATUS: 'Fixed' }), detection(101)]);
      const window = hosts.process([1]);
      await bench.process(await bench.open(window.from, window.to)).catch(() => undefined);
      restore();
      Object.assign(bench.sink, { upload });
      bench.queue.sent.splice(0);
      // The next report, in which the host is back in its earlier state.
      set(
        hosts,
        [100, 101, 102].map((qid) => detection(qid)),
      );
      const rows = await hosts.rowsOf(hosts.process([1]));
      expect(told(rows)).toContainEqual(['Whole', ['100 Active', '101 Active', '102 Active']]);
      expect(qidsOf(hosts)).toEqual(['100 Active', '101 Active', '102 Active']);
    },
  );
});

describe('while another worker sends the same host', () => {
  test('no changes go upon a report that is no longer the newest: it is compared anew', async () => {
    const hosts = await start();
    const { bench } = hosts.feed;
    set(hosts, [detection(100, { STATUS: 'Fixed' }), detection(101), detection(102)]);
    let others = 0;
    const restore = change(hosts, (open) => ({
      // Between the look at the memory and the rows, somebody else sends the host.
      recallItems: async (digests) => {
        const items = await open.recallItems(digests);
        if (others++ === 0) {
          const beside = await hosts.memory.open(bench.deps.stream.name, 'another scope');
          await beside.doubt(['1']);
        }
        return items;
      },
    }));
    const rows = await hosts.rowsOf(hosts.process([1]));
    restore();
    expect(others).toBe(1);
    expect(told(rows)).toEqual([['Whole', ['100 Fixed', '101 Active', '102 Active']]]);
  });

  test('the small row of a day goes once', async () => {
    const hosts = await start();
    hosts.pass(24);
    const [window, other] = [hosts.process([1]), hosts.process([1])];
    const { bench } = hosts.feed;
    const own = hosts.vendor.hosts.get(1);
    const move = ({ from }: { from: string }): void => {
      if (own !== undefined) own.processed = Date.parse(from) + 1000;
    };
    const records = [await bench.open(window.from, window.to), await bench.open(other.from, other.to)];
    // Neither is planned while the other one is read.
    bench.clock.forward(120_000);
    const [isSent, mayEnd] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    let [doubts, remembered] = [0, 0];
    let second: Promise<unknown> = Promise.resolve();
    const restore = change(hosts, (open) => ({
      // Between the look of the first at the memory and its row, the second sends the host.
      doubt: async (...of) => {
        if (doubts++ === 0) {
          move(other);
          second = bench.process(records[1] ?? fail());
          await Promise.race([isSent.promise, second]);
        }
        await open.doubt(...of);
      },
      remember: async (...of) => {
        if (remembered++ === 0) {
          isSent.resolve(undefined);
          await mayEnd.promise;
        }
        await open.remember(...of);
      },
    }));
    move(window);
    const before = bench.sink.rows.length;
    await bench.process(records[0] ?? fail());
    mayEnd.resolve(undefined);
    await second;
    move(window);
    await hosts.feed.workOff();
    restore();
    expect([doubts, remembered]).toEqual([2, 1]);
    expect(told(bench.sink.rows.slice(before) as HostRow[])).toEqual([['Unchanged', null]]);
    expect((await hosts.feed.windows()).every(({ state }) => state === 'closed')).toBe(true);
  });
});

function fail(): never {
  throw new Error('no window');
}

describe('a host too long to be held', () => {
  const COUNT = 26_000;
  const many = Array.from({ length: COUNT }, (_, index) => ({
    UNIQUE_VULN_ID: String(10_000_000_000 + index),
    QID: String(1 + (index % 9000)),
    STATUS: 'Active',
    INSTANCE: 'x'.repeat(60),
  }));

  test('is left out while it is unchanged, and tells its changes, from several rows of the memory', async () => {
    const hosts = await startHosts(2, CHANGES);
    set(hosts, many);
    expect(new Set(await hosts.ingest(hosts.process([1, 2])))).toEqual(new Set([1, 2]));
    expect(await hosts.rowsOf(hosts.process([1, 2]))).toEqual([]);
    const changed = many.slice(1).map((each, index) => (index === 20_000 ? { ...each, STATUS: 'Fixed' } : each));
    set(hosts, changed);
    const rows = await hosts.rowsOf(hosts.process([1, 2]));
    expect(told(rows)).toEqual([['Changes', [`${many[20_001]?.QID ?? ''} Fixed`, '1 Gone']]]);
    expect(stateOf(hosts.feed.bench.sink.rows, 1).size).toBe(COUNT - 1);
  });

  test('goes whole as soon as two of its detections have one id, with one more call', async () => {
    const hosts = await startHosts(2, CHANGES);
    set(hosts, many);
    await hosts.ingest(hosts.process([1, 2]));
    const { pages } = hosts.vendor.calls;
    set(hosts, [...many, { ...detection(7), UNIQUE_VULN_ID: many[5]?.UNIQUE_VULN_ID ?? '' }]);
    const rows = await hosts.rowsOf(hosts.process([1, 2]));
    expect(hosts.vendor.calls.pages).toBe(pages + 2);
    expect((await hosts.feed.windows()).at(-1)).toMatchObject({ state: 'closed', counts: { fetched: 2, listed: 2 } });
    const whole = rows.filter(({ ReportType }) => ReportType === 'Whole');
    expect(whole.filter(({ HostId }) => HostId === '1').reduce((sum, row) => sum + row.DetectionCount, 0)).toBe(
      COUNT + 1,
    );
  });
});

test.for([
  ['however little of them is sent', 3, 2n],
  ['but not between two parts of one of them', 2, undefined],
] as const)('a chunk ends with 4 MB to be remembered of its hosts, %s', ([, third, lastId]) => {
  const ids = Array.from({ length: 84_000 }, (_, index) => String(index + 1));
  const book = createDetectionBook();
  for (const id of ids) {
    const json = `{"UNIQUE_VULN_ID":"${id}","QID":"1","STATUS":"Active"}`;
    book.add(json, json);
  }
  const known = book.end();
  const host = (id: number, count: number): string => {
    const all = ids
      .slice(0, count)
      .map((each) => [each, each === '1' ? 'Fixed' : 'Active'] as const)
      .map(([each, status]) => `<UNIQUE_VULN_ID>${each}</UNIQUE_VULN_ID><QID>1</QID><STATUS>${status}</STATUS>`)
      .map((each) => `<DETECTION>${each}</DETECTION>`);
    return `<HOST><ID>${id}</ID><DETECTION_LIST>${all.join('')}</DETECTION_LIST></HOST>`;
  };
  const list = `<HOST_LIST>${host(1, ids.length)}${host(2, ids.length)}${host(third, 1)}</HOST_LIST>`;
  const page = `<HOST_LIST_VM_DETECTION_OUTPUT><RESPONSE>${list}</RESPONSE></HOST_LIST_VM_DETECTION_OUTPUT>`;
  const base = { digest: '0'.repeat(24), wholeAt: 0, stored: '0'.repeat(32), isSilent: false };
  const decoder = createVmPageDecoder({
    generatedAt: new Date(),
    memory: { passing: /$^/, judge: () => 'changed', base: (id) => (id === '3' ? undefined : base) },
  });
  const chunks = [];
  const settle = (isEnd: boolean): void => {
    const wanted = decoder.wanted(isEnd);
    if (wanted !== undefined) chunks.push(...decoder.settle(new Map([...wanted.keys()].map((id) => [id, known]))));
  };
  const bytes = Buffer.from(page);
  for (let at = 0; at < bytes.length; at += 100_000) {
    chunks.push(...decoder.write(bytes.subarray(at, at + 100_000)));
    settle(false);
  }
  settle(true);
  chunks.push(...decoder.end().chunks);
  expect(chunks.map(({ lastId: last, rows, sent }) => [rows, [...(sent.items ?? [])].length, last])).toEqual([
    [2, 2, lastId],
    third === 3 ? [1, 1, 3n] : [1, 0, undefined],
  ]);
});

test('after any changes, refreshes, crashes and refusals the rows tell each host as Qualys has it', async () => {
  const hosts = await startHosts(6, { ...CHANGES, VM_REFRESH_DAYS: '2' });
  const random = seeded(11);
  const { bench } = hosts.feed;
  const ids = [1, 2, 3, 4, 5, 6];
  for (let report = 0; report < 40; report++) {
    for (const id of ids)
      if (random() < 0.6) set(hosts, mutate(hosts.vendor.hosts.get(id)?.detections ?? [], random), id);
    const window = hosts.process(ids);
    const isCrash = random() < 0.15;
    if (isCrash) {
      const died = (): Promise<never> => Promise.reject(new Error('died'));
      const restore = change(hosts, () => ({ remember: died }));
      await bench.process(await bench.open(window.from, window.to)).catch(() => undefined);
      restore();
      continue;
    }
    const isRefused = random() < 0.1;
    const accept = isRefused ? refuse(hosts, 3) : undefined;
    await hosts.ingest(window);
    accept?.();
    hosts.pass(3);
    for (const id of ids) {
      if (id === 3 && isRefused) continue;
      const there = new Map(hosts.vendor.hosts.get(id)?.detections.map((each) => [each.UNIQUE_VULN_ID, each.STATUS]));
      const known = new Map([...stateOf(bench.sink.rows, id)].map(([key, { STATUS }]) => [key, STATUS]));
      expect(sorted(known), `host ${id} after report ${report}`).toEqual(sorted(there));
    }
  }
  const types = Object.groupBy(bench.sink.rows as HostRow[], ({ ReportType }) => ReportType);
  expect(types.Changes?.length).toBeGreaterThan(50);
});

function sorted(state: ReadonlyMap<string | undefined, string | undefined>): unknown[] {
  return [...state].map(([key, status]) => `${key ?? ''} ${status ?? ''}`).sort();
}

function mutate(detections: readonly Detection[], random: () => number): Detection[] {
  const states = ['New', 'Active', 'Fixed', 'Re-Opened'];
  const kept = detections
    .filter(() => random() > 0.1)
    .map((each) => (random() < 0.2 ? { ...each, STATUS: states[Math.floor(random() * 4)] ?? '' } : each));
  const qid = 100 + Math.floor(random() * 30);
  return kept.some(({ QID }) => QID === String(qid)) ? kept : [...kept, detection(qid)];
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
