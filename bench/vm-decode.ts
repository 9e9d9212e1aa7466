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
/** Ten times the page, and one host that fills a page alone. */
const LARGE: readonly (VmPageShape & { readonly name: string; readonly what: string })[] = [
  { name: 'vm-memory', what: 'a page of 1.4 GB', hosts: 10_000, detectionsPerHost: 100 },
  { name: 'vm-memory-one-host', what: 'a host with 200,000 detections', hosts: 1, detectionsPerHost: 200_000 },
];

/** Measures speed on one core, speed on all of them, and memory. */
export async function run(): Promise<BenchResult[]> {
  const results = rateResults(await measureRates());
  for (const { name, what, ...shape } of LARGE) results.push(memoryResult(name, what, await measureMemory(shape)));
  return results;
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

function memoryResult(name: string, what: string, { peakMb }: DecodeMemory): BenchResult {
  return {
    name,
    unit: 'MB',
    ours: peakMb,
    rival: MEMORY_GOAL_MB,
    rivalName: `most that may stay resident for ${what}`,
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
  // The rival holds the whole document as objects.
  const args = ['--max-old-space-size=6144', ...script, 'one-core'];
  const oneCore = (await canPin())
    ? await promisify(execFile)('taskset', ['-c', '0', process.execPath, ...args], options)
    : await promisify(execFile)(process.execPath, args, options);
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
