import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import type { HostOrder } from './host-process.ts';
import type { Rig } from './rig.ts';
import { warpOffset } from './warped-time.ts';

const SCRIPT = join(import.meta.dirname, 'host-process.ts');
const ROOT = resolve(import.meta.dirname, '../..');
/** A host that does not come to the step in real time is a cell that proves nothing; a busy machine takes minutes. One that ends is told at once. */
const PATIENCE_MS = 300_000;

/** Starts hosts to be killed; the next one is kept ready. */
export interface HostPool {
  /** Runs a host over the rig until `reached` resolves, then kills it by SIGKILL. */
  readonly killWhen: (rig: Rig, reached: Promise<unknown>) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Bundles the app into a folder of its own, so that it does not meet builds of other tests; `queues` goes into its host.json. */
export async function buildApp(queues: Readonly<Record<string, unknown>>, root = ROOT): Promise<string> {
  const appDir = await mkdtemp(join(tmpdir(), 'fault-matrix-'));
  await build({
    absWorkingDir: root,
    entryPoints: ['src/index.ts'],
    outfile: join(appDir, 'main.cjs'),
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    logLevel: 'silent',
    external: ['@azure/functions-core'],
    define: { 'import.meta.url': '__bundleUrl' },
    banner: { js: 'const __bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
  });
  await writeFile(join(appDir, 'package.json'), JSON.stringify({ name: 'app', main: 'main.cjs' }));
  await writeFile(join(appDir, 'host.json'), JSON.stringify({ version: '2.0', extensions: { queues } }));
  return appDir;
}

function startProcess(): ChildProcess {
  return fork(SCRIPT, {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

/** @throws Error once it has ended by itself. */
async function endOf(child: ChildProcess): Promise<never> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  throw new Error(`the host ended before it came to the step: ${child.signalCode ?? `exit code ${child.exitCode}`}`);
}

async function within(promise: Promise<unknown>, what: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(what)), PATIENCE_MS);
  });
  try {
    await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Opens the pool. */
export async function openHostPool(): Promise<HostPool> {
  // One worker, so that a kill leaves at most one chunk unrecorded.
  const appDir = await buildApp({ maxPollingInterval: '00:00:00.200', batchSize: 1, newBatchThreshold: 0 });
  const start = (): { child: ChildProcess; ready: Promise<unknown> } => {
    const child = startProcess();
    return { child, ready: once(child, 'message') };
  };
  let next: ReturnType<typeof start> | undefined = start();
  return {
    killWhen: async (rig, reached) => {
      const { child, ready } = next ?? start();
      next = start();
      try {
        await Promise.race([ready, endOf(child)]);
        const order: HostOrder = { appDir, offsetMs: warpOffset(), settings: rig.env };
        child.send(order);
        await within(Promise.race([reached, endOf(child)]), 'the host did not come to the step');
      } finally {
        await endProcess(child);
      }
    },
    close: async () => {
      if (next !== undefined) await endProcess(next.child);
      next = undefined;
      await rm(appDir, { recursive: true, force: true });
    },
  };
}
