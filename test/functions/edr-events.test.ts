import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type * as EdrEventsModule from '../../src/lib/handlers/edr-events.ts';
import { call, isProblem, startBackends, type Backends } from '../support/http-app.ts';

let backends: Backends;
let edr: typeof EdrEventsModule;

beforeAll(async () => {
  backends = await startBackends({ eventCount: 50 });
  edr = await import('../../src/lib/handlers/edr-events.ts');
});
afterAll(() => backends.close());
afterEach(() => backends.simulator.setFaults());

const events = (query = '') => call(edr.events, { path: `/api/edr/events${query}` });
const count = (query = '') => call(edr.count, { path: `/api/edr/events/count${query}` });

describe('the look-ups', () => {
  test('pass the vendor’s events through', async () => {
    const answered = await events('?pageSize=7&pageNumber=1&sort=[{"event.eventProcessedTime":"asc"}]&state=false');
    expect(answered.status).toBe(200);
    expect(answered.headers.get('content-type')).toBe('application/json');
    expect(answered.headers.get('cache-control')).toBe('no-store');
    expect(answered.json).toHaveLength(7);
  });

  test('pass the vendor’s count through', async () => {
    expect((await count()).json).toMatchObject({ count: 50 });
    const none = encodeURIComponent("event.eventProcessedTime : ['2001-01-01T00:00:00Z' .. '2001-01-02T00:00:00Z']");
    expect((await count(`?filter=${none}`)).json).toMatchObject({ count: 0 });
  });

  test('pass one event through, its ids encoded', async () => {
    const [first] = (await events('?pageSize=1')).json as { id: string; asset: { agentId: string } }[];
    const params = { agentId: first!.asset.agentId, eventId: first!.id };
    const answered = await call(edr.event, { params });
    expect(answered.status).toBe(200);
    expect(answered.text).toContain(first!.id);
    expect((await call(edr.event, { params: { ...params, eventId: 'a/../b?c=d#e' } })).status).toBe(404);
  });

  test('leave the function key to the host', async () => {
    expect((await events('?pageSize=1&code=abc')).status).toBe(200);
  });

  test('get nothing where the vendor has nothing', async () => {
    const none = encodeURIComponent("event.eventProcessedTime : ['2001-01-01T00:00:00Z' .. '2001-01-02T00:00:00Z']");
    const answered = await events(`?filter=${none}`);
    expect([200, 204]).toContain(answered.status);
    expect(['', '[]']).toContain(answered.text);
  });
});

describe('a wrong parameter', () => {
  test.for([
    ['pageSize=0', 'pageSize'],
    ['pageSize=10001', 'pageSize'],
    ['pageNumber=-1', 'pageNumber'],
    ['pageNumber=20&pageSize=500', 'pageNumber'],
    ['fromDate=2026-01-01', 'fromDate'],
    ['toDate=x', 'toDate'],
    ['sort=asc', 'sort'],
    ['state=maybe', 'state'],
    ['filter=', 'filter'],
    ['include_attributes=a;b', 'include_attributes'],
    ['pagesize=5', 'pagesize'],
    ['pageSize=5&pageSize=6', 'pageSize must be given once'],
  ])('%s is refused with 400 that names it, and the vendor is not called', async ([query, named]) => {
    const before = backends.simulator.stats().calls;
    const answered = await events(`?${query}`);
    expect(answered.status).toBe(400);
    expect(isProblem(answered)).toBe(true);
    expect((answered.json as { detail: string }).detail).toContain(named);
    expect(backends.simulator.stats().calls).toBe(before);
  });

  test('all are named at once', async () => {
    const { errors } = (await events('?pageSize=0&state=x&nonsense=1')).json as { errors: string[] };
    expect(errors).toHaveLength(3);
  });

  test('of the count is refused too', async () => {
    expect((await count('?interval=soon')).status).toBe(400);
    expect((await count('?pageSize=5')).status).toBe(400);
  });

  test.for(['', ' ', '.', '..', 'x'.repeat(501), 'a\u0000b', '\ud800'])(
    'an id that cannot be one is refused: %j',
    async (eventId) => {
      const answered = await call(edr.event, { params: { agentId: 'a', eventId } });
      expect(answered.status).toBe(400);
      expect((answered.json as { detail: string }).detail).toContain('eventId');
    },
  );
});

describe('the vendor’s failure', () => {
  test.for([
    [400, 400],
    [404, 404],
    [401, 503],
    [403, 503],
    [500, 502],
    [503, 502],
  ] as const)('%d becomes a problem with %d', async ([given, status]) => {
    backends.simulator.setFaults({
      kind: 'status',
      status: given,
      route: '/ioc/events',
      count: 'always',
      body: '{"message":"said the vendor"}',
    });
    const answered = await events();
    expect(answered.status).toBe(status);
    expect(isProblem(answered)).toBe(true);
    expect(answered.text).not.toContain('simulated-password');
  });

  test('429 becomes 503 with the time to wait', async () => {
    backends.simulator.setFaults({
      kind: 'status',
      status: 429,
      route: '/ioc/events',
      count: 'always',
      headers: { 'Retry-After': '17' },
    });
    const answered = await events();
    expect(answered.status).toBe(503);
    expect(answered.headers.get('retry-after')).toBe('17');
    expect(isProblem(answered)).toBe(true);
  });

  test.for([{ kind: 'reset' }, { kind: 'reset-body' }, { kind: 'html' }] as const)(
    '%j becomes a problem with 502',
    async (fault) => {
      backends.simulator.setFaults({ ...fault, route: '/ioc/events', count: 'always' });
      const answered = await events('?pageSize=50');
      expect(answered.status).toBe(502);
      expect(isProblem(answered)).toBe(true);
    },
  );

  test('an expired token is renewed without the caller seeing it', async () => {
    await events('?pageSize=1');
    backends.simulator.expireTokens();
    expect((await events('?pageSize=1')).status).toBe(200);
  });
});
