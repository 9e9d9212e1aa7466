import type { LookupOptions } from 'node:dns';
import { createServer, isIP, type AddressInfo, type Server } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { lookUpPublic, type Resolve } from '../../../src/lib/alerts/look-up-public.ts';
import { postWebhook } from '../../../src/lib/alerts/post-webhook.ts';
import { serveHttp } from '../../support/http-server.ts';

const LIMITS = { connectMs: 2000, answerMs: 300 };
const LOCAL = { isPrivateAllowed: true, limits: LIMITS };
const post = (url: string, body = '{"a":1}') => postWebhook(url, body, { 'webhook-id': 'x' }, LOCAL);

/** A server on bare connections. */
async function serveRaw(connected: Parameters<typeof createServer>[1]): Promise<{ server: Server; port: number }> {
  const server = createServer(connected);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  return { server, port: (server.address() as AddressInfo).port };
}

describe('a post', () => {
  test('is one POST of JSON to the whole address, with the headers given', async () => {
    const { url, arrived } = await serveHttp((_, response) => response.writeHead(202).end());
    expect(await post(`${url}/hook/key?sig=s%2Bg`, '{"text":"grüße"}')).toMatchObject({ kind: 'accepted' });
    expect(arrived).toHaveLength(1);
    expect(arrived[0]).toMatchObject({
      method: 'POST',
      url: '/hook/key?sig=s%2Bg',
      headers: { 'content-type': 'application/json', 'content-length': '18', 'webhook-id': 'x' },
    });
    expect(arrived[0]?.body.toString()).toBe('{"text":"grüße"}');
  });

  test.for([200, 201, 202, 204, 299])('that is answered with %i was taken', async (status) => {
    const { url } = await serveHttp((_, response) => response.writeHead(status).end());
    expect(await post(url)).toMatchObject({ kind: 'accepted' });
  });

  test.for([400, 401, 403, 404, 408, 413, 429, 500, 502, 503])('that is answered with %i was not', async (status) => {
    const { url } = await serveHttp((_, response) => response.writeHead(status).end('a secret body'));
    expect(await post(url)).toEqual({ kind: 'refused', reason: `${new URL(url).host} answered ${status}`, status });
  });

  test('follows no redirect', async () => {
    const other = await serveHttp((_, response) => response.writeHead(200).end());
    const { url } = await serveHttp((_, response) => response.writeHead(307, { location: other.url }).end());
    expect(await post(url)).toMatchObject({ kind: 'refused', reason: expect.stringContaining('a redirect') as string });
    expect(other.arrived).toEqual([]);
  });

  test.for([
    ['120', 120_000],
    ['999999', 3_600_000],
    ['-5', undefined],
    ['soon', undefined],
  ] as const)('heeds Retry-After: %s', async ([value, retryAfterMs]) => {
    const { url } = await serveHttp((_, response) => response.writeHead(429, { 'retry-after': value }).end());
    const outcome = await post(url);
    expect(outcome.kind === 'refused' && outcome.retryAfterMs).toBe(retryAfterMs);
  });

  test('does not read an answer without end', async () => {
    const { url } = await serveHttp((_, response) => {
      response.writeHead(200);
      const write = (): void => {
        if (!response.destroyed) response.write('x'.repeat(65_536), () => setImmediate(write));
      };
      write();
    });
    expect(await post(url)).toMatchObject({ kind: 'accepted' });
  });
});

describe('a post of which', () => {
  test('nothing was sent was not taken: no connection', async () => {
    const { server, port } = await serveRaw(() => undefined);
    await new Promise((done) => server.close(done));
    expect(await post(`http://127.0.0.1:${port}/key`)).toEqual({
      kind: 'refused',
      reason: `127.0.0.1:${port}: ECONNREFUSED`,
    });
  });

  test('nothing was sent was not taken: no TLS', async () => {
    const { port } = await serveRaw(
      (socket) => void socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    );
    expect(await post(`https://127.0.0.1:${port}/`)).toMatchObject({ kind: 'refused' });
  });

  test('nothing was sent was not taken: TLS that does not come about in time', async () => {
    const { port } = await serveRaw(() => undefined);
    const outcome = await postWebhook(
      `https://127.0.0.1:${port}/`,
      '{}',
      {},
      { ...LOCAL, limits: { connectMs: 100, answerMs: 100 } },
    );
    expect(outcome).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('could not be connected') as string,
    });
  });

  test('something was sent may have been taken: no answer', async () => {
    const { url, arrived } = await serveHttp(() => undefined);
    expect(await post(url)).toMatchObject({
      kind: 'unknown',
      reason: expect.stringContaining('did not answer') as string,
    });
    expect(arrived).toHaveLength(1);
  });

  test('something was sent may have been taken: the connection breaks', async () => {
    const { port } = await serveRaw((socket) => void socket.once('data', () => socket.resetAndDestroy()));
    expect(await post(`http://127.0.0.1:${port}/`)).toMatchObject({ kind: 'unknown' });
  });

  test('something was sent may have been taken: the answer is no HTTP', async () => {
    const { port } = await serveRaw((socket) => void socket.once('data', () => socket.end('hello\r\n\r\n')));
    expect(await post(`http://127.0.0.1:${port}/`)).toMatchObject({ kind: 'unknown' });
  });
});

describe('a post to a private address', () => {
  const NOT_ALLOWED = 'leads to a private address, which is allowed with ALERT_WEBHOOK_PRIVATE=true only';

  /** Posts to a server of this machine, under a name that resolves to the addresses given. */
  async function postTo(host: string, ...addresses: string[]) {
    const { url, arrived } = await serveHttp((_, response) => response.writeHead(200).end());
    const { port } = new URL(url);
    const resolve: Resolve = (_name, _options, done) =>
      done(
        null,
        addresses.map((address) => ({ address, family: isIP(address) })),
      );
    const outcome = await postWebhook(
      `http://${host}:${port}/key`,
      '{}',
      {},
      { isPrivateAllowed: false, limits: LIMITS, resolve },
    );
    return { outcome, refusal: { kind: 'refused', reason: `${host}:${port} ${NOT_ALLOWED}` }, arrived };
  }

  test.for(['127.0.0.1', '[::1]', '[::ffff:7f00:1]', 'localhost', 'soar.localhost'])(
    'is not sent: %s',
    async (host) => {
      const { outcome, refusal, arrived } = await postTo(host, '127.0.0.1');
      expect(outcome).toEqual(refusal);
      expect(arrived).toEqual([]);
    },
  );

  test.for([['127.0.0.1'], ['10.0.0.1', '127.0.0.1'], ['8.8.8.8', '127.0.0.1'], ['::1'], ['::ffff:127.0.0.1'], []])(
    'is not sent to a name that resolves to %j',
    async (addresses) => {
      const { outcome, refusal, arrived } = await postTo('soar.example', ...addresses);
      expect(outcome).toEqual(refusal);
      expect(arrived).toEqual([]);
    },
  );

  test('is sent where it is allowed', async () => {
    const { url } = await serveHttp((_, response) => response.writeHead(200).end());
    expect(await post(url.replace('127.0.0.1', 'localhost'))).toMatchObject({ kind: 'accepted' });
  });

  test('is told from a name that does not resolve', async () => {
    const resolve: Resolve = (_name, _options, done) => done(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
    expect(await postWebhook('https://soar.example/key', '{}', {}, { isPrivateAllowed: false, resolve })).toEqual({
      kind: 'refused',
      reason: 'soar.example: ENOTFOUND',
    });
  });
});

test('a look-up gives public addresses on, in the form that is asked for', async () => {
  const addresses = [
    { address: '8.8.8.8', family: 4 },
    { address: '2606:4700::1111', family: 6 },
  ];
  const lookUp = lookUpPublic((_name, _options, done) => done(null, addresses));
  const ask = (options: LookupOptions): Promise<unknown[]> =>
    new Promise((done) => lookUp('soar.example', options, (...answer) => done(answer)));
  expect(await ask({ all: true })).toEqual([null, addresses]);
  expect(await ask({})).toEqual([null, '8.8.8.8', 4]);
});
