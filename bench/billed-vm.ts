import { billedOf } from '../src/lib/cost/billed-bytes.ts';
import type { RecordItems, Sent } from '../src/lib/pipeline/record-memory.ts';
import { createVmPageDecoder } from '../src/lib/streams/vm-detections/decode-page.ts';
import type { HostMemory } from '../src/lib/streams/vm-detections/memory/host-state.ts';
import type { VmChunk } from '../src/lib/streams/vm-detections/vm-page.ts';
import { passingPattern } from '../src/lib/streams/vm-detections/memory/host-digest.ts';
import { hostMemory } from '../src/lib/streams/vm-detections/memory/host-memory.ts';
import { VM_DETECTION_SETTINGS } from '../src/lib/streams/vm-detections/settings.ts';
import type { BenchResult } from './result.ts';
import { seededRandom, vmPage } from './vm-page.ts';

/** What the goal names is 10,000 hosts; all is in proportion to them. */
const HOSTS = 150;
const DETECTIONS = 100;
const REPORT_HOURS = 4;
const REPORTS = (7 * 24) / REPORT_HOURS;
/** Of a detection, in a day. */
const CHANGES_A_DAY = 0.01;
const GOAL = 0.18;
const GOAL_OF_CHANGES = 0.04;
const START = Date.UTC(2026, 2, 1);
const HOUR_MS = 3_600_000;
const BLOCK_BYTES = 64 * 1024;
const STATUSES = ['Active', 'Fixed', 'Re-Opened'];

/** What Log Analytics bills of a week of hosts whose agents report every four hours, for a byte that all reports of that week are billed. */
export function run(): Promise<BenchResult[]> {
  const report = startWeek();
  const hosts = startMemory(false);
  const changes = startMemory(true);
  let [ours, told, rival] = [0, 0, 0];
  // The week begins with hosts that were sent before.
  for (let number = 0; number <= REPORTS; number++) {
    const at = START + number * REPORT_HOURS * HOUR_MS;
    const page = report(at);
    const [sent, changed] = [billed(page, at, hosts), billed(page, at, changes)];
    if (number === 0) continue;
    ours += sent;
    told += changed;
    rival += billed(page, at);
  }
  return Promise.resolve([
    line('billed-vm-changed-hosts', ours, rival, GOAL),
    line('billed-vm-changes', told, rival, GOAL_OF_CHANGES),
  ]);
}

function line(name: string, ours: number, rival: number, goal: number): BenchResult {
  const perHost = HOSTS * 1e6;
  return {
    ...{ name, unit: 'MB a host and week', ours: ours / perHost, rival: rival / perHost },
    ...{ rivalName: 'all hosts each time', ratio: ours / rival, goal, isBound: true, holds: ours <= goal * rival },
  };
}

/** What is remembered from report to report. */
interface Memory {
  readonly at: (time: number) => HostMemory;
  readonly note: (chunk: VmChunk, time: number) => void;
  readonly items: (wanted: ReadonlyMap<string, string>) => ReadonlyMap<string, Uint8Array>;
}

function startMemory(isOfChanges: boolean): Memory {
  const sent = new Map<string, Sent>();
  const items = new Map<string, RecordItems>();
  const days = VM_DETECTION_SETTINGS.VM_REFRESH_DAYS.parse(undefined);
  const passing = passingPattern(VM_DETECTION_SETTINGS.VM_PASSING_FIELDS.parse(undefined));
  return {
    at: (time) => hostMemory({ known: (id) => sent.get(id), now: time, days, passing, isOfChanges }),
    note: (chunk, at) => {
      for (const [id, digest] of chunk.sent.whole) if (digest !== undefined) sent.set(id, { digest, at });
      for (const [id, each] of chunk.sent.items ?? []) items.set(id, each);
    },
    items: (wanted) => {
      const found = [...wanted].map(([id, digest]) => [id, items.get(id), digest] as const);
      return new Map(
        found.flatMap(([id, each, digest]) => (each?.digest === digest ? [[id, each.bytes] as const] : [])),
      );
    },
  };
}

/** A page of hosts that changes from report to report: times always, the status of a detection now and then. */
function startWeek(): (at: number) => Buffer {
  const random = seededRandom(7);
  const text = Buffer.concat([...vmPage({ hosts: HOSTS, detectionsPerHost: DETECTIONS })]).toString();
  const parts = text.split('<DETECTION>');
  let reports = 0;
  return (at) => {
    const time = `${new Date(at).toISOString().slice(0, 19)}Z`;
    reports++;
    for (const [index, part] of parts.entries()) {
      if (index === 0 || random() >= (CHANGES_A_DAY * REPORT_HOURS) / 24) continue;
      const now = /<STATUS>([^<]*)</.exec(part)?.[1];
      const others = STATUSES.filter((status) => status !== now);
      parts[index] = part.replace(/<STATUS>[^<]*</, `<STATUS>${others[Math.floor(random() * others.length)] ?? ''}<`);
    }
    const whole = parts.join('<DETECTION>');
    const timed = whole.replaceAll(
      /<(LAST_(?:SCAN|FOUND|TEST|UPDATE|PROCESSED)_DATETIME|LAST_VM_(?:AUTH_)?SCANNED_DATE)>[^<]*</g,
      `<$1>${time}<`,
    );
    return Buffer.from(timed.replaceAll(/<TIMES_FOUND>[^<]*</g, `<TIMES_FOUND>${reports}<`));
  };
}

function billed(page: Buffer, at: number, memory?: Memory): number {
  const known = memory === undefined ? {} : { memory: memory.at(at) };
  const decoder = createVmPageDecoder({ generatedAt: new Date(at), ...known });
  let bytes = 0;
  const take = (chunks: readonly VmChunk[]): void => {
    for (const chunk of chunks) {
      bytes += billedOf(chunk.json).bytes;
      memory?.note(chunk, at);
    }
  };
  const settle = (isEnd: boolean): void => {
    const wanted = decoder.wanted(isEnd);
    if (wanted !== undefined) take(decoder.settle(memory?.items(wanted) ?? new Map()));
  };
  for (let offset = 0; offset < page.length; offset += BLOCK_BYTES) {
    take(decoder.write(page.subarray(offset, offset + BLOCK_BYTES)));
    settle(false);
  }
  settle(true);
  take(decoder.end().chunks);
  return bytes;
}
