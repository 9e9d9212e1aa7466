import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigError, FatalError, RetryableError, WaitError } from '../../../../src/lib/errors.ts';
import { tokenAuth } from '../../../../src/lib/qualys/login/api-auth.ts';
import type { CallOptions } from '../../../../src/lib/qualys/call/call-qualys.ts';
import { createEdrApi } from '../../../../src/lib/qualys/edr/edr-api.ts';
import type { EdrAuth } from '../../../../src/lib/qualys/login/edr-auth.ts';
import { type Answerer, callDeps, serve } from '../local-server.ts';

const LIVE: CallOptions = { priority: 'live' };

/** Gives `token-1`, then `token-2` once the first was refused, and so on. */
function countingAuth(): EdrAuth & { refused: string[] } {
  const refused: string[] = [];
  return {
    refused,
    token: () => Promise.resolve(`token-${refused.length + 1}`),
    invalidate: (token) => void refused.push(token),
  };
}

async function apiAgainst(answer: Answerer) {
  const deps = callDeps();
  const server = await serve(answer);
  const auth = countingAuth();
  return { ...server, ...deps, auth, api: createEdrApi({ ...deps, baseUrl: server.url, auth: tokenAuth(auth) }) };
}

const reply =
  (body: string, status = 200, headers: Record<string, string> = {}): Answerer =>
  (_, response) =>
    void response.writeHead(status, headers).end(body);

describe('parameters', () => {
  test('every parameter of the guide is sent percent-encoded, spaces as %20', async () => {
    const { api, arrived } = await apiAgainst(reply('[]'));
    const query = {
      fromDate: 1483228800,
      toDate: '1514764799',
      filter: "event.dateTime : ['2017-01-01T05:33:34+0000' .. 'now'] AND action: 'Created' & #?%",
      pageNumber: 0,
      pageSize: 500,
      sort: '[{"action":"asc"}]',
      include_attributes: '_type,_id',
      exclude_attributes: 'x',
      state: false,
      groupBy: 'agentId',
      limit: 5,
      interval: '1d',
    };
    await (await api.events(query, LIVE)).text(100);
    const url = arrived[0]?.url ?? '';
    expect(url).toMatch(/^\/ioc\/events\?/);
    expect(url).not.toContain('+');
    expect(url).toContain('%20AND%20');
    expect(url).toContain('%2B0000');
    const sent = Object.fromEntries(new URL(url, 'http://x').searchParams);
    expect(sent).toEqual(Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)])));
    expect(arrived[0]?.headers.authorization).toBe('Bearer token-1');
  });

  test('blank parameters are left out', async () => {
    const { api, arrived } = await apiAgainst(reply('[]'));
    await (await api.events({ filter: ' ', sort: '', pageNumber: 0 }, LIVE)).text(100);
    await (await api.events({}, LIVE)).text(100);
    expect(arrived.map(({ url }) => url)).toEqual(['/ioc/events?pageNumber=0', '/ioc/events']);
  });

  test('ids go as one encoded segment each, whatever they hold', async () => {
    const { api, arrived } = await apiAgainst(reply('{}'));
    const id = fc.string({
      minLength: 1,
      unit: fc.constantFrom('/', '?', '#', '.', '%', ' ', '-', '_', 'a', 'ö', '\\', ';', '&'),
    });
    await fc.assert(
      fc.asyncProperty(id, id, async (agentId, eventId) => {
        if ([agentId, eventId].some((each) => each.trim() === '' || each === '.' || each === '..')) return;
        await (await api.passThrough({ call: 'event', agentId, eventId }, { state: true }, LIVE)).text(100);
        const segments = (arrived.at(-1)?.url ?? '').split('?')[0]?.split('/') ?? [];
        expect(segments.slice(0, 3)).toEqual(['', 'ioc', 'events']);
        expect(segments.slice(3).map(decodeURIComponent)).toEqual([agentId, eventId]);
      }),
      { numRuns: 60 },
    );
  });

  test.each(['', ' ', '.', '..', '\ud800'])('the id %j is refused without a call', async (id) => {
    const { api, arrived } = await apiAgainst(reply('{}'));
    const ask = (agentId: string, eventId: string) => api.passThrough({ call: 'event', agentId, eventId }, {}, LIVE);
    await expect(ask('agent', id)).rejects.toThrow('eventId must be an id');
    await expect(ask(id, 'event')).rejects.toBeInstanceOf(FatalError);
    expect(arrived).toEqual([]);
  });

  test('the three calls of the guide pass through', async () => {
    const { api, arrived } = await apiAgainst(reply('{}'));
    await (await api.passThrough({ call: 'events' }, { filter: 'type:file' }, LIVE)).text(10);
    await (await api.passThrough({ call: 'count' }, { groupBy: 'agentId' }, LIVE)).text(10);
    await (await api.passThrough({ call: 'event', agentId: 'a', eventId: 'b' }, {}, LIVE)).text(10);
    expect(arrived.map(({ url }) => url)).toEqual([
      '/ioc/events?filter=type%3Afile',
      '/ioc/events/count?groupBy=agentId',
      '/ioc/events/a/b',
    ]);
  });
});

describe('the token', () => {
  test('is renewed once on a 401, and the call repeated once', async () => {
    let calls = 0;
    const { api, auth, arrived, limiter } = await apiAgainst((request, response) => {
      const isOld = request.headers.authorization === 'Bearer token-1';
      response.writeHead(isOld ? 401 : 200).end(isOld ? '{"message":"expired"}' : '[]');
    });
    const answer = await api.events({ filter: 'x' }, { ...LIVE, onCall: () => (calls += 1) });
    expect(await answer.text(10)).toBe('[]');
    expect(auth.refused).toEqual(['token-1']);
    expect(arrived.map(({ url }) => url)).toEqual(['/ioc/events?filter=x', '/ioc/events?filter=x']);
    expect(calls).toBe(2);
    expect(limiter).toMatchObject({ held: 0, released: 2 });
  });

  test('that is refused again is a configuration error with the words of the vendor', async () => {
    const { api, arrived } = await apiAgainst(
      reply('{"authentication_exceptions":["InvalidCredentialsException"]}', 401),
    );
    const error = await api.events({}, LIVE).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toContain('InvalidCredentialsException');
    expect(arrived).toHaveLength(2);
  });

  test('is not renewed on a 403', async () => {
    const { api, auth, arrived } = await apiAgainst(reply('{"message":"no EDR rights"}', 403));
    await expect(api.events({}, LIVE)).rejects.toThrow('no EDR rights');
    expect(auth.refused).toEqual([]);
    expect(arrived).toHaveLength(1);
  });

  test('does not come through in an error', async () => {
    const { api } = await apiAgainst(
      (request, response) => void response.writeHead(400).end(`bad: ${request.headers.authorization ?? ''}`),
    );
    const error = await api.events({}, LIVE).catch((thrown: unknown) => thrown);
    expect((error as Error).message).toContain('bad');
    expect((error as Error).message).not.toContain('token-1');
  });
});

describe('count', () => {
  test.each([
    ['{"count":55279}', 55_279],
    ['{"count":"12"}', 12],
    ['{"count":0}', 0],
    [' {"count": 3, "more": 1} ', 3],
  ])('%s is %i', async (body, count) => {
    const { api, arrived } = await apiAgainst(reply(body));
    expect(await api.count({ filter: 'x' }, LIVE)).toBe(count);
    expect(arrived[0]?.url).toBe('/ioc/events/count?filter=x');
  });

  test.each([
    '',
    '{}',
    '[]',
    '{"count":-1}',
    '{"count":null}',
    '{"count":1.5}',
    '{"count":"many"}',
    '{"count":1e999}',
    '{"count":12',
    '{"count":""}',
    'true',
    '17',
    '{"message":"odd"}',
  ])('%j is no count and is named', async (body) => {
    const { api } = await apiAgainst(reply(body));
    const error = await api.count({}, LIVE).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RetryableError);
    expect((error as Error).message).toContain(body === '' ? 'an empty body' : body);
  });

  test('204 is no count', async () => {
    const { api } = await apiAgainst(reply('', 204));
    await expect(api.count({}, LIVE)).rejects.toBeInstanceOf(RetryableError);
  });

  test('a refusal with HTTP 200 is what it says, and its wait is shared', async () => {
    const { api, limiter } = await apiAgainst(
      reply('<SIMPLE_RETURN><RESPONSE><CODE>1960</CODE><TEXT>busy</TEXT></RESPONSE></SIMPLE_RETURN>'),
    );
    await expect(api.count({}, LIVE)).rejects.toBeInstanceOf(WaitError);
    expect(limiter.pauses).toMatchObject([{ api: 'edr', milliseconds: 30_000 }]);
  });
});

describe('searchAfter', () => {
  test.each(['searchAfterValues', 'searchAfterValue', 'SEARCHAFTERVALUES', 'searchaftervalue'])(
    'the cursor is read from %s',
    async (name) => {
      const { api, arrived } = await apiAgainst(reply('[]', 200, { [name]: ' 1722538573707,b2 ' }));
      const first = await api.searchAfter(
        { filter: 'x', pageSize: 5, sort: '[]', pageNumber: 3, state: 'false' },
        undefined,
        LIVE,
      );
      expect(first.nextCursor).toBe('1722538573707,b2');
      await first.answer.text(10);
      await (await api.searchAfter({ pageSize: 5, state: true }, first.nextCursor, LIVE)).answer.text(10);
      expect(arrived.map(({ url }) => url)).toEqual([
        '/ioc/events/searchAfter?filter=x&pageSize=5',
        '/ioc/events/searchAfter?pageSize=5&state=true&searchAfterValues=1722538573707%2Cb2',
      ]);
    },
  );

  test.each<Record<string, string>>([{}, { searchAfterValues: '' }, { searchAfterValue: '  ' }])(
    '%j is the end',
    async (headers) => {
      const { api } = await apiAgainst(reply('[]', 200, headers));
      const { answer, nextCursor } = await api.searchAfter({}, undefined, LIVE);
      expect(nextCursor).toBeUndefined();
      await answer.text(10);
    },
  );

  test('a blank header in one spelling does not hide the other', async () => {
    const { api } = await apiAgainst(reply('[]', 200, { searchAfterValues: '', searchAfterValue: 'c' }));
    const { answer, nextCursor } = await api.searchAfter({}, undefined, LIVE);
    expect(nextCursor).toBe('c');
    await answer.text(10);
  });
});

describe('limits', () => {
  test('an interactive look-up takes no permit, a live one does', async () => {
    const { api, limiter } = await apiAgainst(reply('[]'));
    await (await api.events({}, { priority: 'interactive' })).text(10);
    expect(limiter.acquired).toEqual([]);
    await (await api.events({}, { priority: 'backfill' })).text(10);
    expect(limiter.acquired).toEqual(['backfill']);
  });

  test('a stalled body ends by the time given', async () => {
    const { api } = await apiAgainst((_, response) => void response.writeHead(200).write('['));
    const answer = await api.events({}, { ...LIVE, idleTimeoutMs: 50, firstByteTimeoutMs: 5000 });
    await expect(answer.text(100)).rejects.toThrow('stopped sending');
  });
});
