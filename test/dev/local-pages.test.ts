import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as sendRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startIngestion } from '../../dev/ingestion/start-ingestion.ts';
import type { LocalRoutes } from '../../dev/local-pages/local-pages.ts';
import { createRowRoutes, type TableView } from '../../dev/rows/row-routes.ts';
import { UsageError } from '../../dev/usage-error.ts';
import { runApp } from './host-test-app.ts';

const APP = `app.http('page', { route: 'page', authLevel: 'anonymous', handler: async () => ({ body: 'page' }) });`;
const ROUTES: LocalRoutes = {
  files: { 'GET /rows': () => Promise.resolve({ type: 'text/html', text: '<p>rows' }) },
  calls: {
    'POST /say': ({ body, query }) => {
      if (query.name === undefined) throw new UsageError('name must be given');
      return { body, name: query.name };
    },
  },
};

interface Answer {
  readonly status: number | undefined;
  readonly text: string;
}

/** Asks as any program can, with any host and origin. */
async function ask(url: string, method: string, path: string, headers: Record<string, string> = {}, body = '') {
  return await new Promise<Answer>((resolve, reject) => {
    const request = sendRequest(url + path, { method, headers }, (response) => {
      let text = '';
      response.on('data', (piece: Buffer) => (text += piece.toString()));
      response.on('end', () => resolve({ status: response.statusCode, text }));
    });
    request.once('error', reject);
    request.end(body);
  });
}

describe('what is served beside the app', () => {
  test('answers calls in JSON, and says what is wrong with others', async () => {
    const { url } = await runApp(APP, { localRoutes: ROUTES });
    expect(await ask(url, 'POST', '/local/say?name=x', {}, '{"a":1}')).toEqual({
      status: 200,
      text: '{"body":{"a":1},"name":"x"}',
    });
    expect(await ask(url, 'POST', '/local/say')).toMatchObject({
      status: 400,
      text: expect.stringMatching(/name must be given/) as string,
    });
    expect(await ask(url, 'POST', '/local/say?name=x', {}, '{')).toMatchObject({
      status: 400,
      text: expect.stringMatching(/JSON/) as string,
    });
    expect(await ask(url, 'GET', '/local/say')).toMatchObject({ status: 404 });
    expect(await ask(url, 'GET', '/local/rows')).toEqual({ status: 200, text: '<p>rows' });
    expect(await ask(url, 'GET', '/')).toMatchObject({ text: expect.stringMatching(/href="\/local\/rows"/) as string });
  });

  test('is for this machine by its own name, and for pages of its own', async () => {
    const { url } = await runApp(APP, { localRoutes: ROUTES });
    const { port } = new URL(url);
    const say = async (headers: Record<string, string>): Promise<number | undefined> =>
      (await ask(url, 'POST', '/local/say?name=x', headers)).status;
    expect(await say({ host: `localhost:${port}`, origin: `http://localhost:${port}` })).toBe(200);
    expect(await say({ origin: url, 'sec-fetch-site': 'same-origin' })).toBe(200);
    for (const headers of [
      { host: `evil.example:${port}` },
      { host: `127.0.0.1.evil.example:${port}` },
      { origin: 'https://evil.example' },
      { origin: `http://localhost:${port}` },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]) {
      expect(await say(headers), JSON.stringify(headers)).toBe(403);
    }
    expect((await ask(url, 'GET', '/local/rows', { host: 'evil.example' })).status).toBe(403);
    expect((await ask(url, 'GET', '/local/rows', { 'sec-fetch-site': 'cross-site' })).status).toBe(200);
  });

  test('gives no data without the key of the host, where it has one', async () => {
    const { url } = await runApp(APP, { localRoutes: ROUTES, settings: { FUNCTIONS_KEY: 'k' } });
    expect((await ask(url, 'POST', '/local/say?name=x')).status).toBe(401);
    expect((await ask(url, 'POST', '/local/say?name=x', { 'x-functions-key': 'k' })).status).toBe(200);
    expect((await ask(url, 'GET', '/local/rows')).status).toBe(200);
  });

  test('is nothing where nothing is given', async () => {
    const { url } = await runApp(APP);
    expect((await ask(url, 'GET', '/local/rows')).status).toBe(404);
    expect((await ask(url, 'GET', '/')).text).not.toContain('/local/');
  });

  test('is not listed where there are calls only', async () => {
    const { url } = await runApp(APP, { localRoutes: { ...ROUTES, files: {} } });
    expect((await ask(url, 'GET', '/')).text).not.toContain('/local/');
  });
});

test('tables, their rows, and what the endpoint did to them', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tables-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  const ingestion = await startIngestion({ dir });
  onTestFinished(ingestion.close);
  const tables = [
    { stream: 'edr-events', table: 'QualysEdrEvents_CL' },
    { stream: 'vm-hosts', table: 'QualysVmHosts_CL' },
  ];
  const calls = createRowRoutes({ dir, tables, readStats: ingestion.stats });
  const call = (name: string, query: Record<string, string> = {}): unknown => calls[name]!({ query, body: undefined });
  const upload = async (body: unknown): Promise<number> => {
    const target = `${ingestion.url}/dataCollectionRules/${ingestion.ruleId}/streams/Custom-QualysEdrEvents_CL?api-version=2023-01-01`;
    const headers = { authorization: 'Bearer x', 'content-type': 'application/json' };
    return (await fetch(target, { method: 'POST', headers, body: JSON.stringify(body) })).status;
  };
  expect(await upload([{ HostName: 'ws-1', FileName: 'x'.repeat(70_000), Unknown: 1, RowKey: 'k-1' }])).toBe(204);
  expect(await upload({ no: 'array' })).toBe(400);
  expect((await fetch(`${ingestion.url}/dataCollectionRules/x/streams/Custom-Other_CL`)).status).toBe(405);
  expect(Object.keys(ingestion.stats().tables)).toEqual(['QualysEdrEvents_CL']);

  const [events, hosts] = (await call('GET /tables')) as TableView[];
  expect(events).toMatchObject({
    stream: 'edr-events',
    rows: 1,
    losses: { cutFields: 1, droppedColumns: 1, refused: 1 },
  });
  expect(events?.losses?.columns).toEqual({ FileName: { cut: 1 }, Unknown: { dropped: 1 } });
  expect(events?.refusals).toMatchObject([{ status: 400, message: 'the body must be a JSON array' }]);
  expect(hosts).toEqual({ ...tables[1], rows: 0, bytes: 0, losses: null, refusals: [] });

  const { rows } = (await call('GET /list', { stream: 'edr-events', key: 'k-1' })) as { rows: { at: number }[] };
  const { row } = (await call('GET /row', { stream: 'QualysEdrEvents_CL', at: String(rows[0]?.at) })) as {
    row: { FileName: string };
  };
  expect(row.FileName).toHaveLength(65_536);
  await expect(call('GET /row', { stream: 'edr-events', at: '7' })).rejects.toThrow('at 7 no row of');
  expect(() => calls['GET /list']!({ query: { stream: '../x' }, body: undefined })).toThrow(
    'stream must be one of edr-events, vm-hosts, given "../x"',
  );
  expect(() => calls['GET /list']!({ query: { stream: 'vm-hosts', limit: '501' }, body: undefined })).toThrow(
    'limit must be a whole number from 1 to 500, given "501"',
  );
  await writeFile(join(dir, 'QualysVmHosts_CL.ndjson'), '');
  expect(await call('GET /list', { stream: 'vm-hosts' })).toMatchObject({ rows: [], before: null });
});
