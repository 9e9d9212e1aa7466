/** Size and load time of what is deployed: the package is unpacked into an empty folder and loaded as the worker does it. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ensureBuilt } from '../dev/host/ensure-built.ts';
import { makePackage } from '../scripts/package.ts';
import { median, type BenchResult } from './result.ts';

const root = resolve(import.meta.dirname, '..');
const runFile = promisify(execFile);
const RUNS = 9;
const LOAD_GOAL_MS = 60;
const ZIP_GOAL_KB = 2048;
/** What the app imports, as it would be loaded from node_modules. */
const PACKAGES = [
  '@azure/functions',
  '@azure/data-tables',
  '@azure/storage-queue',
  '@azure/storage-blob',
  '@azure/identity',
  '@azure/monitor-ingestion',
  'fast-xml-parser',
  'ky',
  'zod',
];

/** Measures both. */
export async function run(): Promise<BenchResult[]> {
  await ensureBuilt(root);
  const folder = await mkdtemp(join(tmpdir(), 'bundle-'));
  try {
    return [await bundleLoad(folder), await zipSize(folder)];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function bundleLoad(folder: string): Promise<BenchResult> {
  await cp(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
  const bundle = join(folder, 'dist', 'main.cjs');
  const unbundled = join(folder, 'unbundled.mjs');
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(unbundled, PACKAGES.map((name) => `import '${name}';`).join('\n'));
  const ours: number[] = [];
  const rival: number[] = [];
  for (let round = 0; round <= RUNS; round++) {
    const times = [await loadTime(bundle), await loadTime(unbundled)];
    if (round === 0) continue;
    ours.push(times[0] ?? 0);
    rival.push(times[1] ?? 0);
  }
  const rivalName = `the goal of ${LOAD_GOAL_MS} ms (the same packages from node_modules: ${median(rival).toFixed(0)} ms)`;
  const ratio = median(ours) / LOAD_GOAL_MS;
  return {
    name: 'bundle-load',
    unit: 'ms',
    ours: median(ours),
    rival: LOAD_GOAL_MS,
    rivalName,
    ratio,
    goal: 1,
    isBound: true,
    holds: ratio <= 1,
  };
}

/** Milliseconds to load a module in a fresh process, the process's own start left out. */
async function loadTime(file: string): Promise<number> {
  const script = `const t = performance.now(); import(${JSON.stringify(file)}).then(() => console.log('loaded', performance.now() - t));`;
  const { stdout } = await runFile(process.execPath, ['-e', script]);
  return Number(/loaded ([\d.]+)/.exec(stdout)?.[1]);
}

async function zipSize(folder: string): Promise<BenchResult> {
  const { bytes } = await makePackage(join(folder, 'package.zip'));
  const kilobytes = bytes / 1024;
  return {
    name: 'zip-size',
    unit: 'KB',
    ours: kilobytes,
    rival: ZIP_GOAL_KB,
    rivalName: 'the goal of 2 MB',
    ratio: kilobytes / ZIP_GOAL_KB,
    goal: 1,
    isBound: true,
    holds: kilobytes <= ZIP_GOAL_KB,
  };
}
