import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type * as FunctionsModule from '@azure/functions';
import type { HttpFunctionOptions } from '@azure/functions';
import { call, useSettings } from '../support/http-app.ts';

const routes = vi.hoisted(() => new Map<string, unknown>());
const tools = vi.hoisted(() => new Set<string>());
vi.mock('@azure/functions', async (original) => ({
  ...(await original<typeof FunctionsModule>()),
  app: {
    http: (name: string, options: unknown) => routes.set(name, options),
    timer: () => undefined,
    storageQueue: () => undefined,
    mcpTool: (name: string) => tools.add(name),
  },
}));

beforeEach(() => {
  routes.clear();
  tools.clear();
  vi.resetModules();
});
afterEach(() => vi.unstubAllEnvs());

/** What the entry point registers with this value of the setting. */
async function register(setting: string | undefined): Promise<[string, HttpFunctionOptions][]> {
  useSettings({ CALLER_AUTH: setting });
  await import('../../src/index.ts');
  return [...routes.entries()] as [string, HttpFunctionOptions][];
}

const levels = (options: readonly [string, HttpFunctionOptions][]) =>
  new Set(options.filter(([name]) => !name.startsWith('dashboard')).map(([, { authLevel }]) => authLevel));

describe('every route but the page', () => {
  test.each([undefined, '', 'keys', 'Entra', 'entra,keys', 'off'])('asks for a key with %j', async (setting) => {
    const registered = await register(setting);
    expect(registered.length).toBeGreaterThan(20);
    expect(levels(registered)).toEqual(new Set(['function']));
  });

  test('asks for none where callers sign in, and refuses who has not', async () => {
    const registered = await register(' entra ');
    expect(levels(registered)).toEqual(new Set(['anonymous']));
    useSettings({ WEBSITE_AUTH_ENABLED: 'True' });
    for (const [name, { handler }] of registered.filter(([each]) => !each.startsWith('dashboard'))) {
      const { status, headers } = await call(handler, { headers: { 'x-functions-key': 'a-key' } });
      expect([name, status, headers.get('www-authenticate')]).toEqual([name, 401, 'Bearer']);
    }
  });
});

describe('the tools', () => {
  const LEVEL = 'AzureFunctionsJobHost__extensions__mcp__system__webhookAuthorizationLevel';

  test.each([
    [undefined, undefined, true],
    ['System', 'keys', true],
    ['Anonymous', 'entra', true],
    ['Anonymous', undefined, false],
    ['anonymous', 'Entra', false],
  ])('of an endpoint that is %s are there where CALLER_AUTH is %s: %s', async (level, auth, areThere) => {
    useSettings({ [LEVEL]: level });
    await register(auth);
    expect(tools.size > 0).toBe(areThere);
  });
});
