import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startSimulator, type Simulator } from '../../dev/simulator/start-simulator.ts';
import { TABLE_NAMES } from '../../src/lib/azure/names.ts';
import { openStorage } from '../../src/lib/azure/storage.ts';
import { parseSettings } from '../../src/lib/config.ts';
import { startLocalApp, type LocalApp } from '../support/local-app.ts';
import { principalOf, startPlatform } from '../support/play-platform.ts';
import { runCli } from '../support/run-cli.ts';

const KEY = 'a-function-key';
const FORGED = {
  'x-ms-client-principal': principalOf({ roles: ['Operate'] }),
  'x-ms-client-principal-name': 'mallory',
};
const CALLERS = {
  'token-of-ada': { name: 'ada@example.com', roles: ['Operate'] },
  'token-of-bob': { name: 'bob@example.com', roles: ['Read'] },
  'token-of-eve': { name: 'eve@example.com', roles: [] },
};

let simulator: Simulator;
let app: LocalApp;
let platform: Awaited<ReturnType<typeof startPlatform>>;

beforeAll(async () => {
  simulator = await startSimulator({ eventCount: 0, hostCount: 0 });
  app = await startLocalApp(simulator.url, {
    CALLER_AUTH: 'entra',
    WEBSITE_AUTH_ENABLED: 'True',
    AzureFunctionsJobHost__extensions__mcp__system__webhookAuthorizationLevel: 'Anonymous',
    FUNCTIONS_KEY: KEY,
  });
  platform = await startPlatform(() => app.host.url, CALLERS, ['/api/dashboard']);
});
afterAll(async () => {
  await platform.close();
  await app.close();
  await simulator.close();
});
beforeEach(() => {
  process.env.WEBSITE_AUTH_ENABLED = 'True';
});

const as = (who: 'ada' | 'bob' | 'eve') => ({ authorization: `Bearer token-of-${who}` });

async function ask(path: string, headers: Record<string, string>, method = 'GET', url = platform.url) {
  const response = await fetch(`${url}/api/${path}`, { method, headers });
  const text = await response.text();
  return { status: response.status, text, headers: response.headers };
}

async function callTool(headers: Record<string, string>, name: string, args: object = {}, url = platform.url) {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } });
  const response = await fetch(`${url}/runtime/webhooks/mcp`, { method: 'POST', headers, body });
  const text = await response.text();
  return { status: response.status, text };
}

async function audited(): Promise<Record<string, unknown>[]> {
  const table = openStorage(parseSettings(process.env)).table(TABLE_NAMES.audit);
  const entries: Record<string, unknown>[] = [];
  for await (const entry of table.listEntities()) entries.push(entry);
  return entries;
}

describe('behind the authentication of the platform', () => {
  test('who has the role Read looks, and does not act', async () => {
    expect((await ask('status', as('bob'))).status).toBe(200);
    const refused = await ask('try-now?reason=x', as('bob'), 'POST');
    expect(refused.status).toBe(403);
    expect(refused.text).toContain('bob@example.com needs the app role Operate, and has Read');
  });

  test('who has the role Operate acts, and the audit log has the name', async () => {
    expect((await ask('try-now?reason=mended', as('ada'), 'POST')).status).toBe(200);
    expect(await audited()).toContainEqual(
      expect.objectContaining({ action: 'login-tried', by: 'ada@example.com', byId: 'object-1', reason: 'mended' }),
    );
  });

  test('who has no role, no sign-in, a key or a forged header gets nothing', async () => {
    expect((await ask('status', as('eve'))).status).toBe(403);
    expect((await ask('status', {})).status).toBe(401);
    expect((await ask('status', { 'x-functions-key': KEY })).status).toBe(401);
    expect((await ask('status', FORGED)).status).toBe(401);
    expect((await ask('try-now', { ...FORGED, ...as('bob') }, 'POST')).status).toBe(403);
  });

  test('the page is there for everybody, and is told by the challenge to lead to the sign-in', async () => {
    expect((await ask('dashboard', {})).status).toBe(200);
    expect((await ask('status', {})).headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  test('tools need the same roles', async () => {
    const { text } = await callTool(as('bob'), 'qualys_connector_status');
    expect(text).toContain('verdict');
    const range = { stream: 'edr-events', from: '2026-04-01T00:00:00Z', to: '2026-04-02T00:00:00Z' };
    expect((await callTool(as('bob'), 'qualys_start_backfill', range)).text).toContain('needs the app role Operate');
    expect((await callTool(as('ada'), 'qualys_start_backfill', range)).text).not.toContain('needs the app role');
  });

  test('the command line sends a token, and tells what is missing', async () => {
    const run = (token: string) =>
      runCli(['try-now'], { env: { CONNECTOR_URL: platform.url, CONNECTOR_KEY: '', CONNECTOR_TOKEN: token } });
    expect(await run('token-of-ada')).toMatchObject({ code: 0 });
    expect(await run('token-of-bob')).toMatchObject({
      code: 3,
      err: expect.stringContaining('needs the app role Operate') as string,
    });
    expect(await run('stale')).toMatchObject({
      code: 3,
      err: expect.stringMatching(/does not accept the token \(HTTP 401\)[^]*get-access-token/) as string,
    });
  });
});

describe('while the authentication of the platform is off', () => {
  test('a header that anybody could write opens neither route nor tool, and a key nothing either', async () => {
    process.env.WEBSITE_AUTH_ENABLED = 'False';
    for (const headers of [FORGED, { ...FORGED, 'x-functions-key': KEY }]) {
      const { status, text } = await ask('status', headers, 'GET', app.host.url);
      expect([status, text]).toEqual([503, expect.stringContaining('WEBSITE_AUTH_ENABLED is not true')]);
      const called = await callTool(headers, 'qualys_connector_status', {}, app.host.url);
      expect(called.text).toContain('nobody is let in');
    }
  });

  test('the page is there', async () => {
    process.env.WEBSITE_AUTH_ENABLED = 'False';
    expect((await ask('dashboard', {}, 'GET', app.host.url)).status).toBe(200);
  });
});
