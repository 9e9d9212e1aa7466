import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { describeError } from '../../dev/describe-error.ts';
import { ensureIngestion, ensureStorage, foldersOf, forget, readSizes, nameOtherStart } from '../../dev/local-parts.ts';
import { UsageError } from '../../dev/usage-error.ts';

afterEach(() => vi.unstubAllEnvs());

async function makeLocalDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'local-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  return dir;
}

function clearParts(): void {
  for (const name of ['AzureWebJobsStorage', 'LOGS_INGESTION_ENDPOINT', 'LOGS_INGESTION_RULE_ID']) vi.stubEnv(name, '');
}

/** Starts storage and ingestion endpoint as `npm start` does, until the test ends. */
async function startParts(localDir: string, once: boolean): Promise<void> {
  clearParts();
  const folders = foldersOf(localDir, once);
  for (const ensure of [ensureStorage, ensureIngestion]) {
    const part = await ensure(folders);
    onTestFinished(async () => part?.close());
  }
}

describe('a run beside a running one', () => {
  test('with --once has folders of its own, and forgets only what is in them', async () => {
    const localDir = await makeLocalDir();
    await startParts(localDir, false);
    await writeFile(join(localDir, 'tables/T.ndjson'), 'row');
    const before = await readdir(join(localDir, 'azurite'));
    await forget(foldersOf(localDir, true));
    await startParts(localDir, true);
    expect(await readdir(join(localDir, 'tables'))).toContain('T.ndjson');
    expect(await readdir(join(localDir, 'azurite'))).toEqual(before);
    expect(await readdir(join(localDir, 'once'))).toEqual(['tables']);
  });

  test('with --once is refused beside another one', async () => {
    const localDir = await makeLocalDir();
    await startParts(localDir, true);
    await writeFile(join(localDir, 'once/tables/T.ndjson'), 'row');
    const refusal = `already keeps its data in ${join(localDir, 'once/tables')} (process ${process.pid})`;
    await expect(forget(foldersOf(localDir, true))).rejects.toThrow(refusal);
    expect(await readdir(join(localDir, 'once/tables'))).toContain('T.ndjson');
  });

  test('without --once is refused, and forgets nothing with --fresh', async () => {
    const localDir = await makeLocalDir();
    await startParts(localDir, false);
    await writeFile(join(localDir, 'tables/T.ndjson'), 'row');
    await expect(forget(foldersOf(localDir, false))).rejects.toThrow(
      `Azurite already keeps its data in ${join(localDir, 'azurite')} (process ${process.pid})`,
    );
    const stopped = await startParts(localDir, false).catch(nameOtherStart);
    expect(stopped).toBeInstanceOf(UsageError);
    expect(describeError(stopped)).toMatch(/^npm start already runs here, .*\(process \d+\): [^()]*$/);
    expect(await readdir(join(localDir, 'tables'))).toContain('T.ndjson');
    expect(await readdir(join(localDir, 'azurite'))).toContain('queue.json');
  });

  test('over other storage, but with the same tables, is refused', async () => {
    const localDir = await makeLocalDir();
    await startParts(localDir, false);
    vi.stubEnv('LOGS_INGESTION_ENDPOINT', '');
    await expect(ensureIngestion(foldersOf(localDir, false))).rejects.toThrow(
      `An ingestion endpoint already keeps its data in ${join(localDir, 'tables')} (process ${process.pid})`,
    );
  });
});

test('--fresh forgets what an earlier run kept, and nothing else', async () => {
  const localDir = await makeLocalDir();
  await writeFile(join(localDir, 'other'), '');
  clearParts();
  const folders = foldersOf(localDir, false);
  for (const ensure of [ensureStorage, ensureIngestion]) await (await ensure(folders))?.close();
  expect(await readdir(join(localDir, 'azurite'))).not.toEqual([]);
  await forget(folders);
  expect(await readdir(join(localDir, 'azurite'))).toEqual([]);
  expect((await readdir(localDir)).sort()).toEqual(['azurite', 'other', 'tables']);
});

test('sizes are read from their variables, and wrong ones named', () => {
  expect(readSizes({ SIMULATOR_EVENTS: ' ', SIMULATOR_HOSTS: '7' })).toEqual({ eventCount: 5000, hostCount: 7 });
  expect(() => readSizes({ SIMULATOR_EVENTS: 'many' })).toThrow(
    'SIMULATOR_EVENTS must be a whole number from 0 to 10000000, given "many"',
  );
  expect(() => readSizes({ SIMULATOR_HOSTS: '-1' })).toThrow('SIMULATOR_HOSTS must be');
});
