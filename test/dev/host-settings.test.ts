import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ensureBuilt } from '../../dev/host/ensure-built.ts';
import { parseHostJson } from '../../dev/host/host-json.ts';
import { findLogLevel } from '../../dev/host/log.ts';
import { applySettings, isDisabled, loadLocalSettings, resolveSettings } from '../../dev/host/settings.ts';
import { parseTimeSpan } from '../../dev/host/time-span.ts';
import { writeAppDir } from './host-test-app.ts';

describe('local.settings.json', () => {
  test('gives its values, the environment wins', async () => {
    const values = { A: 'file', B: 'file', N: 3, Yes: true };
    const dir = await writeAppDir({
      'local.settings.json': `\uFEFF${JSON.stringify({ IsEncrypted: false, Values: values, Host: { CORS: '*' }, ConnectionStrings: {} })}`,
    });
    const env: NodeJS.ProcessEnv = { A: 'environment' };
    applySettings(loadLocalSettings(dir), env);
    expect(env).toEqual({ A: 'environment', B: 'file', N: '3', Yes: 'true' });
  });

  test('may be missing', async () => {
    expect(loadLocalSettings(await writeAppDir({}))).toEqual({});
  });

  test.each([
    ['{', 'not valid JSON'],
    ['{"IsEncrypted":true,"Values":{}}', 'encrypted'],
    ['{"Values":{"SECRET":{"x":1}}}', 'must be a text, a number, true or false\n  → at Values.SECRET'],
    ['{"Values":{"QUALYS_TRACE":null}}', 'must be a text, a number, true or false\n  → at Values.QUALYS_TRACE'],
    ['{"values":{"QUALYS_TRACE":"1"}}', 'settings stand in "Values", not beside it as values'],
    ['{"QUALYS_USERNAME":"u"}', 'settings stand in "Values", not beside it as QUALYS_USERNAME'],
    ['[]', 'must be an object with "Values"'],
  ])('%s is refused', async (text, reason) => {
    const dir = await writeAppDir({ 'local.settings.json': text });
    expect(() => loadLocalSettings(dir)).toThrow(reason);
  });
});

describe('a setting', () => {
  test('is put in for its name between percent signs, in any case', () => {
    expect(resolveSettings({ EDR_SCHEDULE: '0 * * * * *' }, '%edr_schedule%', 'timer "t"')).toBe('0 * * * * *');
  });

  test('that is missing is named with its function', () => {
    expect(() => resolveSettings({}, '%NOPE%', 'timer "t"')).toThrow('timer "t": the setting "NOPE"');
  });

  test('switches a function off', () => {
    expect(isDisabled({ 'AzureWebJobs.ping.Disabled': 'true' }, 'ping')).toBe(true);
    expect(isDisabled({ 'AzureWebJobs.ping.Disabled': 'false' }, 'ping')).toBe(false);
  });
});

describe('a time span', () => {
  test.each([
    ['00:00:30', 30_000],
    ['00:05', 300_000],
    ['1.02:03:04.5', 93_784_500],
    ['00:60:00', undefined],
    ['30', undefined],
    ['0 */5 * * * *', undefined],
  ])('%s is %s ms', (text, expected) => {
    expect(parseTimeSpan(text)).toBe(expected);
  });

  test('of any length comes back', () => {
    fc.assert(
      fc.property(fc.nat(30 * 86_400), (seconds) => {
        const time = new Date(seconds * 1000).toISOString().slice(11, 19);
        expect(parseTimeSpan(`${Math.floor(seconds / 86_400)}.${time}`)).toBe(seconds * 1000);
      }),
    );
  });
});

describe('host.json', () => {
  test('has the defaults of the real host, but for polling', () => {
    const { queues, ...rest } = parseHostJson('{"version":"2.0"}');
    expect(rest).toEqual({
      routePrefix: 'api',
      customHeaders: {},
      functionTimeoutMs: 1_800_000,
      logLevels: {},
      mcp: { name: 'Azure Functions MCP server', version: '1.0.0' },
    });
    expect(queues).toMatchObject({
      batchSize: 16,
      maxDequeueCount: 5,
      visibilityTimeoutMs: 0,
      maxPollingIntervalMs: 2000,
      messageEncoding: 'base64',
    });
    expect(queues.newBatchThreshold % 8).toBe(0);
  });

  test('gives what it says', () => {
    const queues = {
      batchSize: 2,
      newBatchThreshold: 0,
      visibilityTimeout: '00:00:30',
      maxPollingInterval: '00:00:00.5',
    };
    const host = parseHostJson(
      JSON.stringify({
        version: '2.0',
        functionTimeout: '-1',
        extensions: { http: { routePrefix: '' }, queues: { ...queues, messageEncoding: 'None' } },
        logging: { logLevel: { default: 'Warning', 'Function.ping': 'Debug' } },
      }),
    );
    expect(host).toMatchObject({ routePrefix: '', functionTimeoutMs: undefined });
    expect(host.queues).toMatchObject({
      batchSize: 2,
      newBatchThreshold: 0,
      visibilityTimeoutMs: 30_000,
      maxPollingIntervalMs: 500,
      messageEncoding: 'none',
    });
    expect(findLogLevel(host.logLevels, 'Function.ping.User')).toBe('debug');
    expect(findLogLevel(host.logLevels, 'Function.pingpong')).toBe('warning');
  });

  test('names everything that is wrong in it', () => {
    const text = '{"version":"2.0","functionTimeout":"5m","extensions":{"queues":{"batchSize":33}}}';
    expect(() => parseHostJson(text)).toThrow(/functionTimeout[\s\S]*batchSize|batchSize[\s\S]*functionTimeout/);
  });
});

describe('the bundle', () => {
  const buildScript = `
    import { mkdirSync, writeFileSync } from 'node:fs';
    mkdirSync('dist', { recursive: true });
    writeFileSync('dist/main.cjs', 'built');
  `;

  test('is built when missing and when older than a source', async () => {
    const dir = await writeAppDir({
      'package.json': '{"main":"dist/main.cjs","type":"module"}',
      'scripts/build.ts': buildScript,
      'src/lib/a.ts': '',
    });
    expect(await ensureBuilt(dir)).toBe(true);
    expect(await readFile(join(dir, 'dist/main.cjs'), 'utf8')).toBe('built');
    expect(await ensureBuilt(dir)).toBe(false);
    const later = new Date(Date.now() + 60_000);
    await utimes(join(dir, 'src/lib/a.ts'), later, later);
    expect(await ensureBuilt(dir)).toBe(true);
  });

  test('that two processes want at once is built by one of them', async () => {
    const dir = await writeAppDir({
      'package.json': '{"main":"dist/main.cjs"}',
      'scripts/build.ts':
        "import { appendFileSync, mkdirSync } from 'node:fs'; mkdirSync('dist', { recursive: true }); appendFileSync('dist/main.cjs', 'built');",
    });
    expect((await Promise.all([ensureBuilt(dir), ensureBuilt(dir)])).sort()).toEqual([false, true]);
    expect(await readFile(join(dir, 'dist/main.cjs'), 'utf8')).toBe('built');
  });

  test('that cannot be built is an error', async () => {
    const dir = await writeAppDir({
      'package.json': '{"main":"dist/main.cjs"}',
      'scripts/build.ts': 'process.exit(3)',
    });
    await expect(ensureBuilt(dir)).rejects.toThrow('ended with 3');
  });

  test('of an app without a build script is left as it is', async () => {
    const dir = await writeAppDir({ 'package.json': '{"main":"dist/main.cjs"}' });
    await mkdir(join(dir, 'src'));
    await writeFile(join(dir, 'src/a.ts'), '');
    expect(await ensureBuilt(dir)).toBe(false);
  });
});
