import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { createDefaultHttpClient, type HttpClient } from '@azure/core-rest-pipeline';
import { LogsIngestionClient } from '@azure/monitor-ingestion';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { IngestionFault } from '../../dev/ingestion/ingestion-faults.ts';
import { createFileStore } from '../../dev/ingestion/row-store.ts';
import type { IngestionStats } from '../../dev/ingestion/ingestion-stats.ts';
import { EDR_TABLE, ingest, makeFolder, RECEIVED, send, upload, type UploadChange } from './ingestion-client.ts';

const LIMIT = 1_048_576;

async function refusalOf(response: Response): Promise<string> {
  const { error } = (await response.json()) as { error: { code: string; message: string } };
  return `${response.status} ${error.code}`;
}

/** A JSON array of one row, exactly so many bytes long. */
function bodyOf(bytes: number): string {
  const frame = '[{"EventId":""}]';
  return frame.replace('""', `"${'x'.repeat(bytes - frame.length)}"`);
}

describe('an upload is taken', () => {
  test('with 204 and no body, and its rows are kept in order', async () => {
    const ingestion = await ingest();
    const response = await upload(ingestion, [{ EventId: 'a' }, { EventId: 'b' }]);
    expect(response.status).toBe(204);
    expect(await response.text()).toBe('');
    await upload(ingestion, [{ EventId: 'c' }]);
    expect(ingestion.rows(EDR_TABLE).map((row) => row.EventId)).toEqual(['a', 'b', 'c']);
    expect(ingestion.rows('QualysHostDetectionV3_CL')).toEqual([]);
  });

  test('plain or as gzip, with the key of the version encoded or not', async () => {
    const ingestion = await ingest();
    const zipped = gzipSync(JSON.stringify([{ EventId: 'zipped' }]));
    expect((await send(ingestion, zipped, { headers: { 'content-encoding': 'gzip' } })).status).toBe(204);
    expect((await upload(ingestion, [{ EventId: 'plain' }], { query: 'api-version=2023-01-01' })).status).toBe(204);
    expect(ingestion.rows(EDR_TABLE).map((row) => row.EventId)).toEqual(['zipped', 'plain']);
    expect(ingestion.stats().tables[EDR_TABLE]).toMatchObject({ requests: 2, rows: 2, wireBytes: zipped.length + 21 });
  });

  test('when the array is empty', async () => {
    const ingestion = await ingest();
    expect((await upload(ingestion, [])).status).toBe(204);
    expect(ingestion.stats()).toMatchObject({
      requests: 1,
      statuses: { '204': 1 },
      tables: { [EDR_TABLE]: { rows: 0 } },
    });
  });

  test('up to 1,048,576 bytes, compressed and uncompressed', async () => {
    const ingestion = await ingest();
    const body = bodyOf(LIMIT);
    expect((await send(ingestion, body)).status).toBe(204);
    expect((await send(ingestion, gzipSync(body), { headers: { 'content-encoding': 'gzip' } })).status).toBe(204);
  });

  test('for every table of the project', async () => {
    const ingestion = await ingest();
    expect((await upload(ingestion, [{ HostId: '1' }], { stream: 'Custom-QualysHostDetectionV3_CL' })).status).toBe(
      204,
    );
    expect(ingestion.rows('QualysHostDetectionV3_CL')).toEqual([{ HostId: '1', TimeGenerated: RECEIVED }]);
  });
});

/** Carries the Azure client's calls, which it makes by https only, to the endpoint. */
function httpClientFor(url: string): HttpClient {
  const client = createDefaultHttpClient();
  return {
    sendRequest: (request) => {
      request.url = request.url.replace('https://endpoint.example', url);
      request.allowInsecureConnection = true;
      return client.sendRequest(request);
    },
  };
}

test('the Azure client\u2019s own uploads are understood, and its errors are what the endpoint says', async () => {
  const ingestion = await ingest();
  const credential = {
    getToken: () => Promise.resolve({ token: 'development', expiresOnTimestamp: Date.now() + 3_600_000 }),
  };
  const client = new LogsIngestionClient('https://endpoint.example', credential, {
    httpClient: httpClientFor(ingestion.url),
    retryOptions: { maxRetries: 0 },
  });
  await client.upload(ingestion.ruleId, `Custom-${EDR_TABLE}`, [{ EventId: 'a' }, { EventId: '\u00e9' }]);
  expect(ingestion.rows(EDR_TABLE).map((row) => row.EventId)).toEqual(['a', '\u00e9']);
  expect(ingestion.stats().tables[EDR_TABLE]).toMatchObject({ requests: 1, droppedColumns: 0 });
  ingestion.setFaults({ kind: 'status', status: 403 });
  const failed = client.upload(ingestion.ruleId, `Custom-${EDR_TABLE}`, [{ EventId: 'b' }]);
  await expect(failed).rejects.toMatchObject({ errors: [{ cause: { statusCode: 403, code: 'OperationFailed' } }] });
});

describe('an upload is refused', () => {
  test.each([
    ['401 AuthenticationTokenNotFound', { headers: { authorization: '' } }],
    ['401 AuthenticationTokenNotFound', { headers: { authorization: 'Basic abc' } }],
    ['404 NotFound', { ruleId: 'dcr-unknown' }],
    ['404 InvalidStream', { stream: 'Custom-Unknown_CL' }],
    ['404 InvalidStream', { stream: EDR_TABLE }],
    ['400 MissingApiVersionParameter', { query: '' }],
    ['415 UnsupportedMediaType', { headers: { 'content-type': 'text/plain' } }],
    ['405 MethodNotAllowed', { method: 'GET' }],
    ['400 InvalidContentEncoding', { headers: { 'content-encoding': 'br' } }],
    ['400 InvalidPayload', { headers: { 'content-encoding': 'gzip' } }],
    ['400 InvalidPath', { stream: '%E0%A4%A' }],
  ] satisfies [string, UploadChange][])('%s for %o', async (refusal, change) => {
    const ingestion = await ingest();
    expect(await refusalOf(await upload(ingestion, [{ EventId: 'a' }], change))).toBe(refusal);
    expect(ingestion.rows(EDR_TABLE)).toEqual([]);
  });

  test.each([
    ['text', 'no JSON'],
    ['an object', '{"EventId":"a"}'],
    ['an array of numbers', '[1]'],
    ['an array of arrays', '[[]]'],
    ['half an array', '[{"EventId":"a"}'],
    ['invalid UTF-8', Buffer.from([0x5b, 0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d, 0x5d])],
  ])('as 400 for %s', async (_name, body) => {
    const ingestion = await ingest();
    expect(await refusalOf(await send(ingestion, body))).toBe('400 InvalidPayload');
  });

  test('as 413 beyond 1,048,576 bytes, compressed or uncompressed, naming the limit', async () => {
    const ingestion = await ingest();
    const response = await send(ingestion, bodyOf(LIMIT + 1));
    expect(response.status).toBe(413);
    expect(await response.text()).toMatch(/ContentLengthLimitExceeded.*1048576 bytes.*1048577 bytes/u);
    const bomb = gzipSync(bodyOf(50 * LIMIT));
    expect(await refusalOf(await send(ingestion, bomb, { headers: { 'content-encoding': 'gzip' } }))).toBe(
      '413 ContentLengthLimitExceeded',
    );
    expect(ingestion.stats().statuses).toEqual({ '413': 2 });
  });

  test('when its token is not one of the known ones', async () => {
    const ingestion = await ingest({ tokens: ['right'] });
    expect((await upload(ingestion, [])).status).toBe(401);
    expect((await upload(ingestion, [], { headers: { authorization: 'Bearer right' } })).status).toBe(204);
  });
});

describe('faults', () => {
  async function statusesOf(
    fault: IngestionFault,
    calls = 2,
  ): Promise<{ statuses: (number | string)[]; rows: number }> {
    const ingestion = await ingest();
    ingestion.setFaults(fault);
    const statuses: (number | string)[] = [];
    for (let turn = 0; turn < calls; turn += 1) {
      statuses.push(
        await upload(ingestion, [{ EventId: 'a' }]).then(
          ({ status }) => status,
          () => 'failed',
        ),
      );
    }
    return { statuses, rows: ingestion.rows(EDR_TABLE).length };
  }

  test.each([413, 429, 403, 500])('status %i keeps nothing, once', async (status) => {
    expect(await statusesOf({ kind: 'status', status })).toEqual({ statuses: [status, 204], rows: 1 });
  });

  test('the connection is cut before or after the rows were taken', async () => {
    expect(await statusesOf({ kind: 'reset' })).toEqual({ statuses: ['failed', 204], rows: 1 });
    expect(await statusesOf({ kind: 'accept-then-reset' })).toEqual({ statuses: ['failed', 204], rows: 2 });
  });

  test('calls with a certain row are refused, others taken', async () => {
    const ingestion = await ingest();
    ingestion.setFaults({ kind: 'refuse-rows', pattern: '"EventId":"b"', count: 'always' });
    expect(await refusalOf(await upload(ingestion, [{ EventId: 'a' }, { EventId: 'b' }]))).toBe('400 InvalidPayload');
    expect((await upload(ingestion, [{ EventId: 'c' }])).status).toBe(204);
    ingestion.setFaults({ kind: 'refuse-rows', pattern: 'b', status: 413 });
    expect((await upload(ingestion, [{ EventId: 'b' }])).status).toBe(413);
    expect(ingestion.rows(EDR_TABLE).map((row) => row.EventId)).toEqual(['c']);
  });

  test('an error comes although the rows were taken', async () => {
    expect(await statusesOf({ kind: 'accept-then-status', status: 500, nth: 2 })).toEqual({
      statuses: [204, 500],
      rows: 2,
    });
  });

  test('429 comes with or without Retry-After', async () => {
    const ingestion = await ingest();
    ingestion.setFaults({ kind: 'status', status: 429, retryAfterSeconds: 7 }, { kind: 'status', status: 429, nth: 2 });
    expect((await upload(ingestion, [])).headers.get('retry-after')).toBe('7');
    const second = await upload(ingestion, []);
    expect(second.headers.has('retry-after')).toBe(false);
    expect(await refusalOf(second)).toBe('429 TooManyRequests');
  });

  test('an answer is late', async () => {
    const start = performance.now();
    expect(await statusesOf({ kind: 'delay', ms: 120 }, 1)).toEqual({ statuses: [204], rows: 1 });
    expect(performance.now() - start).toBeGreaterThanOrEqual(119);
  });

  test('only uploads to a matching stream are hit', async () => {
    const ingestion = await ingest();
    ingestion.setFaults({ kind: 'status', status: 403, route: 'Custom-QualysHost', count: 'always' });
    expect((await upload(ingestion, [])).status).toBe(204);
    expect(await refusalOf(await upload(ingestion, [], { stream: 'Custom-QualysHostDetectionV3_CL' }))).toBe(
      '403 OperationFailed',
    );
    expect(ingestion.stats().faults).toEqual([{ id: 'status-1', matched: 1, hits: 1 }]);
  });

  test('wrong ones are refused with what is allowed', async () => {
    const ingestion = await ingest();
    expect(() => ingestion.setFaults({ kind: 'bogus' } as unknown as IngestionFault)).toThrow(
      'kind must be one of status',
    );
    expect(() => ingestion.setFaults({ kind: 'status', status: 99 })).toThrow('status must be from 200 to 599');
    expect(() => ingestion.setFaults({ kind: 'status' } as IngestionFault)).toThrow('needs status');
  });
});

describe('files', () => {
  test('hold one row a line, whole although many uploads come at once', async () => {
    const dir = await makeFolder();
    const ingestion = await ingest({ keep: 'file', dir });
    const text = 'é'.repeat(20_000);
    const uploads = Array.from({ length: 12 }, (_, turn) =>
      upload(
        ingestion,
        [1, 2, 3].map((part) => ({ EventId: `${turn}-${part}`, UserName: text })),
      ),
    );
    await Promise.all(uploads);
    const lines = (await readFile(join(dir, `${EDR_TABLE}.ndjson`), 'utf8')).trimEnd().split('\n');
    expect(lines).toHaveLength(36);
    const rows = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(new Set(rows.map((row) => row.EventId)).size).toBe(36);
    expect(ingestion.rows(EDR_TABLE)).toEqual(rows);
    expect(ingestion.stats().mostAtOnce).toBeGreaterThan(1);
  });

  test('keep the order of the calls, whatever each has to write', async () => {
    const store = await createFileStore(await makeFolder());
    const sizes = Array.from({ length: 40 }, (_, turn) => (turn % 4 === 0 ? 2_000_000 : 10));
    await Promise.all(sizes.map((size, turn) => store.append('T', [{ turn, text: 'x'.repeat(size) }])));
    expect(store.read('T').map((row) => row.turn)).toEqual(sizes.map((_, turn) => turn));
  });

  test('go on where an earlier run ended', async () => {
    const dir = await makeFolder();
    for (const EventId of ['first', 'second']) {
      const ingestion = await ingest({ keep: 'file', dir });
      await upload(ingestion, [{ EventId }]);
      await ingestion.close();
    }
    const ingestion = await ingest({ keep: 'file', dir });
    expect(ingestion.rows(EDR_TABLE).map((row) => row.EventId)).toEqual(['first', 'second']);
  });

  test('are counted once, and not kept, where calls are read only when statistics are asked for', async () => {
    const ingestion = await ingest({ keep: 'calls' });
    await upload(ingestion, [{ EventId: 'a' }, { EventId: 'b' }]);
    expect(ingestion.stats().tables[EDR_TABLE]).toMatchObject({ requests: 1, rows: 2 });
    expect(ingestion.stats().tables[EDR_TABLE]).toMatchObject({ requests: 1, rows: 2 });
    expect(ingestion.rows(EDR_TABLE)).toEqual([]);
  });

  test('that are no rows fail the statistics where calls are read only then', async () => {
    const ingestion = await ingest({ keep: 'calls' });
    await upload(ingestion, ['a']);
    expect(() => ingestion.stats()).toThrow(/must be an object/);
  });
});

test('the program prints its URL, is steered over HTTP and ends on SIGTERM', async () => {
  const main = fileURLToPath(new URL('../../dev/ingestion/main.ts', import.meta.url));
  const child = spawn(process.execPath, [main, '--keep', 'memory', '--rule-id', 'dcr-1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const target = { url, ruleId: 'dcr-1' } as Parameters<typeof upload>[0];
  const faults = await fetch(`${url}/_ingestion/faults`, {
    method: 'POST',
    body: JSON.stringify({ faults: [{ kind: 'status', status: 500 }] }),
  });
  expect(faults.status).toBe(204);
  expect((await upload(target, [{ EventId: 'a' }])).status).toBe(500);
  expect((await upload(target, [{ EventId: 'b' }])).status).toBe(204);
  const rows = (await (await fetch(`${url}/_ingestion/rows?table=${EDR_TABLE}`)).json()) as { EventId: string }[];
  expect(rows.map((row) => row.EventId)).toEqual(['b']);
  const stats = (await (await fetch(`${url}/_ingestion/stats`)).json()) as IngestionStats;
  expect(stats).toMatchObject({ requests: 2, statuses: { '204': 1, '500': 1 } });
  expect((await fetch(`${url}/_ingestion/faults`, { method: 'POST', body: '[{"kind":"x"}]' })).status).toBe(400);
  child.kill('SIGTERM');
  expect((await once(child, 'exit'))[0]).toBe(0);
});
