import { request as sendRequest } from 'node:http';
import { describe, expect, test } from 'vitest';
import { formatCookie } from '../../dev/host/http-response.ts';
import { notes, runApp } from './host-test-app.ts';

const echo = `
app.http('echo', {
  methods: ['GET', 'POST'],
  route: 'echo/{id}/{tail?}',
  authLevel: 'function',
  handler: async (request, context) => ({
    status: 201,
    headers: { 'x-name': context.functionName },
    jsonBody: {
      method: request.method, url: request.url, params: request.params, query: [...request.query],
      header: request.headers.get('x-given'), body: await request.text(),
      metadata: context.triggerMetadata ?? null, trigger: context.options.trigger.type,
    },
  }),
});
`;

describe('an HTTP function', () => {
  test('gets parameters, query, headers and body, and answers with status, headers and JSON', async () => {
    const { url } = await runApp(echo);
    const response = await fetch(`${url}/api/ECHO/a%20b?x=1&X=2&empty=&u=%C3%A4+b`, {
      method: 'POST',
      headers: { 'x-given': 'yes' },
      body: 'grüße',
    });
    expect(response.status).toBe(201);
    expect(response.headers.get('x-name')).toBe('echo');
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({
      method: 'POST',
      url: `${url}/api/ECHO/a%20b?x=1&X=2&empty=&u=%C3%A4+b`,
      params: { id: 'a b' },
      query: [
        ['x', '1,2'],
        ['empty', ''],
        ['u', 'ä b'],
      ],
      header: 'yes',
      body: 'grüße',
      metadata: null,
      trigger: 'httpTrigger',
    });
  });

  test('takes and gives bytes unchanged', async () => {
    const { url } = await runApp(`
      app.post('bytes', async (request) => ({ body: new Uint8Array(await request.arrayBuffer()).reverse() }));
    `);
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const response = await fetch(`${url}/api/bytes`, { method: 'POST', body: bytes });
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes.reverse());
  });

  test('takes a body sent in chunks', async () => {
    const { url } = await runApp(
      `app.post('size', async (request) => ({ body: String((await request.text()).length) }));`,
    );
    const body = new Blob(['a'.repeat(70_000), 'b'.repeat(70_000)]).stream();
    const response = await fetch(`${url}/api/size`, { method: 'POST', body, duplex: 'half' });
    expect(await response.text()).toBe('140000');
  });

  test('that returns nothing answers 204, and one that fails 500 without a word, but a log line', async () => {
    const { url, logged } = await runApp(`
      app.get('nothing', async () => undefined);
      app.get('broken', async () => { throw new Error('out of order'); });
      app.get('wrong', async () => 'text');
    `);
    expect((await fetch(`${url}/api/nothing`)).status).toBe(204);
    const broken = await fetch(`${url}/api/broken`);
    expect([broken.status, await broken.text()]).toEqual([500, '']);
    expect((await fetch(`${url}/api/wrong`)).status).toBe(500);
    const failures = logged.filter(({ level }) => level === 'error');
    expect(failures.map(({ category }) => category)).toEqual(['Function.broken', 'Function.wrong']);
    expect(failures[0]!.message).toMatch(/Executed 'Functions.broken' \(Failed, Id=[^)]*\) Error: out of order\n +at /);
  });

  test('sets cookies', async () => {
    const { url } = await runApp(`
      app.get('cookies', async () => ({ cookies: [
        { name: 'a', value: 'x y', httpOnly: true, secure: true, sameSite: 'None', maxAge: 60 },
        { name: 'b', value: '2', path: '/api', domain: 'example.com', sameSite: 'Strict', expires: new Date(86400000) },
      ] }));
    `);
    const response = await fetch(`${url}/api/cookies`);
    expect(response.headers.getSetCookie()).toEqual([
      'a=x%20y; max-age=60; path=/; secure; samesite=none; httponly',
      'b=2; expires=Fri, 02 Jan 1970 00:00:00 GMT; domain=example.com; path=/api; samesite=strict',
    ]);
    expect(formatCookie({ name: 'c' })).toBe('c=; path=/');
  });

  test('is not found by another method, another path, or HEAD', async () => {
    const { url } = await runApp(`${echo} app.get('onlyGet', async () => ({ body: 'x' }));`);
    const statuses = await Promise.all([
      fetch(`${url}/api/onlyGet`, { method: 'POST' }),
      fetch(`${url}/api/onlyGet`, { method: 'HEAD' }),
      fetch(`${url}/api/echo`),
      fetch(`${url}/echo/1`),
      fetch(`${url}/api/onlyget/`),
      fetch(`${url}/`),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([404, 404, 404, 404, 200, 200]);
  });

  test('is chosen by method where two share a route, else the one registered first', async () => {
    const { url } = await runApp(`
      app.http('read', { methods: ['GET'], route: 'thing/{id}', handler: async () => ({ body: 'read' }) });
      app.http('drop', { methods: ['DELETE'], route: 'thing/{id}', handler: async () => ({ body: 'drop' }) });
      app.http('late', { methods: ['GET'], route: 'thing/special', handler: async () => ({ body: 'late' }) });
    `);
    const texts = [
      await fetch(`${url}/api/thing/1`),
      await fetch(`${url}/api/thing/1`, { method: 'DELETE' }),
      await fetch(`${url}/api/thing/special`),
    ].map((response) => response.text());
    expect(await Promise.all(texts)).toEqual(['read', 'drop', 'read']);
  });

  test('lies under the route prefix of host.json', async () => {
    const hostJson = { extensions: { http: { routePrefix: 'v1/data' } } };
    const { url, listing } = await runApp(`app.get('x', async () => ({ body: 'here' }));`, { hostJson });
    expect(await (await fetch(`${url}/v1/data/x`)).text()).toBe('here');
    expect(listing).toContain(`x: [GET] ${url}/v1/data/x`);
    const bare = await runApp(`app.get('x', async () => ({ body: 'here' }));`, {
      hostJson: { extensions: { http: { routePrefix: '' } } },
    });
    expect(await (await fetch(`${bare.url}/x`)).text()).toBe('here');
  });

  test('sends the custom headers of host.json with every answer', async () => {
    const hostJson = {
      extensions: { http: { customHeaders: { 'X-Content-Type-Options': 'nosniff', 'X-Own': 'host' } } },
    };
    const { url } = await runApp(`app.get('x', async () => ({ headers: { 'x-own': 'app' } }));`, { hostJson });
    const [found, missing] = [await fetch(`${url}/api/x`), await fetch(`${url}/api/y`)];
    expect([found.headers.get('x-content-type-options'), found.headers.get('x-own')]).toEqual(['nosniff', 'app']);
    expect([missing.status, missing.headers.get('x-content-type-options')]).toEqual([404, 'nosniff']);
  });

  test('may answer through HttpResponse and an output of another name', async () => {
    const { url } = await runApp(`
      app.get('direct', async () => new HttpResponse({ status: 418, body: 'short and stout' }));
      const answer = output.http({ name: 'answer' });
      app.generic('named', {
        trigger: { type: 'httpTrigger', name: 'req', methods: ['get'], authLevel: 'anonymous' },
        extraOutputs: [answer],
        handler: async (request, context) => context.extraOutputs.set(answer, { status: 202, body: 'named' }),
      });
    `);
    expect((await fetch(`${url}/api/direct`)).status).toBe(418);
    const named = await fetch(`${url}/api/named`);
    expect([named.status, await named.text()]).toEqual([202, 'named']);
  });

  test('with a body above the limit is answered 413', async () => {
    const { url } = await runApp(echo, { settings: { FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '10' } });
    expect((await fetch(`${url}/api/echo/1`, { method: 'POST', body: '0123456789' })).status).toBe(201);
    expect((await fetch(`${url}/api/echo/1`, { method: 'POST', body: '0123456789x' })).status).toBe(413);
  });

  test('runs with the trace of its caller', async () => {
    const { url } = await runApp(`app.get('t', async (r, context) => ({ body: context.traceContext.traceParent }));`);
    const id = '0af7651916cd43dd8448eb211c80319c';
    const response = await fetch(`${url}/api/t`, { headers: { traceparent: `00-${id}-b7ad6b7169203331-01` } });
    expect(await response.text()).toMatch(new RegExp(`^00-${id}-(?!b7ad6b7169203331)[0-9a-f]{16}-01$`));
  });

  test('that runs too long fails', async () => {
    const { url, logged } = await runApp(`app.get('slow', () => new Promise(() => {}));`, {
      hostJson: { functionTimeout: '00:00:01' },
      closeTimeoutMs: 100,
    });
    expect((await fetch(`${url}/api/slow`)).status).toBe(500);
    expect(logged.map(({ message }) => message).join()).toContain('Timeout value of 1 s was exceeded');
  });
});

describe('a function key', () => {
  const source = `${echo} app.get('free', async () => ({ body: 'free' }));`;

  test('is not asked for unless FUNCTIONS_KEY is set', async () => {
    const { url } = await runApp(source);
    expect((await fetch(`${url}/api/echo/1`)).status).toBe(201);
  });

  test('is taken from the header or else the query; anonymous routes are free; unknown routes stay unknown', async () => {
    const { url } = await runApp(source, { settings: { FUNCTIONS_KEY: 'söcret' } });
    const get = async (path: string, headers: Record<string, string> = {}): Promise<number> =>
      (await fetch(`${url}${path}`, { headers })).status;
    const code = encodeURIComponent('söcret');
    expect(await get('/api/echo/1')).toBe(401);
    expect(await get('/api/echo/1?code=wrong')).toBe(401);
    expect(await get(`/api/echo/1?code=${code}`)).toBe(201);
    expect(await get('/api/echo/1', { 'x-functions-key': 'söcret' })).toBe(201);
    expect(await get(`/api/echo/1?code=${code}`, { 'x-functions-key': 'wrong' })).toBe(401);
    expect(await get('/api/free')).toBe(200);
    expect(await get('/api/nowhere')).toBe(404);
  });
});

describe('hooks', () => {
  test('see and change an invocation, in the order of the worker', async () => {
    const { url, close } = await runApp(`
      app.hook.appStart(({ hookData }) => { hookData.started = true; note('start'); });
      app.hook.appTerminate(({ hookData }) => note('end', hookData.started));
      app.hook.preInvocation((context) => {
        note('before', context.invocationContext.functionName);
        context.hookData.from = 'pre';
        const inner = context.functionHandler;
        context.functionHandler = async (...values) => inner(...values);
      });
      app.hook.postInvocation((context) => {
        note('after', context.hookData.from, context.error?.message ?? null);
        if (context.error) { context.error = null; context.result = { body: 'mended' }; }
      });
      app.get('ok', async () => { note('run'); return { body: 'ok' }; });
      app.get('bad', async () => { throw new Error('bad'); });
    `);
    expect(await (await fetch(`${url}/api/ok`)).text()).toBe('ok');
    expect(await (await fetch(`${url}/api/bad`)).text()).toBe('mended');
    await close();
    const [ok, bad] = [
      ['before', 'ok', 'run', 'after', 'pre', null],
      ['before', 'bad', 'after', 'pre', 'bad'],
    ];
    expect(notes).toEqual(['start', ...ok, ...bad, 'end', true]);
  });

  test('for the log may change a line; lines of the app come under their function', async () => {
    const { url, logged } = await runApp(`
      app.hook.log((context) => { if (context.category === 'user') { context.message = context.message.toUpperCase(); } });
      app.get('speak', async (request, context) => { context.warn('hello %s', 'you', { a: 1 }); return {}; });
    `);
    await fetch(`${url}/api/speak`);
    const line = logged.find(({ category }) => category === 'Function.speak.User');
    expect(line).toMatchObject({ level: 'warning', message: 'HELLO YOU { A: 1 }' });
    expect(line?.invocationId).toMatch(/^[0-9a-f-]{36}$/);
  });
});

test('log levels of host.json decide what is logged', async () => {
  const hostJson = { logging: { logLevel: { default: 'Warning', 'Function.speak.User': 'Information' } } };
  const { url, logged } = await runApp(
    `app.get('speak', async (request, context) => { context.log('said'); context.debug('whispered'); return {}; });`,
    { hostJson },
  );
  await fetch(`${url}/api/speak`);
  expect(logged.map(({ message }) => message)).toEqual(['said']);
});

describe('the end of the host', () => {
  test('waits for a running request and takes no further one', async () => {
    const { url, close } = await runApp(`
      app.get('slow', async () => {
        note('started');
        await new Promise((resolve) => { globalThis.hostTestRelease = resolve; });
        return { body: 'done' };
      });
    `);
    const answer = fetch(`${url}/api/slow`, { headers: { connection: 'close' } }).then((response) => response.text());
    await expect.poll(() => notes).toEqual(['started']);
    const closing = close();
    await expect.poll(() => fetch(`${url}/`).then(String, (error: unknown) => (error as Error).name)).toBe('TypeError');
    (globalThis as unknown as { hostTestRelease: () => void }).hostTestRelease();
    expect(await answer).toBe('done');
    await closing;
  });

  test('does not wait for ever', async () => {
    const { url, close, logged } = await runApp(
      `app.get('hang', () => { note('started'); return new Promise(() => {}); });`,
      {
        closeTimeoutMs: 50,
      },
    );
    const answer = fetch(`${url}/api/hang`).catch(() => 'cut off');
    await expect.poll(() => notes).toEqual(['started']);
    await close();
    expect(await answer).toBe('cut off');
    expect(logged.at(-1)!.message).toContain('1 function(s) still ran');
  });
});

test('GET / leads to what can be read here, pages first', async () => {
  const { url } = await runApp(`
const handler = async () => ({});
app.http('data', { methods: ['GET'], route: 'data', authLevel: 'function', handler });
app.http('one', { methods: ['GET'], route: 'data/{id}', authLevel: 'function', handler });
app.http('change', { methods: ['POST'], route: 'change', authLevel: 'function', handler });
app.http('page', { methods: ['GET'], route: 'page', authLevel: 'anonymous', handler });`);
  const response = await fetch(url);
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const links = [...(await response.text()).matchAll(/href="([^"]+)"/g)].map(([, link]) => link);
  expect(links).toEqual(['/api/page', '/api/data']);
});

test('a request whose path is no path is answered 400', async () => {
  const { url } = await runApp(echo);
  const status = await new Promise((resolve, reject) => {
    const request = sendRequest(url, { path: '/api/echo/%00' }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.once('error', reject);
    request.end();
  });
  expect(status).toBe(400);
});
