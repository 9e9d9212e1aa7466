import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type * as EnrichModule from '../../src/lib/handlers/enrich.ts';
import { enrichAnswer } from '../../src/lib/enrich/enrich-answer.ts';
import { call, isProblem, startBackends, type Backends } from '../support/http-app.ts';
import { vendorEvent } from '../support/enrich.ts';

let backends: Backends;
let enrich: typeof EnrichModule;

beforeAll(async () => {
  backends = await startBackends({ eventCount: 0 });
  vi.stubEnv('LOGS_QUERY_WORKSPACE_ID', undefined);
  enrich = await import('../../src/lib/handlers/enrich.ts');
});
afterAll(() => backends.close());
afterEach(() => backends.simulator.setFaults());

const ask = (query: string) => call(enrich.enrichOne, { path: `/api/enrich?${query}` });
const SHA = `${'0'.repeat(63)}1`;

describe('GET /api/enrich', () => {
  test('answers what the schema says, uncached', async () => {
    backends.simulator.changeData({ events: [{ record: vendorEvent() }] });
    const answered = await ask(`sha256=${SHA}&hours=24&code=the-host-s-key`);
    expect(answered.status).toBe(200);
    expect(answered.headers.get('cache-control')).toBe('no-store');
    expect(enrichAnswer.parse(answered.json)).toMatchObject({ ok: true, events: { total: 1 } });
  });

  test.for(['', 'host=a&user=b', 'sha256=12', 'ip=localhost', 'file=x&hours=-1', 'file=x&file=y', 'hostname=a'])(
    'refuses "%s" with what is wrong',
    async (query) => {
      const answered = await ask(query);
      expect(answered.status).toBe(400);
      expect(isProblem(answered)).toBe(true);
    },
  );

  test('answers what Qualys knows, and what was not searched, where the tables cannot be asked', async () => {
    const answered = await ask(`md5=${'f'.repeat(32)}`);
    expect(answered.status).toBe(200);
    expect(enrichAnswer.parse(answered.json)).toMatchObject({
      ok: true,
      events: { total: 0 },
      notSearched: [{ what: 'QualysEdrEvents_CL by TargetProcessMd5' }],
    });
  });

  test('answers 503 with the missing setting where only the tables could tell', async () => {
    const answered = await ask('host=ws-01');
    expect(answered.status).toBe(503);
    expect(answered.json).toMatchObject({ detail: expect.stringContaining('LOGS_QUERY_WORKSPACE_ID') as string });
  });

  test('answers 502 when Qualys fails', async () => {
    backends.simulator.setFaults({ kind: 'status', status: 500, count: 'always' });
    const answered = await ask(`sha256=${SHA}`);
    expect(answered.status).toBe(502);
    expect(isProblem(answered)).toBe(true);
  });

  test('answers 503 and when to come back while Qualys asks to wait', async () => {
    backends.simulator.setFaults({
      kind: 'status',
      status: 429,
      headers: { 'retry-after': '40' },
      count: 'always',
    });
    expect((await ask(`sha256=${SHA}`)).status).toBe(503);
    backends.simulator.setFaults();
    const calls = backends.simulator.stats().calls;
    const answered = await ask(`sha256=${SHA}`);
    expect(answered.status).toBe(503);
    expect(Number(answered.headers.get('retry-after'))).toBeGreaterThan(20);
    expect(backends.simulator.stats().calls).toBe(calls);
  });
});
