import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { startSimulator, type Simulator } from '../../dev/simulator/start-simulator.ts';
import { newAlertRecord } from '../../src/lib/alerts/alert-record.ts';
import { createBlobDeadLetters } from '../../src/lib/azure/blob-dead-letters.ts';
import { openStorage } from '../../src/lib/azure/storage.ts';
import { createTableAlertStore } from '../../src/lib/azure/table-alert-store.ts';
import { createTableCheckpointStore } from '../../src/lib/azure/table-checkpoint-store.ts';
import { parseSettings } from '../../src/lib/config.ts';
import type { WindowRecord } from '../../src/lib/pipeline/ports.ts';
import { newWindow } from '../../src/lib/pipeline/new-window.ts';
import { startLocalApp, untilCaughtUp, type LocalApp } from '../support/local-app.ts';
import { runCli, type CliOptions } from '../support/run-cli.ts';

const root = resolve(import.meta.dirname, '../..');
const KEY = 'a-function-key';

let simulator: Simulator;
let app: LocalApp;

beforeAll(async () => {
  simulator = await startSimulator({ eventCount: 500, hostCount: 0, rateLimit: 0 });
  app = await startLocalApp(simulator.url, {
    QUALYS_STREAMS: 'edr-events',
    EDR_WINDOW_MINUTES: '120',
    FUNCTIONS_KEY: KEY,
    QUALYS_TRACE: '5',
  });
  const get: LocalApp['get'] = (path) => app.get(path, { headers: { 'x-functions-key': KEY } });
  await untilCaughtUp({ ...app, get }, 'edr-events');
});
afterAll(async () => {
  await app.close();
  await simulator.close();
});
beforeEach(() => {
  simulator.setFaults();
  app.ingestion.setFaults();
});

const qualys = (args: string, options: CliOptions = {}) =>
  runCli(args.split(' '), { ...options, env: { CONNECTOR_URL: app.host.url, CONNECTOR_KEY: KEY, ...options.env } });
const storage = () => openStorage(parseSettings(process.env));

/** Puts a window into the app's storage that it leaves alone. */
async function putWindow(hour: number, changes: Partial<WindowRecord>): Promise<string> {
  const range = { from: `2026-05-01T0${hour}:00:00Z`, to: `2026-05-01T0${hour}:15:00Z` };
  const record = newWindow({ stream: 'edr-events', run: 'live', ...range }, new Date());
  await createTableCheckpointStore(storage()).insertWindows([
    { ...record, notBefore: '2099-01-01T00:00:00Z', ...changes },
  ]);
  return record.key;
}

describe('ping', () => {
  test('shows each check', async () => {
    const { code, out } = await qualys('ping');
    for (const name of ['settings', 'storage', 'qualys-edr', 'logs-ingestion'])
      expect(out).toMatch(new RegExp(`^ok +${name} `, 'm'));
    expect(code).toBe(0);
  });

  test('ends with 1 when one fails, and says why', async () => {
    app.ingestion.setFaults({ kind: 'status', status: 403, count: 'always' });
    const { code, out } = await qualys('ping');
    expect(out).toMatch(/^FAILED +logs-ingestion .*Monitoring Metrics Publisher/m);
    expect(code).toBe(1);
  });

  test('gives JSON to programs', async () => {
    const { code, out } = await qualys('ping --json');
    expect(JSON.parse(out)).toMatchObject({ ok: true, version: packageJson.version });
    expect(code).toBe(0);
  });
});

describe('cost', () => {
  test('shows what was sent and what other settings would make of it', async () => {
    const { code, out } = await qualys('cost');
    expect(out).toMatch(/^edr-events +[\d.]+ KB +[\d.]+ KB +4\d\d(\.\d)? KB +500 +/m);
    expect(out).toMatch(/^\* EDR_RECORD=rest: /m);
    expect(out).toMatch(/^ {2}EDR_RECORD=full: .*\(estimated\)$/m);
    expect(code).toBe(0);
    const json = JSON.parse((await qualys('cost --json')).out) as { total: { week: { rows: number; bytes: number } } };
    expect(json.total.week.rows).toBe(500);
    expect(json.total.week.bytes).toBeGreaterThan(500 * 500);
  });
});

describe('a key', () => {
  test('that is wrong, or none, ends with 3', async () => {
    expect(await qualys('status', { env: { CONNECTOR_KEY: 'another' } })).toMatchObject({
      code: 3,
      err: expect.stringContaining('does not accept the key') as string,
    });
    expect(await runCli(['status', '--url', app.host.url])).toMatchObject({
      code: 3,
      err: expect.stringContaining('wants a key or a sign-in, and none was given') as string,
    });
  });
});

describe('status and windows', () => {
  test('show where the stream stands, and nothing to do', async () => {
    const { code, out } = await qualys('status');
    expect(out).toMatch(/^edr-events +\d+.* \d{4}-\d{2}-\d{2}T.* ago +0 +0 +0 /m);
    expect(out).toMatch(/^vm-detections +disabled$/m);
    expect(out).toContain('Everything that is due is ingested (ok)');
    expect(code).toBe(0);
  });

  test('show what failed with what to do, and what hostile text says but not what it does', async () => {
    const error = 'HTTP 500 \u001b]0;owned\u0007';
    const failed = await putWindow(1, { state: 'failed', lastError: error, attempts: 3 });
    const incomplete = await putWindow(2, { state: 'incomplete' });
    const shown = await qualys('status');
    expect(shown.out).toContain('Needs your attention (attention)');
    expect(shown.out).toContain('✕ windows-failed: edr-events: 1 window failed');
    expect(shown.out).toContain('! windows-incomplete: edr-events: 1 window closed incomplete');
    expect(shown.out).toContain('docs/operate.md#windows-failed');
    expect(shown.out).toContain('HTTP 500 \\x1b]0;owned\\x07');
    expect(shown.code).toBe(1);
    const { out } = await qualys('windows --state failed,incomplete');
    expect(out.match(/^\w{16}-\w{16} +\w+/gm)?.map((line) => line.replace(/ +/, ' '))).toEqual([
      `${failed} failed`,
      `${incomplete} incomplete`,
    ]);
    expect(out).not.toContain('\u001b');
  });

  test('list the windows of the last hours', async () => {
    const { out } = await qualys('windows --since 5h --json');
    const [{ stream, windows } = { stream: '', windows: [] }] = JSON.parse(out) as {
      stream: string;
      windows: { to: string; state: string }[];
    }[];
    expect(stream).toBe('edr-events');
    const closed = windows.filter(({ state }) => state === 'closed').map(({ to }) => Date.parse(to));
    expect(closed.length).toBeGreaterThan(1);
    expect(Math.min(...closed)).toBeGreaterThan(Date.now() - 5.1 * 3_600_000);
  });

  test('say why rows and records differ, only where some do', async () => {
    const lists = JSON.parse((await qualys('windows --since 30h --json')).out) as {
      windows: { state: string; fetched: number; uploaded: number }[];
    }[];
    const differ = lists[0]?.windows.some((each) => each.state === 'closed' && each.fetched !== each.uploaded);
    const { out } = await qualys('windows --since 30h');
    expect(out.includes('UPLOADED is not FETCHED where')).toBe(differ);
    expect((await qualys('windows --state failed')).out).not.toContain('UPLOADED is not FETCHED');
  });

  test('an unknown stream is named', async () => {
    expect(await qualys('windows --stream was-findings')).toMatchObject({
      code: 2,
      err: expect.stringContaining('no stream "was-findings"') as string,
    });
  });
});

describe('retry and waive', () => {
  test('put failed windows back, all of them or those that are named', async () => {
    const key = await putWindow(3, { state: 'failed' });
    const { code, out } = await qualys(`retry --stream edr-events --reason repaired ${key}`);
    expect(out).toContain(`Retried ${key}: planned`);
    expect(code).toBe(0);
  });

  test('hurry all that failed or waits, whatever it is', async () => {
    await putWindow(7, { state: 'failed' });
    await putWindow(8, { lastError: 'HTTP 503' });
    const { code, out } = await qualys('retry --stream edr-events --all');
    expect(out).toMatch(/^Retried \d+ windows of edr-events\.\n$/);
    expect(code).toBe(0);
    expect(await qualys('retry --stream edr-events')).toMatchObject({ code: 2 });
    expect(await qualys('retry --stream edr-events --all some-key')).toMatchObject({ code: 2 });
    expect(await qualys('retry --stream edr-events --all --accept outside')).toMatchObject({ code: 2 });
  });

  test('let a window go on that waits because its rows are refused', async () => {
    const key = await putWindow(6, { lastError: 'Azure refuses more rows' });
    expect((await qualys(`retry --stream edr-events --accept dead-letters ${key}`)).out).toContain(`Retried ${key}`);
    expect(await qualys(`retry --stream edr-events --accept all ${key}`)).toMatchObject({
      code: 2,
      err: expect.stringContaining('dead-letters') as string,
    });
  });

  test('do what they can, and end with what was refused', async () => {
    const [open, closed] = [await putWindow(4, { state: 'failed' }), await putWindow(5, { state: 'closed' })];
    const { code, out, err } = await qualys(`waive --stream edr-events --reason gone none ${closed} ${open}`);
    expect(out).toBe(`Waived ${open}: waived\n`);
    expect(err).toContain('none: the connector refuses: stream edr-events has no window "none"');
    expect(err).toContain(`${closed}: the connector refuses: the window is closed`);
    expect(code).toBe(2);
  });

  test('a waiver wants a reason', async () => {
    expect(await qualys('waive --stream edr-events x')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--reason') as string,
    });
  });
});

describe('a backfill', () => {
  test('is watched to its end, in lines where there is no terminal', async () => {
    const { code, out } = await qualys('backfill --stream edr-events --from 20h --to 10h --wait --interval 1s');
    const lines = out.trim().split('\n');
    expect(lines[0]).toMatch(/^edr-events, \S+Z to \S+Z: 5 windows, about \d+ calls; /);
    expect(lines[1]).toMatch(/^Backfill \S+ started: edr-events, \S+Z to \S+Z$/);
    expect(lines.at(-2)).toMatch(/^succeeded 100\.0% {2}5\/5 windows {2}\d+ rows/);
    expect(lines.at(-1)).toMatch(/^Backfill \S+ succeeded: 5 of 5 windows, \d+ rows, /);
    expect(out).not.toContain('\u001b');
    expect(code).toBe(0);
  });

  test('is told what it costs and not started with --dry-run', async () => {
    const before = (await qualys('backfills')).out;
    const { code, out } = await qualys('backfill --stream edr-events --from 9h --to 5h --dry-run');
    expect(out).toMatch(/^edr-events, \S+Z to \S+Z: 2 windows, about \d+ calls; .*\n$/);
    expect(code).toBe(0);
    const { out: json } = await qualys('backfill --stream edr-events --from 9h --to 5h --dry-run --json');
    expect(JSON.parse(json)).toMatchObject({ stream: 'edr-events', windows: 2 });
    expect((await qualys('backfills')).out.split('\n')).toHaveLength(before.split('\n').length);
  });

  test.skipIf(!existsSync('/usr/bin/script'))('shows a bar on a terminal, and gives the cursor back', async () => {
    const command = `${process.execPath} cli/main.ts backfill --stream edr-events --from 22h --to 11h --wait --interval 1s`;
    const { stdout } = await promisify(execFile)('/usr/bin/script', ['-qec', command, '/dev/null'], {
      cwd: root,
      env: { ...process.env, CONNECTOR_URL: app.host.url, CONNECTOR_KEY: KEY, NO_COLOR: '1' },
    });
    expect(stdout).toMatch(/█.* 100\.0% {2}6\/6 windows/);
    expect(stdout).toMatch(/Backfill \S+ succeeded/);
    expect(stdout.lastIndexOf('\u001b[?25h')).toBeGreaterThan(stdout.lastIndexOf('\u001b[?25l'));
    // NO_COLOR: the last line would be green.
    expect(stdout).not.toContain('\u001b[32m');
  });

  test('reaches to the watermark where no end is given, is listed, waited for again, and cancelled', async () => {
    // Qualys fails, so that it does not end.
    simulator.setFaults({ kind: 'status', status: 500, route: '/ioc/events', count: 'always' });
    const { out, code } = await qualys('backfill --stream edr-events --from 2h');
    const id = /Backfill (\S+) started/.exec(out)?.[1] ?? '';
    expect(out).toContain(`npm run -s qualys -- backfills wait ${id}`);
    expect(code).toBe(0);
    expect((await qualys('backfills')).out).toMatch(new RegExp(`^${id} +edr-events .* running +0% +0/1 `, 'm'));
    const waited = await qualys(`backfills wait ${id} --interval 1s`, {
      signalWhen: (printed) => (printed.includes('It waits until') ? 'SIGINT' : undefined),
    });
    expect(waited.err).toMatch(/^It waits until \S+Z: Qualys does not answer on edr\/.*HTTP 500/m);
    expect((await qualys('backfills')).out).toMatch(/^ {2}waits until \S+Z: Qualys does not answer/m);
    expect(waited).toMatchObject({ code: 130, err: expect.stringContaining('The backfill goes on.') as string });
    const cancelled = await qualys(`backfills cancel ${id} --json`);
    expect(JSON.parse(cancelled.out)).toMatchObject({ id, status: 'cancelled' });
    expect(await qualys(`backfills wait ${id} --json`)).toMatchObject({ code: 1, err: '' });
  });

  test.for([
    ['beyond the watermark', 'backfill --stream edr-events --from 1h --to now', /to must be at most the watermark/],
    ['from after the watermark', 'backfill --stream edr-events --from now', /--from .* must be before the watermark/],
    ['of an unknown stream', 'backfill --stream x --from 7d', /no stream "x"; there are edr-events/],
    ['of a stream that is off', 'backfill --stream vm-hosts --from 7d', /must be an enabled stream \(edr-events\)/],
    ['of nothing', 'backfill --from 7d', /'--stream <name>' not specified/],
    ['from nowhere', 'backfill --stream edr-events --from yesterday', /'yesterday' is invalid.*such as 7d/],
    ['that is not there', 'backfills wait none', /no backfill "none"/],
    ['that is not named', 'backfills cancel', /missing required argument 'id'/],
  ] as const)('%s ends with 2', async ([, args, message]) => {
    const { code, err } = await qualys(args);
    expect(err).toMatch(message);
    expect(code).toBe(2);
  });
});

describe('alerts', () => {
  test('are listed with their reasons, what was given up first, and queued again', async () => {
    expect(await qualys('alerts')).toMatchObject({
      code: 0,
      out: 'No alerts: no webhook is set (ALERT_WEBHOOK_URL).\n',
    });
    const store = createTableAlertStore(storage());
    const item = (id: string) => ({ version: 1 as const, id, payload: '{}', queuedAt: new Date().toISOString() });
    const error = { lastError: 'soar.example answered 503' };
    const notBefore = '2099-01-01T00:00:00.000Z';
    await store.save({ ...newAlertRecord(item('RTF_1'), new Date()), ...error, state: 'waiting', notBefore });
    await store.save({ ...newAlertRecord(item('RTF_2'), new Date()), ...error, state: 'undelivered' });
    const { out } = await qualys('alerts');
    expect(out).toMatch(
      /^undelivered +RTF_2 .* soar\.example answered 503\nwaiting +RTF_1 .* 2099-01-01T00:00:00.000Z +soar/m,
    );
    expect(out).toContain('1 undelivered, 0 uncertain, 1 waiting\n');
    const { out: part } = await qualys('alerts --limit 1');
    expect(part).toContain('1 undelivered, 0 uncertain, 0 waiting: the first 1, see --limit');
    expect(await qualys('alerts replay')).toMatchObject({ code: 0, out: '1 undelivered alert in the queue again.\n' });
  });

  test('are tested only where there is a webhook', async () => {
    expect(await qualys('alerts test')).toMatchObject({
      code: 1,
      err: expect.stringContaining('ALERT_WEBHOOK_URL must be set') as string,
    });
  });
});

describe('dead letters', () => {
  test('are listed and sent again; what is refused again is a problem', async () => {
    expect(await qualys('dead-letters')).toMatchObject({ code: 0, out: 'No dead letters.\n' });
    const about = { stream: 'edr-events', run: 'live', reason: 'too large', at: '2026-05-01T00:00:00Z' };
    const json = Buffer.from('[{"TimeGenerated":"2026-05-01T00:00:00Z"}]');
    const letters = createBlobDeadLetters(storage());
    await letters.put({ ...about, window: 'w1', table: 'QualysEdrEvents_CL', json });
    await letters.put({ ...about, window: 'w2', table: 'NoTable_CL', json });
    expect((await qualys('dead-letters')).out).toMatch(/w1 +QualysEdrEvents_CL +42 +too large\n.* w2 +NoTable_CL /);
    const { code, out } = await qualys('dead-letters replay');
    expect(out).toMatch(/^1 dead letter with 1 row accepted, 1 refused again\n {2}edr-events\/live\/w2\//);
    expect(code).toBe(1);
  });
});

describe('traced calls', () => {
  test('are printed with both bodies, and deleted', async () => {
    const { code, out } = await qualys('trace');
    expect(code).toBe(0);
    expect(out).toMatch(
      /POST http\S+\/auth {2}\(.* ms, first byte .*\)\n(> .*\n)*> {3}username=\S+&password=\(redacted\)/,
    );
    expect(out).toMatch(/< HTTP 201, [\d,]+ bytes\n/);
    expect(out).toMatch(/calls traced; QUALYS_TRACE is 5\.\n$/);
    expect(JSON.parse((await qualys('trace --json')).out)).toMatchObject({ wanted: 5, traces: [{}, {}, {}, {}, {}] });
    expect((await qualys('trace --clear')).out).toBe('5 traces deleted.\n');
  });
});

describe('help', () => {
  test.for([
    '',
    'ping',
    'status',
    'windows',
    'retry',
    'waive',
    'backfill',
    'backfills wait',
    'backfills cancel',
    'dead-letters list',
    'dead-letters replay',
    'trace',
  ])('of %j has an example', async (command) => {
    const { code, out } = await qualys(`${command} --help`.trim());
    expect(out).toMatch(/^ +qualys \S+/m);
    expect(code).toBe(0);
  });

  test('tells the exit codes, and names the command that was meant', async () => {
    expect((await qualys('--help')).out).toMatch(/Exit codes:\n {2}0 {2}.*\n {2}1 .*\n {2}2 .*\n {2}3 /);
    expect(await qualys('backfil')).toMatchObject({
      code: 2,
      err: expect.stringContaining('Did you mean backfill?') as string,
    });
  });

  test('and version come from the file that package.json names, run by itself', async () => {
    const { stdout } = await promisify(execFile)(join(root, packageJson.bin.qualys), ['--version']);
    expect(stdout).toBe(`${packageJson.version}\n`);
  });
});
