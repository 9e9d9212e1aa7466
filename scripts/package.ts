/** `npm run package`: makes the deployment zip, `qualys-sentinel-connector-<version>.zip`. Needs `npm run build` before. */
import { zipSync, type Zippable } from 'fflate';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { stagePackage } from './stage-package.ts';

const root = join(import.meta.dirname, '..');
/** The same content gives the same zip, whenever it is made. */
const MTIME = new Date('2026-01-01T00:00:00Z');

/** Makes the zip. @returns its path and size in bytes. */
export async function makePackage(target: string): Promise<{ path: string; bytes: number }> {
  const staged = await mkdtemp(join(tmpdir(), 'package-'));
  try {
    await stagePackage(root, staged);
    const entries = await readdir(staged, { recursive: true, withFileTypes: true });
    const files: Zippable = {};
    for (const entry of entries.filter((each) => each.isFile())) {
      const path = join(entry.parentPath, entry.name);
      files[relative(staged, path)] = new Uint8Array(await readFile(path));
    }
    const zip = zipSync(files, { level: 9, mtime: MTIME });
    await writeFile(target, zip);
    return { path: target, bytes: zip.length };
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  const { path, bytes } = await makePackage(join(root, `qualys-sentinel-connector-${version}.zip`));
  console.log(`${relative(root, path)} ${(bytes / 1024).toFixed(0)} KB`);
}
