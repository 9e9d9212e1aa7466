import { spawnSync } from 'node:child_process';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };

const ROOT = resolve(import.meta.dirname, '../..');

/** What a Node.js without TypeScript, as those before 22.18, prints of a command. */
function runOld(words: readonly string[]): readonly [number | null, string] {
  const argv = ['--no-experimental-strip-types', ...words];
  const { status, stderr } = spawnSync(process.execPath, argv, { cwd: ROOT, encoding: 'utf8' });
  return [status, stderr];
}

const TOLD = [1, expect.stringMatching(/^Node\.js \S+ is too old\. Run npm ci first: .* 22\.18 or later\.\n$/)];

test.each(['start', 'qualys', 'break', 'host', 'deploy'] as const)(
  'npm run %s on an old Node.js says in a sentence what to do',
  (name) => {
    const [program, ...words] = packageJson.scripts[name].split(' ');
    expect(program).toBe('node');
    expect(runOld(words)).toEqual(TOLD);
  },
);

test('without packages each says what brings them', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'no-packages-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  for (const name of ['check-node.mjs', 'check-packages.mjs']) await copyFile(join(ROOT, 'dev', name), join(dir, name));
  const { status, stderr } = spawnSync(process.execPath, [join(dir, 'check-packages.mjs')], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([1, 'The packages are not there yet: run npm ci first.\n']);
  for (const name of ['start', 'break', 'host'] as const)
    expect(packageJson.scripts[name]).toContain('--import ./dev/check-packages.mjs ');
});

test('so does the program qualys', () => {
  expect(runOld([join(ROOT, packageJson.bin.qualys)])).toEqual(TOLD);
});
