/**
 * Decoding pages of VM detections, from bytes to compressed chunks, against lxml doing the same work; and the memory it takes for pages and
 * hosts ten times as large. All runs are processes of their own.
 */
import { execFile, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { median, type BenchResult } from './result.ts';
import { vmPage, type VmPageShape } from './vm-page.ts';

/** What `vm-decode-memory.ts` prints. */
export interface DecodeMemory {
  readonly peakMb: number;
  readonly rows: number;
}

const RATE_GOAL = 2.2;
const COMPARING_GOAL = 0.85;
const MEMORY_GOAL_MB = 200;
const HEAP_MB = 128;
/** Turns of ours and the rival's, and runs of each turn. */
const TURNS = 3;
const RUNS = 3;
const USUAL = { hosts: 400, detectionsPerHost: 100 };
const PAGES: readonly (VmPageShape & { readonly name: string; readonly what: string })[] = [
  { name: 'vm-decode', what: '', ...USUAL },
  { name: 'vm-decode-varied', what: '; detections differ in their optional elements', ...USUAL, form: 'varied' },
  { name: 'vm-decode-odd', what: '; no two detections have one form', ...USUAL, form: 'odd' },
];
const RIVAL = 'lxml: iterparse, rows, JSON, gzip level 1, one core';
const PYTHONS = ['python3', '/usr/bin/python3'];
/** Ten times the page, and one host that fills a page alone. */
const LARGE: readonly (VmPageShape & { readonly name: string; readonly what: string })[] = [
  { name: 'vm-memory', what: 'a page of 1.4 GB', hosts: 10_000, detectionsPerHost: 100 },
  { name: 'vm-memory-one-host', what: 'a host with 200,000 detections', hosts: 1, detectionsPerHost: 200_000 },
];

/** Measures speed on one core, and memory. */
export async function run(): Promise<BenchResult[]> {
  const python = await findPython();
  const results: BenchResult[] = [];
  for (const { name, what, ...shape } of PAGES) results.push(await rateResult(name, what, shape, python));
  results.push(await comparingResult());
  for (const { name, what, ...shape } of LARGE) results.push(memoryResult(name, what, await measureMemory(shape)));
  return results;
}

/** A Python that has lxml. */
async function findPython(): Promise<string | undefined> {
  for (const python of PYTHONS) {
    try {
      await promisify(execFile)(python, ['-c', 'import lxml.etree']);
      return python;
    } catch {
      // The next one, or none.
    }
  }
  return undefined;
}

async function rateResult(
  name: string,
  what: string,
  shape: VmPageShape,
  python: string | undefined,
): Promise<BenchResult> {
  const [ours, rival] = await ratesByTurns(shape, (page, megabytes) => [
    oursOf(page),
    python === undefined ? undefined : [python, script('vm-decode-lxml.py'), page, megabytes, String(RUNS)],
  ]);
  const rivalName = python === undefined ? 'lxml is not at hand: install python3-lxml' : `${RIVAL}${what}`;
  return { name, unit: 'MB/s', ours, rival, rivalName, ratio: ours / rival, ...held(ours / rival, RATE_GOAL) };
}

/** What it costs to know whether a host has changed. */
async function comparingResult(): Promise<BenchResult> {
  const [ours, rival] = await ratesByTurns(USUAL, (page) => [[...oursOf(page), 'changed-hosts'], oursOf(page)]);
  const ratio = ours / rival;
  const rivalName = 'the page of `vm-decode` with VM_INGEST=all; here each host is compared, and sent';
  return {
    name: 'vm-decode-changed-hosts',
    unit: 'MB/s',
    ours,
    rival,
    rivalName,
    ratio,
    ...held(ratio, COMPARING_GOAL),
  };
}

function held(ratio: number, goal: number): Pick<BenchResult, 'goal' | 'holds'> {
  return { goal, holds: ratio >= goal };
}

function oursOf(page: string): string[] {
  return [process.execPath, script('vm-decode-rates.ts'), page, String(RUNS)];
}

/** Medians of what two commands print for a page, by turns, so that whatever else the machine does falls on both alike. */
async function ratesByTurns(
  shape: VmPageShape,
  commandsOf: (page: string, megabytes: string) => readonly [readonly string[], readonly string[] | undefined],
): Promise<readonly [number, number]> {
  const folder = await mkdtemp(join(tmpdir(), 'vm-decode-'));
  const page = join(folder, 'page.xml');
  const rates: { ours: number[]; rival: number[] } = { ours: [], rival: [] };
  try {
    await pipeline(Readable.from(vmPage(shape)), createWriteStream(page));
    const [ours, rival] = commandsOf(page, String((await stat(page)).size / 1e6));
    const pin = (await canPin()) ? ['taskset', '-c', '0'] : [];
    for (let turn = 0; turn < TURNS; turn++) {
      rates.ours.push(...(await ratesOf([...pin, ...ours])));
      if (rival !== undefined) rates.rival.push(...(await ratesOf([...pin, ...rival])));
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  return [median(rates.ours), median(rates.rival)];
}

function script(name: string): string {
  return join(import.meta.dirname, name);
}

async function ratesOf([command = '', ...args]: readonly string[]): Promise<number[]> {
  const { stdout } = await promisify(execFile)(command, args);
  return JSON.parse(stdout) as number[];
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
  const child = spawn(process.execPath, [`--max-old-space-size=${HEAP_MB}`, script('vm-decode-memory.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const output = child.stdout.setEncoding('utf8').toArray();
  await pipeline(Readable.from(vmPage(shape)), child.stdin);
  return JSON.parse((await output).join('')) as DecodeMemory;
}
