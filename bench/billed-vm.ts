import { billedOf } from '../src/lib/cost/billed-bytes.ts';
import { createVmPageDecoder } from '../src/lib/streams/vm-detections/decode-page.ts';
import type { HostMemory } from '../src/lib/streams/vm-detections/vm-page.ts';
import { passingPattern } from '../src/lib/streams/vm-detections/host-digest.ts';
import { judgeHost } from '../src/lib/streams/vm-detections/host-memory.ts';
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
const START = Date.UTC(2026, 2, 1);
const HOUR_MS = 3_600_000;
const BLOCK_BYTES = 64 * 1024;
const STATUSES = ['Active', 'Fixed', 'Re-Opened'];

/** What Log Analytics bills of a week of hosts whose agents report every four hours, for a byte that all reports of that week are billed. */
export function run(): Promise<BenchResult[]> {
  const report = startWeek();
  const sent = new Map<string, { digest: string; at: number }>();
  const [VM_REFRESH_DAYS, VM_PASSING_FIELDS] = [
    VM_DETECTION_SETTINGS.VM_REFRESH_DAYS.parse(undefined),
    VM_DETECTION_SETTINGS.VM_PASSING_FIELDS.parse(undefined),
  ];
  let [ours, rival] = [0, 0];
  // The week begins with hosts that were sent before.
  for (let number = 0; number <= REPORTS; number++) {
    const at = START + number * REPORT_HOURS * HOUR_MS;
    const page = report(at);
    const memory: HostMemory = {
      passing: passingPattern(VM_PASSING_FIELDS),
      judge: (id, digest) => judgeHost(id, digest, sent.get(id), at, VM_REFRESH_DAYS),
    };
    const changed = billed(page, at, memory, (id, digest) => void sent.set(id, { digest, at }));
    if (number === 0) continue;
    ours += changed;
    rival += billed(page, at);
  }
  const perHost = HOSTS * 1e6;
  return Promise.resolve([
    {
      name: 'billed-vm-changed-hosts',
      unit: 'MB a host and week',
      ours: ours / perHost,
      rival: rival / perHost,
      rivalName: 'all hosts each time',
      ratio: ours / rival,
      goal: GOAL,
      isBound: true,
      holds: ours <= GOAL * rival,
    },
  ]);
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

function billed(
  page: Buffer,
  at: number,
  memory?: HostMemory,
  note: (id: string, digest: string) => void = () => undefined,
): number {
  const decoder = createVmPageDecoder({ generatedAt: new Date(at), ...(memory === undefined ? {} : { memory }) });
  let bytes = 0;
  const take = (chunks: ReturnType<typeof decoder.write>): void => {
    for (const { json, sent } of chunks) {
      bytes += billedOf(json).bytes;
      for (const [id, digest] of sent.whole) note(id, digest);
    }
  };
  for (let offset = 0; offset < page.length; offset += BLOCK_BYTES)
    take(decoder.write(page.subarray(offset, offset + BLOCK_BYTES)));
  take(decoder.end().chunks);
  return bytes;
}
