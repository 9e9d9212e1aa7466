import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { serveHttp } from '../support/http-server.ts';
import { runCli } from '../support/run-cli.ts';

const KEY = 'a-secret-function-key';
const HTML = '<!doctype html><html><head><title>Service \u001b[31mUnavailable</title></head></html>';

const answer =
  (status: number, body = '', headers: Record<string, string> = {}) =>
  (response: ServerResponse) => {
    response.writeHead(status, headers).end(body);
  };
const json = (status: number, body: unknown, type = 'application/json') =>
  answer(status, typeof body === 'string' ? body : JSON.stringify(body), { 'content-type': type });
const problem = (status: number, more: object) =>
  json(status, { type: 'about:blank', title: 'x', status, ...more }, 'application/problem+json');

/** Runs a command against a server that answers every request the same way. */
async function runAgainst(reply: (response: ServerResponse) => void, args: readonly string[] = ['status']) {
  const server = await serveHttp((_request, response) => reply(response));
  const result = await runCli(args, { env: { CONNECTOR_URL: server.url, CONNECTOR_KEY: KEY } });
  expect(result.out + result.err).not.toContain(KEY);
  expect(result.out + result.err).not.toContain('\u001b[31m');
  return { ...result, server };
}

describe('an answer that is no good ends with a code and a sentence:', () => {
  test.for([
    ['a wrong key', answer(401), 3, /does not accept the key \(HTTP 401\)\n.*az functionapp keys list/],
    ['a stopped app', answer(403, HTML), 3, /refuses access \(HTTP 403\)\n.*network rules/],
    ['a wrong address', answer(404), 3, /no connector at .*HTTP 404/],
    [
      'a starting app',
      json(503, HTML, 'text/html'),
      3,
      /a web page \(HTTP 503\): Service \\x1b\[31mUnavailable\n.*starting/,
    ],
    ['a login page', json(200, HTML, 'text/html'), 3, /a web page \(HTTP 200\).*\n.*login page/],
    ['half a JSON', json(200, '{"version":"1.0'), 3, /broken or foreign JSON \(HTTP 200\)/],
    ['JSON of something else', json(200, { hello: 'world' }), 3, /not as the connector does \(version: /],
    ['JSON that is null', json(200, 'null'), 3, /not as the connector does/],
    ['an empty answer', answer(200), 3, /something other than JSON \(HTTP 200\)/],
    ['a gateway', json(502, { error: 'upstream' }), 3, /broken or foreign JSON \(HTTP 502\)/],
    ['a wrong parameter', problem(400, { detail: 'limit: x', errors: ['limit: x'] }), 2, /refuses: limit: x/],
    [
      'several',
      problem(400, { detail: 'a; b', errors: ['from \u001b[31ma', 'to b'] }),
      2,
      /\n {2}from \\x1b\[31ma\n {2}to b\n/,
    ],
    ['a conflict', problem(409, { detail: 'two backfills run already' }), 1, /refuses: two backfills run already/],
    ['a failing vendor', problem(502, { detail: 'Qualys failed' }), 1, /cannot do it now \(HTTP 502\): Qualys failed/],
    ['a wait', problem(503, { detail: 'told to wait', retryAfterSeconds: 90 }), 1, /told to wait\nTry again in 1m 30s/],
  ] as const)('%s', async ([, reply, code, message]) => {
    const result = await runAgainst(reply);
    expect(result.err).toMatch(message);
    expect(result.err).toMatch(/^error: /);
    expect(result.out).toBe('');
    expect(result.code).toBe(code);
  });

  test('a redirect, which is not followed, so that the key goes nowhere else', async () => {
    const elsewhere = await serveHttp((_request, response) => answer(200)(response));
    const result = await runAgainst(answer(302, '', { location: `${elsewhere.url}/login?key=1` }));
    expect(result.err).toContain(`redirects to ${elsewhere.url} (HTTP 302)`);
    expect(result.code).toBe(3);
    expect(elsewhere.arrived).toEqual([]);
  });

  test('a cut connection', async () => {
    const result = await runAgainst((response) => response.destroy());
    expect(result.err).toMatch(/cannot reach .*connection was cut/);
    expect(result.code).toBe(3);
  });

  test('a connection cut within the answer', async () => {
    const result = await runAgainst((response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"version":', () => response.destroy());
    });
    expect(result.err).toMatch(/cannot reach/);
    expect(result.code).toBe(3);
  });

  test('silence, after the time that was allowed', async () => {
    const result = await runAgainst(() => undefined, ['ping', '--timeout', '1s']);
    expect(result.err).toMatch(/did not answer within 1s\n.*--timeout/);
    expect(result.code).toBe(3);
  });

  test('an answer without end', async () => {
    const piece = 'x'.repeat(1_000_000);
    const result = await runAgainst((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = (): void => {
        while (!response.destroyed && response.write(piece));
        response.once('drain', more);
      };
      more();
    });
    expect(result.err).toMatch(/longer than 64 MB/);
    expect(result.code).toBe(3);
  });

  test('nobody there', async () => {
    const { code, err } = await runCli(['status', '--url', 'http://127.0.0.1:9']);
    expect(err).toMatch(/cannot reach http:\/\/127\.0\.0\.1:9/);
    expect(code).toBe(3);
  });
});

describe('an address or key that cannot be one is refused before anything is sent:', () => {
  test.for([
    ['no URL', { CONNECTOR_URL: 'func-qualys' }, /must be a URL such as/],
    ['another protocol', { CONNECTOR_URL: 'ftp://func' }, /must begin with https/],
    ['a password', { CONNECTOR_URL: `https://u:${KEY}@func` }, /must not hold a name or password/],
    ['the key in the query', { CONNECTOR_URL: `https://func/api/status?code=${KEY}` }, /give the key as CONNECTOR_KEY/],
    ['a key with a line break', { CONNECTOR_KEY: `${KEY}\n` }, /was it copied whole/],
  ] as const)('%s', async ([, env, message]) => {
    const { code, out, err } = await runCli(['status'], { env });
    expect(err).toMatch(message);
    expect(out + err).not.toContain(KEY);
    expect(code).toBe(2);
  });
});

const STATUS = {
  version: '9.9.9',
  time: '2026-05-01T12:00:00.000Z',
  ...{ ok: true, verdict: 'ok', headline: 'Everything that is due is ingested', problems: [] },
  streams: [],
  limits: [],
  queue: { waiting: 0, poison: 0 },
  deadLetters: 0,
  dailyLimit: null,
  alerts: {
    enabled: false,
    from: null,
    queued: 0,
    poison: 0,
    waiting: 0,
    undelivered: 0,
    uncertain: 0,
    summarised: 0,
    lastError: null,
  },
};

describe('what is asked', () => {
  test.for(['', '/', '/api', '/api/'])('goes to /api/status for an address that ends in %j', async (end) => {
    const server = await serveHttp((_request, response) => json(200, STATUS)(response));
    const { code } = await runCli(['status', '--url', `${server.url}${end}`, '--key', KEY]);
    expect(code).toBe(0);
    expect(server.arrived.map(({ url }) => url)).toEqual(['/api/status']);
    expect(server.arrived[0]?.headers['x-functions-key']).toBe(KEY);
  });

  test('carries names that people gave as names, never as other paths', async () => {
    const { server } = await runAgainst(json(200, { windows: [] }), ['windows', '--stream', '../../admin?x=']);
    expect(server.arrived.map(({ url }) => url)).toEqual(['/api/windows/..%2F..%2Fadmin%3Fx%3D?hours=24']);
  });
});

test('a newer connector may tell more than this command knows', async () => {
  const { code, out } = await runAgainst(json(200, { ...STATUS, weather: 'fine' }));
  expect(out).toContain('Qualys connector 9.9.9');
  expect(code).toBe(0);
});

test('blank variables count as unset', async () => {
  const { err } = await runCli(['status', '--timeout', '1s'], { env: { CONNECTOR_URL: '', CONNECTOR_KEY: '' } });
  expect(err).not.toMatch(/holds characters|must be a URL/);
});

test('http to another machine is warned of, because the key would be readable', async () => {
  const { err } = await runCli(['status', '--url', 'http://connector.invalid', '--timeout', '1s'], {
    env: { CONNECTOR_KEY: KEY },
  });
  expect(err).toMatch(/^Warning: http:\/\/connector\.invalid is not encrypted/);
  expect(err).not.toContain(KEY);
});

describe('while it waits for a backfill', () => {
  const view = (status: string, percent: number) => ({
    ...{ id: 'b-1', stream: 'edr-events', from: '2026-04-01T00:00:00Z', to: '2026-04-02T00:00:00Z', status, percent },
    windows: { total: 10, closed: percent / 10, failed: 0 },
    waits: null,
    ...{ rows: percent, startedAt: '2026-05-01T12:10:00Z', updatedAt: '2026-05-01T12:11:05Z', etaSeconds: null },
  });
  const wait = ['backfills', 'wait', 'b-1', '--interval', '1s'];

  test('a connector that is away for a while does not end it', async () => {
    const replies = [
      json(200, view('running', 10)),
      (response: ServerResponse) => response.destroy(),
      json(503, HTML, 'text/html'),
      problem(503, { detail: 'a setting is wrong' }),
      json(200, view('succeeded', 100)),
    ];
    const server = await serveHttp((_request, response, count) => replies[count - 1]?.(response));
    const { code, out, err } = await runCli([...wait, '--url', server.url]);
    expect(err).toMatch(/^cannot reach .*\. Trying again for 10m …\nThe connector answers again\.\n$/);
    expect(out.trim().split('\n')).toEqual([
      'running 10.0%  1/10 windows  10 rows',
      expect.stringMatching(/^succeeded 100\.0% {2}10\/10 windows {2}100 rows/) as string,
      'Backfill b-1 succeeded: 10 of 10 windows, 100 rows, 1m 5s',
    ]);
    expect(code).toBe(0);
  });

  test('patience has an end, and it says how to go on', async () => {
    const { code, err } = await runAgainst((response) => response.destroy(), [...wait, '--patience', '1s']);
    expect(err).toMatch(
      /The backfill itself goes on\. Go on waiting: npm run -s qualys -- backfills wait b-1\nerror: cannot reach/,
    );
    expect(code).toBe(3);
  });

  test('an absurd time to stay away neither hangs it nor makes it ask without a pause', async () => {
    const reply = problem(503, { detail: 'told to wait', retryAfterSeconds: 1e12 });
    const { code, server } = await runAgainst(reply, [...wait, '--patience', '2s']);
    expect(code).toBe(1);
    expect(server.arrived.length).toBeLessThanOrEqual(3);
  });

  test('a key that is refused ends it at once', async () => {
    const { code, server } = await runAgainst(answer(401), wait);
    expect(code).toBe(3);
    expect(server.arrived).toHaveLength(1);
  });

  test.for(['failed', 'cancelled'])('one that ends as %s is a problem', async (status) => {
    const { code, out } = await runAgainst(json(200, view(status, 50)), wait);
    expect(out).toContain(`Backfill b-1 ${status}: 5 of 10 windows`);
    expect(code).toBe(1);
  });

  test.for([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends the waiting, not the backfill', async ([signal, expected]) => {
    const server = await serveHttp((_request, response) => json(200, view('running', 10))(response));
    const signalWhen = (printed: string) => (printed.includes('running') ? signal : undefined);
    const { code, err } = await runCli([...wait, '--url', server.url], { signalWhen });
    expect(err).toBe(
      `The backfill goes on. Go on waiting: npm run -s qualys -- backfills wait b-1 --url ${server.url}\n`,
    );
    expect(code).toBe(expected);
    expect(server.arrived.map(({ method }) => method)).not.toContain('DELETE');
  });
});
