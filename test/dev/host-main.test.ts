import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startAzurite } from '../../dev/azurite/start-azurite.ts';
import { commonJs, writeAppDir } from './host-test-app.ts';

const main = resolve(import.meta.dirname, '../../dev/host/main.ts');

interface Running {
  readonly child: ChildProcess;
  /** Everything printed so far. */
  readonly printed: () => string;
}

function runMain(dir: string, env: Record<string, string>, args: readonly string[] = []): Running {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [main, '--app', dir, ...args], { env: { PATH, ...env } });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { child, printed: () => text };
}

async function findPort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return String(port);
}

const source = commonJs(`
  app.get('show', async () => ({ jsonBody: { file: process.env.FROM_FILE, both: process.env.BOTH, storage: process.env.AzureWebJobsStorage } }));
  app.timer('tick', { schedule: '0 0 0 1 1 *', handler: async (timer, context) => context.log('ticked') });
  app.storageQueue('work', { queueName: 'work', connection: 'AzureWebJobsStorage', handler: () => {} });
`);

test('the host alone reads settings, starts Azurite, lists the functions, runs the timers, and ends on a signal', async () => {
  const dir = await writeAppDir({
    'app.cjs': source,
    'local.settings.json': JSON.stringify({ Values: { FROM_FILE: 'file', BOTH: 'file' } }),
  });
  const port = await findPort();
  const { child, printed } = runMain(dir, { PORT: port, BOTH: 'environment' });
  await expect.poll(printed).toContain('work: queueTrigger');
  const url = `http://127.0.0.1:${port}`;
  expect(printed()).toContain(`show: [GET] ${url}/api/show`);
  expect(printed()).toContain('tick: timerTrigger');
  await expect.poll(printed).toContain('ticked');
  const shown = (await (await fetch(`${url}/api/show`)).json()) as Record<string, string>;
  expect(shown).toMatchObject({ file: 'file', both: 'environment' });
  expect(shown.storage).toContain('QueueEndpoint=http://127.0.0.1:');
  child.kill('SIGINT');
  expect(await once(child, 'exit')).toEqual([0, null]);
  const kept = await readdir(join(dir, '.local/azurite'));
  expect(kept.filter((name) => name.startsWith('lock'))).toEqual([]);
});

test('the host alone leaves storage that is set as it is, and can run some functions without first runs', async () => {
  const azurite = await startAzurite({ inMemory: true, blob: false });
  onTestFinished(azurite.close);
  const dir = await writeAppDir({ 'app.cjs': source });
  const port = await findPort();
  const env = { PORT: port, AzureWebJobsStorage: azurite.connectionString };
  const { child, printed } = runMain(dir, env, ['--functions', 'show,tick', '--no-start-timers']);
  await expect.poll(printed).toContain('tick: timerTrigger');
  expect(printed()).not.toContain('work');
  expect(await (await fetch(`http://127.0.0.1:${port}/api/show`)).json()).toEqual({
    storage: azurite.connectionString,
  });
  expect(printed()).not.toContain('ticked');
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  await expect(readdir(join(dir, '.local'))).rejects.toThrow('ENOENT');
});

test('the host alone says why it cannot start, and fails', async () => {
  const dir = await writeAppDir({ 'app.cjs': 'void 0;' });
  const { child, printed } = runMain(dir, { PORT: '0', AzureWebJobsStorage: 'UseDevelopmentStorage=true' });
  expect(await once(child, 'exit')).toEqual([1, null]);
  expect(printed()).toMatch(/^The app registered no function\./);
});
