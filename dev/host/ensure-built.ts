import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lockFolder } from '../folder-lock.ts';
import { UsageError } from '../usage-error.ts';
import { HostError } from './host-error.ts';

const POLL_MS = 100;
/** What the bundle is made of. */
const sources = ['src', 'infra/tables', 'package.json', 'scripts/build.ts'];

async function getTime(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).mtimeMs;
  } catch {
    return undefined;
  }
}

async function listFiles(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { recursive: true });
    return [path, ...entries.map((entry) => join(path, entry))];
  } catch {
    return [path];
  }
}

/** The time of the newest file or folder below the sources; a folder's time tells of deleted files. */
async function findNewest(appDir: string): Promise<number> {
  const files = (await Promise.all(sources.map((source) => listFiles(join(appDir, source))))).flat();
  const times = await Promise.all(files.map(getTime));
  return Math.max(0, ...times.map((time) => time ?? 0));
}

async function build(appDir: string, isQuiet: boolean): Promise<void> {
  const script = join(appDir, 'scripts', 'build.ts');
  const child = spawn(process.execPath, [script], {
    cwd: appDir,
    stdio: ['ignore', isQuiet ? 'ignore' : 'inherit', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) {
    throw new HostError(`The build failed: ${script} ended with ${code ?? 'a signal'}`);
  }
}

async function isBuilt(appDir: string): Promise<boolean> {
  const { main } = JSON.parse(await readFile(join(appDir, 'package.json'), 'utf8')) as { readonly main?: string };
  const builtAt = main === undefined ? undefined : await getTime(join(appDir, main));
  return builtAt !== undefined && builtAt >= (await findNewest(appDir));
}

/** Waits until no other process builds: two at once would write the same files. */
async function lockBuild(appDir: string): Promise<() => Promise<void>> {
  for (;;) {
    try {
      return await lockFolder(join(appDir, '.local', 'build'), { name: 'A build', share: 'wait for it' });
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      await sleep(POLL_MS);
    }
  }
}

/**
 * Builds the app by `scripts/build.ts` when the file that `main` of package.json names is missing or older than what it
 * is made of. A quiet build says nothing unless it fails.
 * @returns true when it was built.
 * @throws HostError when the build fails.
 */
export async function ensureBuilt(appDir: string, { isQuiet = false } = {}): Promise<boolean> {
  const canBuild = (await getTime(join(appDir, 'scripts', 'build.ts'))) !== undefined;
  if (!canBuild || (await isBuilt(appDir))) return false;
  const release = await lockBuild(appDir);
  try {
    if (await isBuilt(appDir)) return false;
    await build(appDir, isQuiet);
    return true;
  } finally {
    await release();
  }
}
