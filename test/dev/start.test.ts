import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createStackLog } from '../../dev/stack-log.ts';

const root = resolve(import.meta.dirname, '../..');

/** Runs a program of `dev/` to its end. */
async function run(program: string, args: readonly string[], env: Record<string, string> = {}) {
  const { PATH = '' } = process.env;
  const main = [resolve(root, program), ...args];
  const child = spawn(process.execPath, main, { env: { PATH, NODE_NO_WARNINGS: '1', ...env }, stdio: 'pipe' });
  onTestFinished(() => void child.kill('SIGKILL'));
  let [said, printed] = ['', ''];
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, said, printed };
}

describe('a start that cannot go well ends with one line that says what is allowed', () => {
  test.for([
    ['dev/start.ts', ['--onec'], {}, '--onec is no option: allowed are --once, --fresh, --open, --verbose, --help'],
    ['dev/start.ts', [], { PORT: 'abc' }, 'PORT must be a whole number from 0 to 65535, given "abc"'],
    [
      'dev/start.ts',
      [],
      { SIMULATOR_EVENTS: 'many' },
      'SIMULATOR_EVENTS must be a whole number from 0 to 10000000, given "many"',
    ],
    ['dev/host/main.ts', ['--app'], {}, '--app must have a value (--app=-… where it begins with a dash)'],
    ['dev/host/main.ts', [], { PORT: '70000' }, 'PORT must be a whole number from 0 to 65535, given "70000"'],
    [
      'dev/azurite/main.ts',
      ['--in-memory', '--blob-port', 'x'],
      {},
      '--blob-port must be a whole number from 0 to 65535, given "x"',
    ],
    ['dev/simulator/main.ts', ['--latency-ms', 'fast'], {}, '--latency-ms must be a non-negative number, given "fast"'],
    [
      'dev/simulator/main.ts',
      [],
      { SIMULATOR_HOSTS: '-3' },
      'SIMULATOR_HOSTS must be a non-negative whole number, given "-3"',
    ],
    ['dev/simulator/main.ts', ['--detail-shape', 'x'], {}, '--detail-shape must be one of object, array, given "x"'],
    ['dev/simulator/main.ts', ['--port', '99999'], {}, '--port must be a whole number from 0 to 65535, given "99999"'],
    ['dev/ingestion/main.ts', ['--keep', 'x'], {}, '--keep must be file, memory or calls, given "x"'],
    [
      'dev/ingestion/main.ts',
      [],
      { INGESTION_PORT: 'x' },
      'INGESTION_PORT must be a whole number from 0 to 65535, given "x"',
    ],
  ] as const)('%s %j %j', async ([program, args, env, line]) => {
    expect(await run(program, args, { ...env })).toEqual({ code: 1, said: `${line}\n`, printed: '' });
  });

  test('all wrong settings together, schedules among them', async () => {
    const settings = {
      QUALYS_API_URL: 'https://qualysapi.qg2.apps.qualys.com/api/2.0/fo/',
      EDR_SCHEDULE: '*/5 * * * *',
      EDR_PAGE_SIZE: 'x',
      AzureWebJobsStorage: 'UseDevelopmentStorage=true',
      LOGS_INGESTION_ENDPOINT: 'http://127.0.0.1:1',
    };
    const { code, said } = await run('dev/start.ts', [], settings);
    expect(code).toBe(1);
    expect(said.trimEnd().split('\n')).toHaveLength(1);
    for (const name of [
      'QUALYS_USERNAME',
      'QUALYS_API_URL',
      'EDR_SCHEDULE',
      'EDR_PAGE_SIZE',
      'LOGS_INGESTION_RULE_ID',
    ]) {
      expect(said).toContain(`${name} must`);
    }
    expect(said).not.toMatch(/\n\s+at /);
  });
});

test('the settings sample points at nothing of its own, so that its copy runs with the local parts', async () => {
  const sample = JSON.parse(await readFile(resolve(root, 'local.settings.sample.json'), 'utf8')) as {
    Values: Record<string, string>;
  };
  const parts = ['QUALYS_API_URL', 'QUALYS_GATEWAY_URL', 'AzureWebJobsStorage', 'LOGS_INGESTION_ENDPOINT'];
  expect(parts.map((name) => sample.Values[name])).toEqual(['', '', '', '']);
});

describe('the log of --once', () => {
  function printedFor(...messages: readonly string[]): string[] {
    const printed: string[] = [];
    const log = createStackLog((text) => printed.push(text));
    for (const message of messages) log({ time: '', level: 'error', category: 'Function.x', message });
    return printed;
  }

  test('prints the stack of an unexpected error once, from the app and from the host', () => {
    const stack = 'TypeError: x is not a function\n    at read (file.ts:1:2)';
    const ofApp = JSON.stringify({ event: 'UnexpectedErrorThrown', error: 'x is not a function', stack });
    const ofHost = `Executed 'Functions.plan-edr-events' (Failed, Id=1, Duration=2ms) ${stack}`;
    expect(printedFor(ofApp, ofHost, ofApp)).toEqual([stack]);
    expect(printedFor(`Queue 'q' cannot be read, trying again: ${stack}`)).toEqual([
      `Queue 'q' cannot be read, trying again: ${stack}`,
    ]);
  });

  test('says nothing of what is expected', () => {
    expect(
      printedFor(
        JSON.stringify({ event: 'PageFetchFailed', error: 'Qualys failed' }),
        "Executed 'Functions.process-window' (Failed, Id=1, Duration=2ms) storage failed",
        '{ no JSON',
        'Executing x',
      ),
    ).toEqual([]);
  });
});
