/**
 * Decoding a page of VM detections, from bytes to compressed chunks, against fast-xml-parser on the whole document (which
 * only parses); and the memory it takes for pages and hosts ten times as large. All runs are processes of their own.
 */
import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { median, type BenchResult } from './result.ts';
import { vmPage, type VmPageShape } from './vm-page.ts';

/** What `vm-decode-rates.ts` prints: megabytes of XML a second, run by run. */
export interface DecodeRates {
  readonly ours: readonly number[];
  readonly overlapped: readonly number[];
  readonly rival: readonly number[];
}

/** What `vm-decode-memory.ts` prints. */
export interface DecodeMemory {
  readonly peakMb: number;
  readonly rows: number;
}

const RATE_GOAL = 8;
/** lxml's `iterparse` in C, measured on a machine of this kind; it builds no rows. */
const C_PARSER_MB_PER_SECOND = 118;
const MEMORY_GOAL_MB = 200;
const HEAP_MB = 128;
const RIVAL = 'fast-xml-parser 5 on the whole document, parse only';
const LARGE: readonly VmPageShape[] = [
  { hosts: 10_000, detectionsPerHost: 100 },
  { hosts: 1, detectionsPerHost: 200_000 },
];

/** Measures speed on one core, speed on all of them, and memory. */
export async function run(): Promise<BenchResult[]> {
  const rates = await measureRates();
  const peaks: number[] = [];
  for (const shape of LARGE) peaks.push((await measureMemory(shape)).peakMb);
  return [...rateResults(rates), memoryResult(Math.max(...peaks))];
}

function rateResults(rates: DecodeRates): BenchResult[] {
  const [ours, overlapped, rival] = [rates.ours, rates.overlapped, rates.rival].map(median) as [number, number, number];
  const line = { unit: 'MB/s', ours, rival, rivalName: `${RIVAL}, one core`, goal: RATE_GOAL };
  const floor = { rival: C_PARSER_MB_PER_SECOND, rivalName: 'lxml iterparse in C, as measured for the issue', goal: 1 };
  return [
    { ...line, name: 'vm-decode', ratio: ours / rival, holds: ours / rival >= RATE_GOAL },
    { ...line, ...floor, name: 'vm-decode-rate', ratio: ours / floor.rival, holds: ours >= floor.rival },
    {
      ...line,
      name: 'vm-decode-threads',
      ours: overlapped,
      rivalName: `${RIVAL}; ours with gzip in the thread pool`,
      ratio: overlapped / rival,
      holds: overlapped / rival >= RATE_GOAL,
    },
  ];
}

function memoryResult(peakMb: number): BenchResult {
  return {
    name: 'vm-memory',
    unit: 'MB',
    ours: peakMb,
    rival: MEMORY_GOAL_MB,
    rivalName: 'most that is allowed, for 1.4 GB and for one host with 200,000 detections',
    ratio: peakMb / MEMORY_GOAL_MB,
    goal: 1,
    isBound: true,
    holds: peakMb <= MEMORY_GOAL_MB,
  };
}

/** Runs are taken in turns by one process; where the system can pin it, one core does everything but the overlapped runs. */
async function measureRates(): Promise<DecodeRates> {
  const script = [join(import.meta.dirname, 'vm-decode-rates.ts')];
  const options = { maxBuffer: 1 << 20 };
  const pinned = ['taskset', '-c', '0', process.execPath, '--max-old-space-size=6144', ...script] as const;
  const [command, ...args] = (await canPin()) ? pinned : pinned.slice(3);
  const oneCore = await promisify(execFile)(command, [...args, 'one-core'], options);
  const threads = await promisify(execFile)(process.execPath, [...script, 'threads'], options);
  return { ...(JSON.parse(oneCore.stdout) as DecodeRates), ...(JSON.parse(threads.stdout) as Partial<DecodeRates>) };
}

async function canPin(): Promise<boolean> {
  try {
    await promisify(execFile)('taskset', ['-c', '0', 'true']);
    return true;
  } catch {
    return false;
  }
}

/** The page is made here and goes through a pipe, as slowly as the other side takes it. */
async function measureMemory(shape: VmPageShape): Promise<DecodeMemory> {
  const script = join(import.meta.dirname, 'vm-decode-memory.ts');
  const child = spawn(process.execPath, [`--max-old-space-size=${HEAP_MB}`, script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const output = child.stdout.setEncoding('utf8').toArray();
  await pipeline(Readable.from(vmPage(shape)), child.stdin);
  return JSON.parse((await output).join('')) as DecodeMemory;
}
