import { constants, gzipSync } from 'node:zlib';
import { createEdrPageDecoder } from '../src/lib/streams/edr-events/decode-page.ts';
import { makeEvents } from './edr-page.ts';
import { sendPlainly } from './edr-plain.ts';
import { median, type BenchResult } from './result.ts';

const EVENTS = 10_000;
/** The compiler goes on for that long. */
const WARM_UP_RUNS = 4;
const RUNS = 9;
const GOAL = 1.5;
const RIVAL = 'JSON.parse whole, map, JSON.stringify twice and gzip level 6 as the SDK';
/** As HTTP hands out a body. */
const BLOCK_BYTES = 64 * 1024;
const WINDOW = { from: '2026-03-01T00:00:00Z', to: '2026-03-01T00:15:00Z' };
const SEVERITIES = [
  { from: 8, severity: 'High' },
  { from: 5, severity: 'Medium' },
  { from: 2, severity: 'Low' },
  { from: 0, severity: 'Informational' },
];

/**
 * Measures how fast a page of EDR events becomes compressed chunks, against the plain way to the same rows. Both work on
 * one thread, in turns.
 */
export function run(): Promise<BenchResult[]> {
  const page = Buffer.from(JSON.stringify(makeEvents(EVENTS, 1)));
  const ours: number[] = [];
  const rival: number[] = [];
  for (let round = 0; round < WARM_UP_RUNS; round++) for (const send of [sendOurs, sendPlainly]) send(page);
  for (let round = 0; round < RUNS; round++) {
    ours.push(rate(() => sendOurs(page), page));
    rival.push(rate(() => sendPlainly(page), page));
  }
  const ratio = median(ours) / median(rival);
  const line = { name: 'edr-decode', unit: 'MB/s', ours: median(ours), rival: median(rival), rivalName: RIVAL };
  return Promise.resolve([{ ...line, ratio, goal: GOAL, holds: ratio >= GOAL }]);
}

/** Megabytes of the page for each second of processor time: unlike the time of day, that does not count what else the machine does. */
function rate(work: () => void, page: Buffer): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return page.length / (user + system);
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
