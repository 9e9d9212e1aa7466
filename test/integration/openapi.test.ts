import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSimulator, type Simulator } from '../../dev/simulator/start-simulator.ts';
import { createBlobDeadLetters } from '../../src/lib/azure/blob-dead-letters.ts';
import { createTableAlertStore } from '../../src/lib/azure/table-alert-store.ts';
import { newAlertRecord } from '../../src/lib/alerts/alert-record.ts';
import { openStorage } from '../../src/lib/azure/storage.ts';
import { createTableCheckpointStore } from '../../src/lib/azure/table-checkpoint-store.ts';
import { parseSettings } from '../../src/lib/config.ts';
import { newWindow } from '../../src/lib/pipeline/new-window.ts';
import { OPERATIONS } from '../../src/lib/openapi/operations.ts';
import { forgetRefusals } from '../support/account.ts';
import { lintOpenapi } from '../support/lint-openapi.ts';
import { startLocalApp, untilCaughtUp, type LocalApp } from '../support/local-app.ts';
import { expectPromised, type ServedDocument } from '../support/openapi-check.ts';

const KEY = 'a-function-key';
/** Beginning of the routes that are not for programs. */
const FOR_PEOPLE = 'dashboard';

let simulator: Simulator;
let app: LocalApp;
let document: ServedDocument;
const seen = new Set<string>();

beforeAll(async () => {
  simulator = await startSimulator({ eventCount: 300, hostCount: 5, rateLimit: 0 });
  app = await startLocalApp(simulator.url, {
    QUALYS_STREAMS: 'edr-events',
    BACKFILL_MAX_RUNNING: '1',
    EDR_WINDOW_MINUTES: '720',
    FUNCTIONS_KEY: KEY,
    QUALYS_TRACE: '3',
    // Nothing listens there, and no event is of that time.
    ALERT_WEBHOOK_URL: 'http://127.0.0.1:9/hook',
    ALERT_WEBHOOK_PRIVATE: '1',
    ALERT_FROM: '2099-01-01',
  });
  document = JSON.parse((await ask('GET', 'openapi.json', {}, false)).text) as ServedDocument;
  await untilCaughtUp(
    { ...app, get: (path, init) => app.get(path, { ...init, headers: { 'x-functions-key': KEY } }) },
    'edr-events',
  );
});
afterAll(async () => {
  await app.close();
  await simulator.close();
});

/** Asks the app, and compares the answer with the document. */
async function ask(method: string, path: string, init: RequestInit = {}, isCompared = true) {
  const response = await fetch(`${app.host.url}/api/${path}`, { method, headers: { 'x-functions-key': KEY }, ...init });
  const answer = { status: response.status, headers: response.headers, text: await response.text() };
  if (isCompared) seen.add(expectPromised(document, method, path, answer));
  return { ...answer, json: (answer.text === '' ? undefined : JSON.parse(answer.text)) as Record<string, unknown> };
}

const post = (path: string, body?: unknown) =>
  ask('POST', path, body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) });
const hoursAgo = (hours: number): string => `${new Date(Date.now() - hours * 3_600_000).toISOString().slice(0, 19)}Z`;
const storage = () => openStorage(parseSettings(process.env));

describe('the served document', () => {
  test('is sound, and names the address it was asked at', async () => {
    const { json } = await ask('GET', 'openapi.json');
    expect(json.servers).toEqual([{ url: `${app.host.url}/api` }]);
    expect(await lintOpenapi({ ...json, servers: [{ url: 'https://func-qualys.azurewebsites.net/api' }] })).toEqual([]);
  });

  test('describes every route of the app, and no other', () => {
    const routes = [...app.host.listing.matchAll(/\[([A-Z,]+)\] http:\/\/[^/]+\/api\/(\S+)/g)].flatMap(
      ([, methods = '', route = '']) => methods.split(',').map((method) => `${method} ${route}`),
    );
    const wanted = routes.filter((route) => route.split(' ')[1]?.startsWith(FOR_PEOPLE) !== true);
    const described = OPERATIONS.map(({ method, route }) => `${method.toUpperCase()} ${route}`);
    expect(described.sort()).toEqual(wanted.sort());
    expect(Object.keys(document.paths).length).toBe(new Set(OPERATIONS.map(({ route }) => route)).size);
  });
});

describe('real answers are as the document promises:', () => {
  test('without a key', async () => {
    expect((await ask('GET', 'status', { headers: {} })).status).toBe(401);
  });

  test('health', async () => {
    expect((await ask('GET', 'ping')).status).toBe(200);
    expect((await post('ping')).status).toBe(200);
    expect((await ask('GET', 'status')).status).toBe(200);
    expect((await ask('GET', 'health')).status).toBe(200);
    const cost = await ask('GET', 'cost');
    expect(cost.json).toMatchObject({
      streams: [{ name: 'edr-events', week: { rows: app.rows('QualysEdrEvents_CL').length } }],
    });
    app.ingestion.setFaults({ kind: 'status', status: 403, count: 'always' });
    expect((await ask('GET', 'ping')).status).toBe(503);
    expect((await post('ping')).status).toBe(503);
    app.ingestion.setFaults();
  });

  test('windows', async () => {
    const window = (hour: number, changes: object) => {
      const range = { from: `2026-05-01T0${hour}:00:00Z`, to: `2026-05-01T0${hour}:15:00Z` };
      return { ...newWindow({ stream: 'edr-events', run: 'live', ...range }, new Date()), ...changes };
    };
    const failed = { state: 'failed' as const, lastError: 'HTTP 500', attempts: 3, notBefore: '2099-01-01T00:00:00Z' };
    const [first, second, third] = [window(1, failed), window(2, failed), window(3, { state: 'closed' })];
    await createTableCheckpointStore(storage()).insertWindows([first, second, third]);
    expect((await ask('GET', 'health')).status).toBe(503);
    const { json } = await ask('GET', 'windows/edr-events?hours=48');
    expect((json.windows as unknown[]).length).toBeGreaterThan(2);
    expect((await ask('GET', 'windows/edr-events?hours=0')).status).toBe(400);
    expect((await ask('GET', 'windows/edr-events?state=waived')).json).toEqual({ windows: [] });
    expect((await ask('GET', 'windows/edr-events?run=none')).status).toBe(404);
    expect((await ask('GET', 'windows/was-findings')).status).toBe(404);
    for (const act of ['retry', 'waive']) {
      const key = act === 'retry' ? first.key : second.key;
      expect((await post(`windows/edr-events/${key}/${act}?reason=test`)).status).toBe(200);
      expect((await post(`windows/edr-events/${third.key}/${act}`)).status).toBe(409);
      expect((await post(`windows/edr-events/none/${act}`)).status).toBe(404);
      expect((await post(`windows/edr-events/${key}/${act}?run=%20`)).status).toBe(400);
    }
    expect((await post('windows/edr-events/retry?reason=test')).status).toBe(200);
    expect((await post('windows/edr-events/retry?run=none')).status).toBe(404);
    expect((await post('windows/edr-events/retry?run=%20')).status).toBe(400);
    expect((await post('memory/vm-detections/forget?ids=1')).status).toBe(200);
    expect((await post('memory/edr-events/forget')).status).toBe(400);
    expect((await post('memory/was-findings/forget')).status).toBe(404);
  });

  test('backfills', async () => {
    // The vendor fails, so that the first one still runs when the others are asked for.
    simulator.setFaults({ kind: 'status', status: 500, route: '/ioc/events', count: 'always' });
    const range = { stream: 'edr-events', from: hoursAgo(20), to: hoursAgo(14) };
    const { json } = await post('backfill', range);
    const id = json.id as string;
    expect((await post('backfill', range)).status).toBe(200);
    expect((await post('backfill', { ...range, to: hoursAgo(13) })).status).toBe(409);
    expect((await post('backfill', { ...range, to: 'yesterday' })).status).toBe(400);
    const asQuery = (more: object): string => new URLSearchParams({ ...range, ...more } as never).toString();
    expect((await ask('GET', `backfill-estimate?${asQuery({})}`)).status).toBe(200);
    expect((await ask('GET', `backfill-estimate?${asQuery({ to: 'yesterday' })}`)).status).toBe(400);
    expect((await ask('GET', `backfill-estimate?${asQuery({ to: hoursAgo(13) })}`)).status).toBe(409);
    expect((await post('backfill', 'x'.repeat(70_000))).status).toBe(413);
    expect((await ask('GET', 'backfill')).status).toBe(200);
    expect((await ask('GET', 'backfill?limit=0')).status).toBe(400);
    expect((await ask('GET', `backfill/${id}`)).status).toBe(200);
    expect((await ask('GET', 'backfill/none')).status).toBe(404);
    expect((await ask('DELETE', `backfill/${id}`)).status).toBe(200);
    expect((await ask('DELETE', 'backfill/none')).status).toBe(404);
    simulator.setFaults();
  });

  test('dead letters', async () => {
    const letters = createBlobDeadLetters(storage());
    const about = { stream: 'edr-events', run: 'live', window: 'w', reason: 'too large', at: new Date().toISOString() };
    const json = Buffer.from('[{"TimeGenerated":"2026-05-01T00:00:00Z"}]');
    await letters.put({ ...about, table: 'QualysEdrEvents_CL', json });
    await letters.put({ ...about, window: 'x', table: 'NoTable_CL', json });
    const listed = await ask('GET', 'dead-letters?limit=5');
    expect(listed.json.deadLetters).toHaveLength(2);
    expect((await ask('GET', 'dead-letters?limit=0')).status).toBe(400);
    expect((await post('dead-letters/replay?limit=5')).json).toMatchObject({ failed: [{}] });
    expect((await post('dead-letters/replay?limit=x')).status).toBe(400);
  });

  test('traces', async () => {
    const listed = await ask('GET', 'traces');
    expect(listed.json).toMatchObject({ wanted: 3, traces: [{ version: 1 }, {}, {}] });
    expect((await ask('DELETE', 'traces')).json).toEqual({ deleted: 3 });
  });

  test('look-ups', async () => {
    const { json } = await ask('GET', 'edr/events?pageSize=1');
    const [event] = json as unknown as { id: string; asset: { agentId: string } }[];
    const path = `edr/events/${event!.asset.agentId}/${event!.id}`;
    expect((await ask('GET', 'edr/events/count')).status).toBe(200);
    expect((await ask('GET', path)).status).toBe(200);
    simulator.configure({ detailShape: 'array' });
    expect((await ask('GET', path)).status).toBe(200);
    expect((await ask('GET', 'edr/events?pageSize=0')).status).toBe(400);
    expect((await ask('GET', 'edr/events/count?limit=x')).status).toBe(400);
    expect((await ask('GET', `${path}?state=x`)).status).toBe(400);
    expect((await ask('GET', 'edr/events/none/none')).status).toBe(404);
    simulator.setFaults({ kind: 'empty-body', route: '/ioc/events', count: 'always' });
    for (const each of ['edr/events', 'edr/events/count', path]) expect((await ask('GET', each)).status).toBe(204);
    for (const [given, answered] of [
      [404, 404],
      [500, 502],
    ] as const) {
      simulator.setFaults({ kind: 'status', status: given, route: '/ioc/events', count: 'always' });
      for (const each of ['edr/events', 'edr/events/count', path])
        expect((await ask('GET', each)).status).toBe(answered);
    }
    simulator.setFaults();
  });

  test('alerts', async () => {
    const store = createTableAlertStore(storage());
    const item = { version: 1 as const, id: 'RTF_1', payload: '{}', queuedAt: new Date().toISOString() };
    const waiting = { state: 'waiting' as const, notBefore: new Date().toISOString(), lastError: 'soar answered 503' };
    await store.save({ ...newAlertRecord(item, new Date()), ...waiting });
    await store.save({ ...newAlertRecord({ ...item, id: 'RTF_2' }, new Date()), state: 'undelivered' });
    expect((await ask('GET', 'alerts?limit=5')).json.alerts).toHaveLength(2);
    expect((await ask('GET', 'status')).json.alerts).toMatchObject({ waiting: 1, undelivered: 1, uncertain: 0 });
    expect((await ask('GET', 'alerts?limit=0')).status).toBe(400);
    expect((await post('alerts/replay')).json).toEqual({ replayed: 1 });
    expect((await post('alerts/replay?state=done')).status).toBe(400);
    expect((await post('alerts/test')).json).toMatchObject({ outcome: 'refused', status: null, isSigned: false });
  });

  test('the act that tries the account', async () => {
    expect((await post('try-now')).json).toEqual({ login: 'not-needed', windows: 0 });
    expect((await post('try-now?stream=edr-events')).status).toBe(400);
    simulator.configure({ password: 'another' });
    simulator.expireTokens();
    expect((await post('ping')).status).toBe(503);
    for (let press = 0; press < 3; press++) {
      expect((await post('try-now?reason=unlocked')).json).toMatchObject({ login: 'granted' });
      await post('ping');
    }
    expect((await ask('GET', 'status')).json.limits).toMatchObject([{ account: { refusals: 4 } }]);
    expect((await ask('GET', 'health')).status).toBe(503);
    expect((await post('try-now')).status).toBe(429);
    simulator.configure({ password: 'simulated-password' });
    await forgetRefusals(storage());
  });

  test('enrichment', async () => {
    const found = await ask('GET', 'enrich?file=setup.exe&hours=720');
    expect((found.json as { events: { list: unknown[] } }).events.list.length).toBeGreaterThan(0);
    expect((await ask('GET', 'enrich?file=never-seen.bin')).status).toBe(200);
    expect((await ask('GET', 'enrich?file=')).status).toBe(400);
    const flaw = await ask('GET', 'enrich?qid=100');
    expect(flaw.json).toMatchObject({ ok: true, vulnerableHosts: { source: 'qualys' } });
    expect((await ask('GET', 'enrich?cve=CVE-2021-44228')).status).toBe(503);
    expect((await ask('GET', 'enrich?host=ws-001')).status).toBe(503);
    simulator.setFaults({ kind: 'status', status: 500, route: '/ioc/events', count: 'always' });
    expect((await ask('GET', 'enrich?file=setup.exe')).status).toBe(502);
    simulator.setFaults();
  });

  test('actions', async () => {
    const body = { case_id: '4711', alert_group_identifiers: [] };
    expect((await post('actions/qualys_edr_ping', body)).status).toBe(200);
    expect((await post('actions/qualys_edr_ping', {})).status).toBe(400);
    expect((await post('actions/qualys_edr_ping', 'x'.repeat(70_000))).status).toBe(413);
  });

  test('every promised answer has been seen, but those of a failing backend', () => {
    const promised = OPERATIONS.flatMap(({ operationId, answers, problems }) =>
      [...Object.keys(answers), ...problems.filter((status) => status < 500)].map(
        (status) => `${operationId} ${status}`,
      ),
    );
    expect(promised.filter((name) => !seen.has(name))).toEqual([]);
  });
});
