import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createIngestionStats, noteRefusal, tableStats } from '../../dev/ingestion/ingestion-stats.ts';
import { createRowRoutes } from '../../dev/rows/row-routes.ts';
import { runApp } from '../dev/host-test-app.ts';
import { serveHttp } from '../support/http-server.ts';
import { runCli } from '../support/run-cli.ts';

const TABLE = 'QualysEdrEvents_CL';
const TABLES = [
  { stream: 'edr-events', table: TABLE },
  { stream: 'vm-detections', table: 'QualysHostDetectionV3_CL' },
];

/** Runs `qualys rows edr-events` against a local app whose table of events holds three rows. */
const runRows = (...args: readonly string[]) => runRowsOf('edr-events', ...args);

async function runRowsOf(stream: string, ...args: readonly string[]) {
  const dir = await mkdtemp(join(tmpdir(), 'rows-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  const rows = [1, 2, 3].map((n) => ({ HostName: `ws-${n}\u001b[2J`, Score: n, RowKey: `k-${n}`, Verdicts: null }));
  await writeFile(join(dir, `${TABLE}.ndjson`), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const stats = createIngestionStats();
  tableStats(stats, TABLE).columns.Record = { cut: 2 };
  const refusal = { path: '/', table: TABLE, status: 413, code: 'TooLong', message: 'too long' };
  for (let call = 0; call < 60; call++) noteRefusal(stats, { time: '2026-05-01T12:00:00Z', ...refusal });
  const calls = createRowRoutes({ dir, tables: TABLES, readStats: () => stats });
  const { url } = await runApp("app.get('x', async () => ({}));", { localRoutes: { files: {}, calls } });
  return runCli(['rows', stream, ...args], { env: { CONNECTOR_URL: url } });
}

test('the newest rows, and what was lost of the table', async () => {
  const { code, out } = await runRows('--limit', '2');
  expect(code).toBe(0);
  expect(out).toMatch(/^ +TIMEGENERATED +HOSTNAME .*\n1 .*ws-3\\x1b\[2J.*\n2 .*ws-2.*\n\n/);
  expect(out).toContain(`${TABLE}: 3 rows, 0 MB.`);
  expect(out).toContain(
    '60 calls refused.\n  Record: cut 2\n  refused 2026-05-01T12:00:00Z: HTTP 413 TooLong, too long',
  );
});

test('one row whole, by its place among those found or by its key, also as JSON', async () => {
  expect((await runRows('--host', 'ws-', '--row', '2')).out).toBe(
    'HostName: ws-2\\x1b[2J\nScore: 2\nRowKey: k-2\n(1 column without a value)\n',
  );
  expect(JSON.parse((await runRows('--row-key', 'k-1', '--json')).out)).toMatchObject({ Score: 1, RowKey: 'k-1' });
  expect(await runRows('--row', '4')).toMatchObject({
    code: 2,
    err: 'error: there is no such row: 3 rows of edr-events found\n',
  });
});

test('a search without a hit says so, and how many rows there are', async () => {
  expect((await runRows('--host', 'nowhere')).out).toMatch(/^0 of 3 rows\n\nQualysEdrEvents_CL: 3 rows/);
});

test('a QID that is none, and a stream without QIDs, are wrong usage', async () => {
  const none = await runRows('--qid', '39097');
  expect(none.err).toContain('rows of edr-events have no QIDs; those of vm-detections have');
  expect(none.code).toBe(2);
  const { code, err } = await runRowsOf('vm-detections', '--qid', 'abc');
  expect([code, err]).toEqual([2, expect.stringContaining('such as 38739, given "abc"')]);
});

test('a deployment has none to show', async () => {
  const server = await serveHttp((_, response) => response.writeHead(404).end());
  const { code, err } = await runCli(['rows', 'edr-events'], { env: { CONNECTOR_URL: server.url } });
  expect(code).toBe(2);
  expect(err).toContain(`${server.url} is not the local app with its own tables`);
});
