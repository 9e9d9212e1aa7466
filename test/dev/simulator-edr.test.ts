import { describe, expect, test } from 'vitest';
import {
  ACCOUNT,
  BY_PROCESSED_TIME,
  countEvents,
  edr,
  listEvents,
  logIn,
  NOW,
  simulate,
  type EventRecord,
} from './simulator-client.ts';

const END = Date.parse(NOW);

async function authenticate(url: string, form: Record<string, string>): Promise<Response> {
  return fetch(`${url}/auth`, { method: 'POST', body: new URLSearchParams(form) });
}

async function messageOf(response: Response): Promise<string> {
  return ((await response.json()) as { message: string }).message;
}

function timesOf(events: readonly EventRecord[]): number[] {
  return events.map((event) => Date.parse(event.eventProcessedTime));
}

describe('/auth', () => {
  test('gives a bare token with 201 that says when it expires', async () => {
    const simulator = await simulate({ tokenTtlSeconds: 100 });
    const response = await authenticate(simulator.url, { ...ACCOUNT, token: 'true' });
    const token = await response.text();
    expect(response.status).toBe(201);
    expect(token.split('.')).toHaveLength(3);
    const claims = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { exp: number };
    expect(claims.exp).toBe(END / 1_000 + 100);
  });

  test('refuses wrong credentials with 401, an empty user and a missing token=true with 400', async () => {
    const { url } = await simulate();
    const wrong = await authenticate(url, { ...ACCOUNT, password: 'p&ss=w+rd%', token: 'true' });
    expect(wrong.status).toBe(401);
    expect(await wrong.json()).toEqual({ authentication_exceptions: ['InvalidCredentialsException'] });
    expect((await authenticate(url, { ...ACCOUNT, username: '', token: 'true' })).status).toBe(400);
    expect((await authenticate(url, ACCOUNT)).status).toBe(400);
    expect((await fetch(`${url}/auth`)).status).toBe(405);
  });

  test('takes a password with every character that a form encodes', async () => {
    const password = 'p&ss=w+rd% \u00fc"';
    const { url } = await simulate({ password });
    expect((await authenticate(url, { ...ACCOUNT, password, token: 'true' })).status).toBe(201);
  });

  test('data calls need a token that is ours and has not expired', async () => {
    const simulator = await simulate({ tokenTtlSeconds: 100 });
    const token = await logIn(simulator);
    const ask = async (authorization: string): Promise<number> =>
      (await fetch(`${simulator.url}/ioc/events`, { headers: { authorization } })).status;
    expect(await ask(`Bearer ${token}`)).toBe(200);
    expect(await ask('')).toBe(401);
    expect(await ask(`Bearer ${token.slice(0, -1)}`)).toBe(401);
    expect(await ask('Bearer a.b.c')).toBe(401);
    simulator.clock.advance(100_000);
    expect(await ask(`Bearer ${token}`)).toBe(401);
    const second = await logIn(simulator);
    simulator.expireTokens();
    expect(await ask(`Bearer ${second}`)).toBe(401);
  });
});

describe('/ioc/events', () => {
  test('lists ten events a page by default, pages counting from zero', async () => {
    const simulator = await simulate({ eventCount: 25 });
    const pages = await Promise.all(
      [0, 1, 2].map(async (pageNumber) => listEvents(simulator, { pageNumber, pageSize: '' })),
    );
    expect(pages.map((page) => page.length)).toEqual([10, 10, 5]);
    expect(pages.flat().map(({ id }) => id)).toEqual(simulator.eventIds());
    expect(await (await edr(simulator, '/ioc/events', { pageNumber: 3 })).json()).toEqual([]);
  });

  test('pages of every size together hold each event once', async () => {
    const simulator = await simulate({ eventCount: 1_003, concurrencyLimit: 0 });
    for (const pageSize of [7, 100, 1_000]) {
      const ids: string[] = [];
      for (let pageNumber = 0; ids.length < 1_003; pageNumber += 1) {
        ids.push(...(await listEvents(simulator, { pageNumber, pageSize })).map(({ id }) => id));
      }
      expect(ids).toEqual(simulator.eventIds());
    }
  });

  test('sorts by one token or several, in both directions', async () => {
    const simulator = await simulate({ eventCount: 300 });
    const byTime = await listEvents(simulator, { sort: '[{"event.eventProcessedTime":"desc"}]' });
    expect(timesOf(byTime)).toEqual(timesOf(byTime).toSorted((a, b) => b - a));
    const byType = await listEvents(simulator, { sort: '[{"type":"asc"},{"event.dateTime":"desc"}]' });
    const keys = byType.map(({ type, dateTime }) => [type, -Date.parse(dateTime)] as const);
    const sorted = keys.toSorted(([a, x], [b, y]) => (a === b ? x - y : a < b ? -1 : 1));
    expect(keys).toEqual(sorted);
    expect(new Set(byType.map(({ id }) => id)).size).toBe(300);
  });

  test('neighbouring ranges of processed time that share a bound lose nothing and repeat the bound only', async () => {
    const simulator = await simulate({ eventCount: 500 });
    const middle = simulator.clock.now() - 12 * 3_600_000;
    simulator.changeData({ bursts: [{ processedTime: new Date(middle).toISOString(), count: 3, spreadMs: 0 }] });
    const text = (instant: number): string => new Date(instant).toISOString();
    const range = (from: number, to: number): string => `event.eventProcessedTime:['${text(from)}' .. '${text(to)}']`;
    const first = await listEvents(simulator, { filter: range(END - 86_400_000, middle) });
    const second = await listEvents(simulator, { filter: range(middle, END) });
    expect(first.length + second.length).toBe(503 + 3);
    expect(new Set([...first, ...second].map(({ id }) => id)).size).toBe(503);
    expect(await countEvents(simulator, range(middle, middle))).toBe(3);
  });

  test('fromDate and toDate take whole UTC days of the event\u2019s own time', async () => {
    const simulator = await simulate({ eventCount: 400 });
    const noon = Date.parse('2024-06-14T15:30:00Z') / 1_000;
    const events = await listEvents(simulator, { fromDate: noon, toDate: noon });
    const all = await listEvents(simulator);
    const sameDay = all.filter(({ dateTime }) => dateTime.startsWith('2024-06-14'));
    expect(sameDay.length).toBeGreaterThan(50);
    expect(events).toEqual(sameDay);
  });

  test('state=true leaves out what is no longer current', async () => {
    const simulator = await simulate({ eventCount: 400 });
    const current = await listEvents(simulator, { state: 'true' });
    expect(current.length).toBeGreaterThan(200);
    expect(current.length).toBeLessThan(400);
    expect(await listEvents(simulator, { state: 'false' })).toHaveLength(400);
  });

  test('include_attributes keeps the named fields only, exclude_attributes drops them', async () => {
    const simulator = await simulate({ eventCount: 20 });
    const [included] = await listEvents(simulator, { include_attributes: '_type, _id,hostName' });
    expect(Object.keys(included!).toSorted()).toEqual(['asset', 'id', 'type']);
    expect(Object.keys(included!.asset as object)).toEqual(['hostName']);
    const [excluded] = await listEvents(simulator, { exclude_attributes: 'asset.hostName,action' });
    expect(excluded).not.toHaveProperty('action');
    expect(excluded!.asset).not.toHaveProperty('hostName');
    expect(excluded!.asset).toHaveProperty('agentId');
  });

  test('what was processed after now, or within the index lag, is not found yet', async () => {
    const simulator = await simulate({ eventCount: 240, indexLagSeconds: 3_600 });
    expect(await countEvents(simulator)).toBeLessThan(235);
    simulator.clock.advance(3_600_000);
    expect(await countEvents(simulator)).toBe(240);
    simulator.clock.advance(-2 * 86_400_000);
    expect(await listEvents(simulator)).toEqual([]);
  });

  test('refuses a page beyond the result window and wrong parameters with 400 and a message', async () => {
    const simulator = await simulate({ eventCount: 30, maxResultWindow: 20 });
    const refusal = async (parameters: Record<string, string | number>): Promise<string> => {
      const response = await edr(simulator, '/ioc/events', parameters);
      expect(response.status).toBe(400);
      expect(response.headers.get('content-type')).toContain('application/json');
      return messageOf(response);
    };
    expect(await refusal({ pageNumber: 2, pageSize: 10 })).toContain('must not exceed 20');
    expect(await refusal({ pageNumber: -1 })).toContain('pageNumber');
    expect(await refusal({ pageSize: 0 })).toContain('pageSize');
    expect(await refusal({ state: 'yes' })).toContain('state');
    expect(await refusal({ filter: 'type:' })).toContain('expected a value');
    expect(await refusal({ filter: 'bogus:1' })).toContain('unknown token bogus');
    expect(await refusal({ sort: '{"type":"asc"}' })).toContain('sort');
    expect(await refusal({ sort: '[{"bogus":"asc"}]' })).toContain('bogus');
    expect(await listEvents(simulator, { pageNumber: 1, pageSize: 10 })).toHaveLength(10);
  });

  test('only GET is allowed on data, and other paths do not exist', async () => {
    const simulator = await simulate();
    const headers = { authorization: `Bearer ${await logIn(simulator)}` };
    expect((await fetch(`${simulator.url}/ioc/events`, { method: 'POST', headers })).status).toBe(405);
    expect((await edr(simulator, '/ioc/indicators')).status).toBe(404);
    expect((await edr(simulator, '/ioc/events', { filter: 'x'.repeat(9_000) })).status).toBe(414);
  });
});

describe('/ioc/events/count', () => {
  test('counts what the list with the same filter holds', async () => {
    const simulator = await simulate({ eventCount: 700 });
    for (const filter of ['', 'type:file', 'type:[`network`,`mutex`] or indicator.score>=8', 'not type:file']) {
      expect(await countEvents(simulator, filter)).toBe((await listEvents(simulator, { filter })).length);
    }
  });

  test('takes the sort that the guide shows, malformed as it is', async () => {
    const simulator = await simulate({ eventCount: 5 });
    const response = await edr(simulator, '/ioc/events/count', { sort: '{["action": "asc"]}' });
    expect(await response.json()).toEqual({ count: 5 });
  });

  test('groups by a token', async () => {
    const simulator = await simulate({ eventCount: 200 });
    const response = await edr(simulator, '/ioc/events/count', { groupBy: 'type', limit: 3 });
    const groups = (await response.json()) as { type: string; count: number }[];
    expect(groups).toHaveLength(3);
    expect(groups[0]).toMatchObject({ type: 'FILE', count: await countEvents(simulator, 'type:file') });
  });
});

describe('/ioc/events/{agentId}/{eventId}', () => {
  async function showFirst(shape: 'object' | 'array'): Promise<{ listed: EventRecord; detail: unknown }> {
    const simulator = await simulate({ eventCount: 50, detailShape: shape });
    const [listed] = await listEvents(simulator, { filter: 'type:file and indicator.score>=0' });
    const { agentId } = listed!.asset as { agentId: string };
    const path = `/ioc/events/${encodeURIComponent(agentId)}/${encodeURIComponent(listed!.id)}`;
    return { listed: listed!, detail: await (await edr(simulator, path)).json() };
  }

  test('gives the detail form: eventId, a number as score, lists, no processed time', async () => {
    const { listed, detail } = await showFirst('object');
    expect(detail).toMatchObject({
      eventId: listed.id,
      score: Number(listed.score),
      dateTime: listed.dateTime,
      verdict: expect.any(Array) as unknown,
      category: expect.any(Array) as unknown,
      familyName: expect.any(Array) as unknown,
      file: { size: 178_688 },
    });
    expect(detail).not.toHaveProperty('id');
    expect(detail).not.toHaveProperty('eventProcessedTime');
  });

  test('comes in an array where today\u2019s shape is asked for', async () => {
    const { listed, detail } = await showFirst('array');
    expect(detail).toMatchObject([{ eventId: listed.id }]);
  });

  test('is 404 for an unknown event or another agent\u2019s', async () => {
    const simulator = await simulate({ eventCount: 5 });
    const id = simulator.eventIds()[0]!;
    expect((await edr(simulator, `/ioc/events/someone/${id}`)).status).toBe(404);
    expect((await edr(simulator, '/ioc/events/someone/else')).status).toBe(404);
    expect((await edr(simulator, '/ioc/events/%E0%A4%A/else')).status).toBe(400);
  });
});

describe('searchAfter', () => {
  test.each(['/ioc/events/searchAfter', '/ioc/v1/events/searchAfter'])(
    '%s leads through all events by its header',
    async (path) => {
      const simulator = await simulate({ eventCount: 700, maxResultWindow: 200 });
      simulator.changeData({ bursts: [{ processedTime: '2024-06-15T01:00:00Z', count: 300, spreadMs: 0 }] });
      const ids: string[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const response = await edr(simulator, path, { pageSize: 150, searchAfterValues: cursor });
        ids.push(...((await response.json()) as EventRecord[]).map(({ id }) => id));
        cursor = response.headers.get('searchAfterValue');
      }
      expect(ids).toEqual(simulator.eventIds());
      expect(ids).toHaveLength(1_000);
    },
  );

  test('the header\u2019s spelling can be changed, and a bad cursor is refused', async () => {
    const simulator = await simulate({ searchAfterHeader: 'searchAfterValues' });
    const response = await edr(simulator, '/ioc/events/searchAfter', { filter: 'type:mutex' });
    expect(response.headers.get('SEARCHAFTERVALUES')).toMatch(/^\d{13},M_/u);
    expect((await edr(simulator, '/ioc/events/searchAfter', { searchAfterValues: 'x' })).status).toBe(400);
  });
});

test('a range over 200,000 events is counted and paged without looking at all of them', async () => {
  const simulator = await simulate({ eventCount: 200_000 });
  const filter = 'event.eventProcessedTime:[2024-06-15T06:00:00Z .. 2024-06-15T06:15:00Z]';
  const count = await countEvents(simulator, filter);
  const events = await listEvents(simulator, { filter, pageSize: 10_000, sort: BY_PROCESSED_TIME });
  expect(events).toHaveLength(count);
  expect(count).toBeGreaterThan(1_500);
  const expected = simulator.eventIds({ from: '2024-06-15T06:00:00Z', to: '2024-06-15T06:15:00.001Z' });
  expect(events.map(({ id }) => id)).toEqual(expected);
});
