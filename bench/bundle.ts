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
/** What the app needs for its work, as it would be loaded from node_modules. */
const PACKAGES = [
  '@azure/functions',
  '@azure/data-tables',
  '@azure/storage-queue',
  '@azure/identity',
  '@azure/monitor-ingestion',
  'fast-xml-parser',
  'ky',
];

/** Measures both. */
export async function run(): Promise<BenchResult[]> {
  await ensureBuilt(root);
  const folder = await mkdtemp(join(tmpdir(), 'bundle-'));
  try {
    return [...(await bundleLoad(folder)), await zipSize(folder)];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The host waits for what registers the triggers; the first invocation needs the handlers, too. */
async function bundleLoad(folder: string): Promise<BenchResult[]> {
  await cp(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'unbundled.mjs'), PACKAGES.map((name) => `import '${name}';`).join('\n'));
  const [main = '', handlers = ''] = ['main', 'handlers'].map(
    (name) => `require(${JSON.stringify(join(folder, 'dist', `${name}.cjs`))})`,
  );
  const scripts = [main, `${main}, ${handlers}`, `await import(${JSON.stringify(join(folder, 'unbundled.mjs'))})`];
  const times: number[][] = scripts.map(() => []);
  for (let round = 0; round <= RUNS; round++) {
    for (const [n, script] of scripts.entries()) {
      const time = await loadTime(script);
      if (round > 0) times[n]?.push(time);
    }
  }
  const [load = 0, whole = 0, unbundled = 0] = times.map(median);
  const ratio = load / LOAD_GOAL_MS;
  const packages = `the same packages from node_modules (${unbundled.toFixed(0)} ms)`;
  return [
    {
      name: 'bundle-load',
      unit: 'ms',
      ours: load,
      rival: LOAD_GOAL_MS,
      rivalName: `the goal; ${packages}`,
      ratio,
      goal: 1,
      isBound: true,
      holds: ratio <= 1,
    },
    {
      name: 'bundle-load-whole',
      unit: 'ms',
      ours: whole,
      rival: unbundled,
      rivalName: `what the first invocation needs, against the same packages from node_modules`,
      ratio: whole / unbundled,
      goal: 1,
      isBound: true,
      holds: whole <= unbundled,
    },
  ];
}

/** Milliseconds to run a script in a fresh process, the process's own start left out. */
async function loadTime(script: string): Promise<number> {
  const timed = `const t = performance.now(); ${script}; console.log('loaded', performance.now() - t);`;
  const { stdout } = await runFile(process.execPath, ['-e', `(async () => { ${timed} process.exit(); })()`]);
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
