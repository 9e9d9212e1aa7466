import { describe, expect, test } from 'vitest';
import type { Row } from '../../dev/kql/engine.ts';
import { createTableMemory } from '../../src/lib/azure/table-memory.ts';
import { ChunkRefusedError } from '../../src/lib/errors.ts';
import type { Chunk } from '../../src/lib/pipeline/stream.ts';
import { vmDetections } from '../../src/lib/streams/vm-detections/index.ts';
import { startFeed, type StreamBench } from '../support/feeds.ts';
import { testStorage } from '../support/storage.ts';
import { startVmVendor, type Detection, type VmVendor } from '../support/vm-vendor.ts';
import { seenAt, useEngine } from './support/check-kind.ts';
import { RULES } from './support/texts.ts';

/*
 * Two weeks of scans, fixes, re-openings and purges, of detections and names that go, through the connector and all that may befall it, in each mode
 * and with modes that follow each other. What the functions say of the hosts over eight days must be what Qualys holds at that time, and the rules
 * must tell the same.
 */
const HOUR_MS = 3_600_000;
const START = Date.parse('2026-05-01T12:00:00Z');
const DAY_MS = 24 * HOUR_MS;
const ROUND_HOURS = 8;
const ROUNDS = (14 * 24) / ROUND_HOURS;
const HOSTS = 12;
/** The modes that follow each other, by the round from which on they are set. */
const SWITCHES: Readonly<Record<number, string>> = {
  0: 'changed-hosts',
  8: 'changes',
  16: 'all',
  19: 'changes',
  25: 'changed-hosts',
  29: 'changes',
};
/** Rounds after which the state is compared, and those of a day in which rules run. */
const LOOKS = [4, 13, 17, 27, 41];
const RULE_ROUNDS = [30, 31, 32];
const TABLE = 'QualysHostDetectionV3_CL';
const engine = useEngine();

type Random = () => number;

/** The same numbers each time. */
function draws(): Random {
  let state = 11;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
}

const iso = (time: number): string => `${new Date(time).toISOString().slice(0, 19)}Z`;

function found(host: number, qid: number, time: number): Detection {
  return {
    UNIQUE_VULN_ID: String(host * 1000 + qid),
    QID: String(qid),
    TYPE: 'Confirmed',
    SEVERITY: '4',
    STATUS: 'New',
    FIRST_FOUND_DATETIME: iso(time),
    QDS: String(40 + ((host * 7 + qid * 13) % 60)),
    TIMES_FOUND: '1',
  };
}

/** What becomes of a detection from scan to scan. */
function scan(detection: Detection, time: number, random: Random): Detection {
  const { STATUS = '', TIMES_FOUND = '0' } = detection;
  const times = { LAST_TEST_DATETIME: iso(time), LAST_UPDATE_DATETIME: iso(time), LAST_PROCESSED_DATETIME: iso(time) };
  if (STATUS === 'Fixed') {
    if (random() > 0.03) return { ...detection, ...times };
    return { ...detection, ...times, STATUS: 'Re-Opened', LAST_FOUND_DATETIME: iso(time) };
  }
  if (random() < 0.03) return { ...detection, ...times, STATUS: 'Fixed', LAST_FIXED_DATETIME: iso(time) };
  const isOld = Number(TIMES_FOUND) > 3;
  return {
    ...detection,
    ...times,
    ...(STATUS === 'New' && isOld ? { STATUS: 'Active' } : {}),
    TIMES_FOUND: String(Number(TIMES_FOUND) + 1),
    LAST_FOUND_DATETIME: iso(time),
  };
}

/** What rules tell of host 3: one that is found, and one that is fixed and comes back. */
function known(detections: readonly Detection[], round: number, time: number): Detection[] {
  const others = detections.filter(({ QID }) => QID !== '98' || round < 24 || round > 32);
  const back = {
    ...found(3, 98, START + 24 * ROUND_HOURS * HOUR_MS),
    LAST_FIXED_DATETIME: iso(START + 28 * ROUND_HOURS * HOUR_MS),
  };
  if (round >= 24 && round <= 32)
    others.push({ ...back, STATUS: round < 28 ? 'Active' : round < 32 ? 'Fixed' : 'Re-Opened' });
  if (round === 31) others.push({ ...found(3, 99, time), QDS: '95' });
  return others;
}

/** Hosts are processed in the middle of the round's first hour. */
function processHosts({ hosts }: VmVendor, round: number, random: Random): { from: string; to: string } {
  const from = START + round * ROUND_HOURS * HOUR_MS;
  const time = from + HOUR_MS / 2;
  if (round === 0)
    for (let id = 1; id <= HOSTS; id++)
      hosts.set(id, {
        id,
        processed: 0,
        detections: [1, 2, 3, 4].map((qid) => found(id, qid, time)),
        elements: { IP: `8.8.8.${id}`, DNS: `host-${id}.example.com` },
      });
  // Host 12 is purged in the first week and is found again, as it was, in the second.
  if (round === 12) hosts.get(12)!.processed = 0;
  for (const host of hosts.values()) {
    const isGone = host.id === 12 && round >= 12 && round < 24;
    if (isGone || (random() < 0.2 && host.id !== 3)) continue;
    host.processed = time;
    host.detections = host.detections.filter(() => random() > 0.02).map((each) => scan(each, time, random));
    // A service moves to another port, and a host to another name.
    if (round === 18) host.detections = host.detections.map((each) => ({ ...each, PORT: String(8000 + host.id) }));
    if (round === 26 && host.id % 2 === 0) host.elements = { ...host.elements, DNS: `other-${host.id}.example.com` };
    if (random() < 0.05) host.detections.push(found(host.id, 10 + round, time));
    if (host.id === 3) host.detections = known(host.detections, round, time);
  }
  return { from: iso(from), to: iso(from + HOUR_MS) };
}

/** Snapshots of the stream vm-hosts, one a day, as its rows. */
function snapshot({ hosts }: VmVendor, round: number, now: number): Row[] {
  const id = iso(now);
  const common = { TimeGenerated: id, _IngestionTime: id, SnapshotId: id, SnapshotTime: id, QualysSubscription: '' };
  const present = [...hosts.values()].filter((host) => !(host.id === 12 && round >= 12 && round < 24));
  return [
    ...present.map((host) => ({ ...common, RecordType: 'Host', HostId: String(host.id), PartNumber: 1 })),
    { ...common, RecordType: 'SnapshotEnd', HostCount: present.length },
  ];
}

type Upload = (table: string, chunk: Chunk) => Promise<void>;

/** Has the next uploads go otherwise, until the function that is returned is called. */
function intercept({ bench: { sink } }: StreamBench, other: (upload: Upload) => Upload): () => void {
  const { upload } = sink;
  Object.assign(sink, { upload: other(upload) });
  return () => void Object.assign(sink, { upload });
}

/** A round, with what befalls the connector in it. */
async function ingest(feed: StreamBench, window: { from: string; to: string }, round: number): Promise<void> {
  const { bench } = feed;
  if (round === 5 || round === 20) {
    // Accepted, and nobody hears of it; a worker that dies in the middle of the second time.
    let left = round === 5 ? 1 : 2;
    const restore = intercept(feed, (upload) => async (table, chunk) => {
      await upload(table, chunk);
      if (left-- > 0) throw new Error('cut off');
    });
    await feed.ingest(window.from, window.to);
    restore();
    return;
  }
  if (round === 9) {
    const refuse = (chunk: Chunk): boolean => Buffer.from(chunk.json).includes('"HostId":"3"');
    const restore = intercept(
      feed,
      (upload) => (table, chunk) =>
        refuse(chunk) ? Promise.reject(new ChunkRefusedError('refused', { isForContent: true })) : upload(table, chunk),
    );
    await feed.ingest(window.from, window.to);
    restore();
    return;
  }
  if (round === 15) await createTableMemory(await testStorage(), bench.clock.now).forget(bench.deps.stream.name);
  await feed.ingest(window.from, window.to);
}

/** Two windows at once: the earlier one has its page, and sends it when the later one is done. */
async function ingestTwo(feed: StreamBench, vendor: VmVendor, random: Random, round: number): Promise<void> {
  const { bench } = feed;
  const first = processHosts(vendor, round, random);
  bench.clock.forward(ROUND_HOURS * HOUR_MS);
  let go = (): void => undefined;
  const held = new Promise<void>((resolve) => (go = resolve));
  const restore = intercept(feed, (upload) => async (table, chunk) => {
    await held;
    return upload(table, chunk);
  });
  const slow = bench.process(await bench.open(first.from, first.to));
  const before = vendor.calls.pages;
  while (vendor.calls.pages === before) await new Promise((resolve) => setImmediate(resolve));
  restore();
  const second = processHosts(vendor, round + 1, random);
  bench.clock.forward(ROUND_HOURS * HOUR_MS);
  await feed.ingest(second.from, second.to);
  go();
  await slow;
  await feed.workOff();
}

interface Told {
  readonly DETECTION: readonly Detection[];
}

interface Fortnight {
  /** What differed, by round. */
  readonly differences: Record<number, unknown>;
  readonly rows: number;
  /** What reports there were, and states of detections. */
  readonly kinds: ReadonlySet<unknown>;
  readonly alerts: readonly string[];
}

/** @param modes by the round from which on they are set. */
async function live(modes: Readonly<Record<number, string>>): Promise<Fortnight> {
  const vendor = await startVmVendor();
  const feed = await startFeed(vmDetections, {}, { VM_INGEST: modes[0]! }, () => vendor.url);
  const { bench } = feed;
  const random = draws();
  const snapshots: Row[] = [];
  const differences: Record<number, unknown> = {};
  const alerts: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const mode = modes[round];
    if (mode !== undefined) feed.change({ VM_INGEST: mode });
    if (round === 34) await ingestTwo(feed, vendor, random, round++);
    else {
      const window = processHosts(vendor, round, random);
      bench.clock.forward(ROUND_HOURS * HOUR_MS);
      await ingest(feed, window, round);
    }
    const now = bench.clock.now().getTime();
    if (round % 3 === 0) snapshots.push(...snapshot(vendor, round, now));
    if (!LOOKS.includes(round) && !RULE_ROUNDS.includes(round)) continue;
    const rows = (bench.sink.rows as Row[]).map((row) => ({ Type: TABLE, _IngestionTime: row.TimeGenerated, ...row }));
    await engine().fill({ [TABLE]: rows, QualysVmHosts_CL: snapshots });
    const at = new Date(now + 60_000).toISOString();
    if (LOOKS.includes(round)) differences[round] = await compare(vendor, round, at);
    else alerts.push(...(await alertsAt(round, at)));
  }
  const rows = bench.sink.rows as Row[];
  const states = rows.flatMap(({ DetectionList }) => (DetectionList as Told | undefined)?.DETECTION ?? []);
  const kinds = new Set([...rows.map(({ ReportType }) => ReportType), ...states.map(({ STATUS }) => STATUS)]);
  return { differences, rows: rows.length, kinds, alerts };
}

/** What the function tells otherwise than the vendor. */
async function compare({ hosts }: VmVendor, round: number, at: string): Promise<unknown> {
  const query = 'QualysHostDetections() | project HostId, QID, Status, IsOpen, Qds, Port, DnsName';
  const { rows } = await engine().run(query, seenAt(at, { periodMs: 8 * DAY_MS }));
  const told = rows.map(({ HostId, QID, Status, IsOpen, Qds, Port, DnsName }) =>
    [HostId, QID, Status, IsOpen, Qds, Port, DnsName].join(' '),
  );
  const isPresent = (id: number): boolean => id !== 12 || round < 12 || round >= 24;
  const held = [...hosts.values()]
    .filter(({ id }) => isPresent(id))
    .flatMap(({ id, detections, elements }) =>
      detections.map(({ QID, STATUS, QDS, PORT }) =>
        [id, QID, STATUS, STATUS !== 'Fixed', QDS, PORT, elements?.DNS].join(' '),
      ),
    );
  return { missing: held.filter((each) => !told.includes(each)), wrong: told.filter((each) => !held.includes(each)) };
}

/** By the round: waits before retries, and with them the clock, differ from run to run. */
async function alertsAt(round: number, at: string): Promise<string[]> {
  const alerts: string[] = [];
  for (const rule of RULES.filter(({ id }) => ['new-critical-vulnerability', 'detection-reopened'].includes(id))) {
    const { rows } = await engine().run(await rule.write({}, new Date(at)), seenAt(at, rule));
    alerts.push(...rows.map(({ HostId, VulnerabilityList }) => [round, rule.id, HostId, VulnerabilityList].join(' ')));
  }
  return alerts.sort();
}

/** What comes with every host each time, with which the other modes are compared. */
const everything = once(() => live({ 0: 'all' }));

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

const SAME = { missing: [], wrong: [] };

describe('a fortnight', () => {
  test.each([
    ['hosts that have changed', { 0: 'changed-hosts' }, 0.75],
    ['changes', { 0: 'changes' }, 1],
    ['modes that follow each other', SWITCHES, 0.9],
  ])('is told alike by %s, as Qualys has it at each time, from fewer rows', async (_, modes, share) => {
    const all = await everything();
    const told = await live(modes);
    for (const { differences } of [all, told])
      expect(differences).toEqual(Object.fromEntries(LOOKS.map((round) => [round, SAME])));
    expect(told.alerts).toEqual(all.alerts);
    expect(all.alerts.length).toBeGreaterThan(0);
    expect(told.rows).toBeLessThan(share * all.rows);
    // What would show nothing if nothing of it came.
    if (Object.values(modes).includes('changes'))
      for (const kind of ['Whole', 'Changes', 'Unchanged', 'Gone']) expect(told.kinds).toContain(kind);
  });
});
