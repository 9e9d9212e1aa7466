import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startHost } from '../../dev/host/start-host.ts';
import { commonJs, notes, runApp, writeAppDir } from './host-test-app.ts';

const quiet = { port: 0, runTimersAtStart: false, log: () => undefined };
const hostUrl = pathToFileURL(resolve(import.meta.dirname, '../../dev/host/start-host.ts')).href;
const libraryUrl = pathToFileURL(createRequire(import.meta.url).resolve('@azure/functions')).href;

/** Starts the app in a process of its own, as an ES module or a stream can be loaded once a process only. */
async function startProcess(appDir: string): Promise<{ url: string; end: () => Promise<unknown> }> {
  const script = `
    import { startHost } from ${JSON.stringify(hostUrl)};
    const host = await startHost({ appDir: ${JSON.stringify(appDir)}, port: 0, closeTimeoutMs: 1000 });
    console.log('URL ' + host.url);
    process.once('SIGTERM', () => host.close().then(() => process.exit(0)));
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  for await (const line of createInterface(child.stdout)) {
    if (line.startsWith('URL ')) {
      child.stdout.resume();
      const end = async (): Promise<unknown> => {
        child.kill('SIGTERM');
        return await once(child, 'exit');
      };
      return { url: line.slice(4), end };
    }
  }
  throw new Error('The host ended before it had started.');
}

describe('an app', () => {
  test('can be loaded again, and changed, in the same process', async () => {
    const text = (answer: string): string =>
      commonJs(`const { answer } = require('./lib/answer.cjs');
        app.setup({ capabilities: { X: '${answer}' } });
        app.get('ask', async () => ({ body: answer }));`);
    const files = { 'app.cjs': text('one'), 'lib/answer.cjs': "exports.answer = 'one';" };
    const appDir = await writeAppDir(files);
    const ask = async (): Promise<string> => {
      const host = await startHost({ ...quiet, appDir });
      const answer = await (await fetch(`${host.url}/api/ask`)).text();
      await host.close();
      return answer;
    };
    expect(await ask()).toBe('one');
    await writeFile(join(appDir, 'lib/answer.cjs'), "exports.answer = 'two';");
    expect(await ask()).toBe('two');
  });

  test('may be spread over the files that a pattern finds', async () => {
    const appDir = await writeAppDir({
      'package.json': '{"main":"functions/*.cjs"}',
      'functions/a.cjs': commonJs("app.get('a', async () => ({}));"),
      'functions/b.cjs': commonJs("app.get('b', async () => ({}));"),
    });
    const host = await startHost({ ...quiet, appDir });
    onTestFinished(host.close);
    expect(host.functions).toEqual(['a', 'b']);
  });

  test('sees its settings in the environment, which gets its own back at the end', async () => {
    process.env.HOST_TEST_KEPT = 'before';
    const host = await runApp(
      "app.get('x', async () => ({ body: process.env.HOST_TEST_KEPT + process.env.HOST_TEST_NEW }));",
      {
        settings: { HOST_TEST_KEPT: 'during', HOST_TEST_NEW: '!' },
      },
    );
    expect(await (await fetch(`${host.url}/api/x`)).text()).toBe('during!');
    await host.close();
    expect([process.env.HOST_TEST_KEPT, process.env.HOST_TEST_NEW]).toEqual(['before', undefined]);
    delete process.env.HOST_TEST_KEPT;
  });

  test('runs the functions that are named, and none that is disabled or of another kind', async () => {
    const source = `
      app.get('a', async () => ({}));
      app.get('b', async () => ({}));
      app.storageBlob('c', { path: 'x/{name}', connection: 'AzureWebJobsStorage', handler: () => {} });
    `;
    const named = await runApp(source, { functions: ['b'] });
    expect(named.functions).toEqual(['b']);
    const rest = await runApp(source, { settings: { 'AzureWebJobs.a.Disabled': '1' } });
    expect(rest.functions).toEqual(['b']);
    expect(rest.logged.map(({ message }) => message)).toEqual([
      "Function 'a' does not run here: it is disabled, or its httptrigger is not run locally.",
      "Function 'c' does not run here: it is disabled, or its blobtrigger is not run locally.",
    ]);
    await expect(runApp(source, { functions: ['d'] })).rejects.toThrow('There is no function "d": the app has a, b, c');
  });

  test('is told what of its bindings does not run here', async () => {
    const { logged } = await runApp(`
      app.timer('t', {
        schedule: '0 0 0 1 1 *', handler: () => {},
        retry: { strategy: 'fixedDelay', maxRetryCount: 1, delayInterval: 1000 },
        extraOutputs: [output.storageQueue({ queueName: 'q', connection: 'AzureWebJobsStorage' })],
      });
    `);
    expect(logged.map(({ message }) => message)).toEqual([
      "Function 't': the binding of type queue is not run locally.",
      "Function 't': its retry policy is not run locally.",
    ]);
  });
});

describe('an app that cannot run', () => {
  test.each([
    ['has no functions', { 'app.cjs': 'void 0;' }, /registered no function\. .*app\.cjs; yet no call of app\.http/],
    [
      'registers none, though it loads the library',
      { 'app.cjs': commonJs('app.setup({}); app.hook.appStart(() => {});') },
      'registered no function',
    ],
    [
      'throws',
      { 'app.cjs': 'throw new Error("broken import");' },
      /entry point .*app\.cjs cannot be loaded: Error: broken import/,
    ],
    ['does not parse', { 'app.cjs': 'const = 1;' }, 'cannot be loaded: '],
    ['is not there', { 'package.json': '{"main":"dist/main.cjs"}' }, 'main "dist/main.cjs" of'],
    ['has an empty pattern', { 'package.json': '{"main":"dist/*.cjs"}' }, 'finds no file: has the app been built?'],
    ['has no main', { 'package.json': '{}' }, 'has no "main"'],
    ['has a broken package.json', { 'package.json': '{' }, 'package.json cannot be read'],
    ['has a broken host.json', { 'host.json': '{"version":"1.0"}' }, 'host.json is wrong'],
    [
      'uses a name twice',
      { 'app.cjs': commonJs("app.get('a', () => ({})); app.get('A', () => ({}));") },
      'Function "A": a function with id "a" has already been registered',
    ],
    [
      'uses a name that is not allowed',
      { 'app.cjs': commonJs("app.get('a b', () => ({}));") },
      'Function "a b": a name starts with a letter',
    ],
    [
      'has a hook that throws',
      { 'app.cjs': commonJs("app.get('a', () => ({})); app.hook.appStart(() => { throw new Error('no start'); });") },
      'no start',
    ],
    [
      'has a route that cannot be read',
      { 'app.cjs': commonJs("app.get('a', { route: 'x/{', handler: () => ({}) });") },
      'route "api/x/{"',
    ],
  ])('because it %s is refused with the reason', async (_, files, reason) => {
    const appDir = await writeAppDir(files);
    await expect(startHost({ ...quiet, appDir })).rejects.toThrow(reason);
  });

  test('leaves nothing behind: the next one starts', async () => {
    const appDir = await writeAppDir({ 'app.cjs': commonJs("app.get('a', () => ({})); throw new Error('late');") });
    await expect(startHost({ ...quiet, appDir, settings: { HOST_TEST_LEFT: '1' } })).rejects.toThrow('late');
    expect(process.env.HOST_TEST_LEFT).toBeUndefined();
    const host = await runApp("app.get('a', async () => { note('ran'); return {}; });");
    await fetch(`${host.url}/api/a`);
    expect(notes).toEqual(['ran']);
  });

  test('registers no function after its start', async () => {
    const host = await runApp(`app.get('late', async () => { app.get('more', async () => ({})); return {}; });`);
    expect((await fetch(`${host.url}/api/late`)).status).toBe(500);
    expect(host.logged.at(-1)!.message).toContain('can only be registered while the app starts');
  });

  test('for want of a port says so', async () => {
    const first = await runApp("app.get('a', async () => ({}));");
    const port = Number(new URL(first.url).port);
    await expect(runApp("app.get('a', async () => ({}));", { port })).rejects.toThrow(
      `Port ${port} is taken: set PORT`,
    );
  });
});

describe('an app in a process of its own', () => {
  test('may be an ES module', async () => {
    const appDir = await writeAppDir({
      'package.json': '{"main":"app.js","type":"module"}',
      'app.js': `
        import functions from ${JSON.stringify(libraryUrl)};
        await Promise.resolve();
        functions.app.get('esm', async () => ({ body: 'module' }));
      `,
    });
    const { url, end } = await startProcess(appDir);
    expect(await (await fetch(`${url}/api/esm`)).text()).toBe('module');
    expect(await end()).toEqual([0, null]);
  });

  test('may stream requests and answers', async () => {
    const appDir = await writeAppDir({
      'app.cjs': commonJs(`
        app.setup({ enableHttpStream: true });
        app.post('stream/{id}', { route: 'stream/{id}', handler: async (request) => ({
          status: 202,
          headers: { 'x-params': JSON.stringify(request.params), 'x-url': request.url, 'x-given': request.headers.get('x-given') },
          cookies: [{ name: 'a', value: 'b' }],
          body: request.body,
        }) });
        app.get('fails', async () => { throw new Error('no'); });
      `).replace("app.post('stream/{id}'", "app.post('stream'"),
    });
    const { url, end } = await startProcess(appDir);
    const text = 'chunk '.repeat(50_000);
    const response = await fetch(`${url}/api/stream/7?q=1`, {
      method: 'POST',
      body: text,
      headers: { 'x-given': 'yes' },
    });
    expect(response.status).toBe(202);
    expect(JSON.parse(response.headers.get('x-params')!)).toEqual({ q: '1', id: '7' });
    expect(response.headers.get('x-url')).toBe(`${url}/api/stream/7?q=1`);
    expect(response.headers.get('x-given')).toBe('yes');
    expect(response.headers.getSetCookie()).toEqual(['a=b']);
    expect(await response.text()).toBe(text);
    expect((await fetch(`${url}/api/fails`)).status).toBe(500);
    expect(await end()).toEqual([0, null]);
  });
});
