import { constants, gzipSync } from 'node:zlib';
import { createEdrPageDecoder } from '../src/lib/streams/edr-events/decode-page.ts';
import { makeEvents } from './edr-page.ts';
import { sendPlainly } from './edr-plain.ts';

/** A line of the bench. */
export interface BenchResult {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  readonly rival: number;
  readonly rivalName: string;
  readonly ratio: number;
  readonly goal: number;
  readonly holds: boolean;
}

const EVENTS = 10_000;
const RUNS = 7;
const GOAL = 3;
/** As HTTP hands out a body. */
const BLOCK_BYTES = 64 * 1024;
const WINDOW = { from: '2026-03-01T00:00:00Z', to: '2026-03-01T00:15:00Z' };
const SEVERITIES = [
  { from: 8, severity: 'High' },
  { from: 5, severity: 'Medium' },
  { from: 2, severity: 'Low' },
  { from: 0, severity: 'Informational' },
];

/** Measures how fast a page of EDR events becomes compressed chunks, against parsing it whole; both on one core. */
export function run(): Promise<BenchResult[]> {
  const page = Buffer.from(JSON.stringify(makeEvents(EVENTS, 1)));
  const ours: number[] = [];
  const rival: number[] = [];
  for (let round = 0; round <= RUNS; round++) {
    const times = [measure(() => sendOurs(page)), measure(() => sendPlainly(page))];
    // The first round warms the compiler up.
    if (round === 0) continue;
    ours.push(page.length / (times[0] ?? 0) / 1000);
    rival.push(page.length / (times[1] ?? 0) / 1000);
  }
  const ratio = median(ours) / median(rival);
  return Promise.resolve([
    {
      name: 'edr-decode',
      unit: 'MB/s',
      ours: median(ours),
      rival: median(rival),
      rivalName: 'JSON.parse, map, JSON.stringify twice, gzip level 6',
      ratio,
      goal: GOAL,
      holds: ratio >= GOAL,
    },
  ]);
}

/** Processor time that the work takes, in milliseconds: unlike the time of day it does not count what else the machine does. */
function measure(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0;
}

/** Our way: bytes as they come, rows, chunks, gzip level 1 as the sink does. */
export function sendOurs(page: Buffer): Buffer[] {
  const decoder = createEdrPageDecoder({
    generatedAt: new Date(0),
    window: WINDOW,
    timeField: 'eventProcessedTime',
    severityTable: SEVERITIES,
    isUploaded: () => false,
    isFetched: () => false,
  });
  const sent: Buffer[] = [];
  const send = (json: Uint8Array) => sent.push(gzipSync(json, { level: constants.Z_BEST_SPEED }));
  for (let at = 0; at < page.length; at += BLOCK_BYTES) {
    for (const chunk of decoder.write(page.subarray(at, at + BLOCK_BYTES))) send(chunk.json);
  }
  for (const chunk of decoder.end().chunks) send(chunk.json);
  return sent;
}
