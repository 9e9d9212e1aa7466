/** A VM page from bytes to compressed chunks that are ready to send, and the memory that takes. */
import { XMLParser } from 'fast-xml-parser';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { median, type BenchResult } from './result.ts';
import { sendVmPage } from './vm-send.ts';
import { vmPage } from './vm-page.ts';

const runFile = promisify(execFile);
const RUNS = 5;
const SHAPE = { hosts: 1000, detectionsPerHost: 100 };
/** The page of the smallest instance's worst day: 1.4 GB, and one host that fills a page alone. */
const LARGE: readonly { readonly name: string; readonly hosts: number; readonly detectionsPerHost: number }[] = [
  { name: 'vm-memory', hosts: 10_000, detectionsPerHost: 100 },
  { name: 'vm-memory-one-host', hosts: 1, detectionsPerHost: 200_000 },
];
const MEMORY_GOAL_MB = 200;
const SPEED_GOAL = 8;

/** Measures both. Everything of ours runs in one thread, gzip included. */
export async function run(): Promise<BenchResult[]> {
  const results = [decodeSpeed()];
  for (const shape of LARGE) results.push(await peakMemory(shape));
  return results;
}

function decodeSpeed(): BenchResult {
  const blocks = [...vmPage(SHAPE)];
  const page = Buffer.concat(blocks);
  const megabytes = page.length / 1e6;
  const ours: number[] = [];
  const rival: number[] = [];
  for (let round = 0; round <= RUNS; round++) {
    const times = [measure(() => sendVmPage(blocks)), measure(() => parseWhole(page))];
    // The first round warms the compiler up.
    if (round === 0) continue;
    ours.push(megabytes / (times[0] ?? 0));
    rival.push(megabytes / (times[1] ?? 0));
  }
  const ratio = median(ours) / median(rival);
  return {
    name: 'vm-decode',
    unit: 'MB/s',
    ours: median(ours),
    rival: median(rival),
    rivalName: 'fast-xml-parser 5 on the whole document, parse only',
    ratio,
    goal: SPEED_GOAL,
    holds: ratio >= SPEED_GOAL,
  };
}

/** Seconds. */
function measure(work: () => void): number {
  const startedAt = performance.now();
  work();
  return (performance.now() - startedAt) / 1000;
}

function parseWhole(page: Buffer): void {
  const parser = new XMLParser({ ignoreAttributes: false, cdataPropName: '#cdata-section', parseTagValue: false });
  parser.parse(page.toString('utf8'));
}

/** Peak resident memory of a process of its own with a heap of 128 MB. */
async function peakMemory({ name, hosts, detectionsPerHost }: (typeof LARGE)[number]): Promise<BenchResult> {
  const script = join(import.meta.dirname, 'vm-memory.ts');
  const args = [
    '--disable-warning=ExperimentalWarning',
    '--max-old-space-size=128',
    script,
    String(hosts),
    String(detectionsPerHost),
  ];
  const { stdout } = await runFile(process.execPath, args);
  const { peakMb } = JSON.parse(stdout) as { peakMb: number };
  return {
    name,
    unit: 'MB',
    ours: peakMb,
    rival: MEMORY_GOAL_MB,
    rivalName: 'the goal of 200 MB',
    ratio: peakMb / MEMORY_GOAL_MB,
    goal: 1,
    isBound: true,
    holds: peakMb <= MEMORY_GOAL_MB,
  };
}
