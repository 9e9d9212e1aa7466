import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = resolve(import.meta.dirname, '../..');
/** Below node_modules, so that its imports find the packages of today. */
const CACHE = join(ROOT, 'node_modules/.cache/releases');
/** The last commit before releases had to read one another's state (ADR 0023). */
const COMMIT = '1e8e08df6afa7fb89c6bdf66d7a3df752a3095cf';

/** The last release's source, or why it is not at hand. */
export type LastRelease = { readonly dir: string } | { readonly missing: string };

/** Unpacks the source of the last release from the repository, once a clone. */
export async function openLastRelease(): Promise<LastRelease> {
  const dir = join(CACHE, COMMIT);
  if (existsSync(dir)) return { dir };
  try {
    await run('git', ['cat-file', '-e', `${COMMIT}^{commit}`], { cwd: ROOT });
  } catch {
    return { missing: `the commit ${COMMIT.slice(0, 7)} is not in this clone: git fetch --unshallow` };
  }
  await mkdir(CACHE, { recursive: true });
  const unpacked = await mkdtemp(join(CACHE, 'unpacking-'));
  const tar = join(unpacked, 'source.tar');
  await run('git', ['archive', `--output=${tar}`, COMMIT, 'src', 'infra/tables', 'package.json'], { cwd: ROOT });
  await run('tar', ['-xf', tar, '-C', unpacked]);
  await rm(tar);
  // Another test file may have been faster.
  await rename(unpacked, dir).catch(() => rm(unpacked, { recursive: true, force: true }));
  return { dir };
}

/** Modules of the last release, by their paths below `src/lib`, in their shape of today. */
export async function importLastRelease<T>(dir: string, name: string, paths: readonly string[]): Promise<T> {
  const { build } = await import('esbuild');
  const outfile = join(dir, `${name}.mjs`);
  const { outputFiles } = await build({
    stdin: {
      contents: paths.map((path) => `export * from './src/lib/${path}';`).join('\n'),
      resolveDir: dir,
      loader: 'ts',
    },
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    write: false,
    logLevel: 'silent',
  });
  await writeFile(outfile, outputFiles[0]?.contents ?? '');
  return (await import(outfile)) as T;
}
