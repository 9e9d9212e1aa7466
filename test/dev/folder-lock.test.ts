import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import { emptyFolders, lockFolder } from '../../dev/folder-lock.ts';
import { UsageError } from '../../dev/usage-error.ts';

const KEEPER = { name: 'A tester', share: 'be quick' };
const INGESTION = resolve(import.meta.dirname, '../../dev/ingestion/main.ts');

async function makeDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'lock-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  return dir;
}

/** A process that keeps a folder. */
async function startKeeper(dir: string) {
  const child = spawn(process.execPath, [INGESTION, '--dir', dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(createInterface(child.stdout), 'line');
  return child;
}

describe('a folder', () => {
  test('belongs to one holder at a time, and is free again once released', async () => {
    const dir = join(await makeDir(), 'new');
    const release = await lockFolder(dir, KEEPER);
    const message = `A tester already keeps its data in ${dir} (process ${process.pid}): stop it, or be quick.`;
    await expect(lockFolder(dir, KEEPER)).rejects.toThrow(new UsageError(message));
    await release();
    expect(await readdir(dir)).toEqual([]);
    await (
      await lockFolder(dir, KEEPER)
    )();
  });

  test('that many want at once is never given to two, and soon to one', async () => {
    const dir = await makeDir();
    // Of a process that lives, and was killed as another one: its port says so.
    await writeFile(join(dir, `lock-${process.pid}-1`), '');
    const results = await Promise.allSettled(Array.from({ length: 4 }, () => lockFolder(dir, KEEPER)));
    const held = results.filter((result) => result.status === 'fulfilled');
    expect(held.length).toBeLessThanOrEqual(1);
    expect(await readdir(dir)).toHaveLength(held.length);
    for (const { value: release } of held) await release();
    await (
      await lockFolder(dir, KEEPER)
    )();
    expect(await readdir(dir)).toEqual([]);
  });

  test.for(['lock-2147483646-80', `lock-${process.pid}-1`])(
    'with the lock of a dead process is taken over: %s',
    async (name) => {
      const dir = await makeDir();
      await writeFile(join(dir, name), '');
      const release = await lockFolder(dir, KEEPER);
      expect(await readdir(dir)).toEqual([expect.stringMatching(`^lock-${process.pid}-\\d+$`)]);
      await release();
    },
  );

  test('of another process is refused while that lives, and taken over once it was killed', async () => {
    const dir = await makeDir();
    const child = await startKeeper(dir);
    await expect(lockFolder(dir, KEEPER)).rejects.toThrow(`in ${dir} (process ${child.pid})`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await (
      await lockFolder(dir, KEEPER)
    )();
  });

  test('is free again once its process was told to end', async () => {
    const dir = await makeDir();
    const child = await startKeeper(dir);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(await readdir(dir)).toEqual([]);
  });
});

describe('emptying folders', () => {
  test('deletes all that is in them, and makes those that are missing', async () => {
    const [one, two] = [await makeDir(), join(await makeDir(), 'missing')];
    await mkdir(join(one, 'a/b'), { recursive: true });
    await writeFile(join(one, 'a/b/c'), '');
    await emptyFolders([one, two].map((dir) => ({ dir, keeper: KEEPER })));
    expect([await readdir(one), await readdir(two)]).toEqual([[], []]);
  });

  test('deletes nothing at all while somebody keeps one of them', async () => {
    const [free, kept] = [await makeDir(), await makeDir()];
    await writeFile(join(free, 'row'), '');
    const child = await startKeeper(kept);
    await writeFile(join(kept, 'row'), '');
    const folders = [free, kept].map((dir) => ({ dir, keeper: KEEPER }));
    await expect(emptyFolders(folders)).rejects.toThrow(`in ${kept} (process ${child.pid})`);
    expect(await readdir(free)).toEqual(['row']);
    expect(await readdir(kept)).toContain('row');
  });
});
