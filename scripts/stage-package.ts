/**
 * `npm run stage -- <folder>`: puts what is shipped into a folder: the bundle with its source map and assets, host.json, and a
 * package.json that only names the entry point, so that nothing can be installed from it. Needs `npm run build` before.
 */
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** Files of a build that was broken off. */
const LEFT_BEHIND = /\.\d+$/;

/**
 * Fills `target` anew from the project at `root`.
 * @throws Error when the bundle has not been built.
 */
export async function stagePackage(root: string, target: string): Promise<void> {
  const { name, version, main } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
    main: string;
  };
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  await cp(join(root, 'dist'), join(target, 'dist'), { recursive: true, filter: (path) => !LEFT_BEHIND.test(path) });
  await cp(join(root, 'host.json'), join(target, 'host.json'));
  await writeFile(join(target, 'package.json'), `${JSON.stringify({ name, version, private: true, main }, null, 2)}\n`);
}

if (import.meta.main) {
  const [target] = process.argv.slice(2);
  if (target === undefined) throw new Error('give the folder to fill, e.g. npm run stage -- .local/package');
  await stagePackage(join(import.meta.dirname, '..'), resolve(target));
}
