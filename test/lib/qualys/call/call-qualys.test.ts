import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  ClaimLostError,
  ConfigError,
  FatalError,
  messageOf,
  OutageError,
  RetryableError,
  WaitError,
} from '../../../../src/lib/errors.ts';
import { callQualys, type QualysRequest } from '../../../../src/lib/qualys/call/call-qualys.ts';
import { callDeps, serve, serveBytes } from '../local-server.ts';

function request(url: string, more: Partial<QualysRequest> = {}): QualysRequest {
  return {
    api: 'vm',
    route: 'vm/detections',
    isJudged: true,
    url,
    method: 'GET',
    headers: { authorization: 'Basic c2VjcmV0OnNlY3JldA==' },
    priority: 'live',
    firstByteTimeoutMs: 10_000,
    idleTimeoutMs: 10_000,
    ...more,
  };
}

async function thrownBy(promise: Promise<unknown>): Promise<Error> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(outcome instanceof Error)) throw new Error('expected it to throw an error');
  return outcome;
}

describe('a good answer', () => {
  test('is streamed, and the permit is held until its end', async () => {
    const deps = callDeps();
    let end = (): void => undefined;
    const { url } = await serve((_, response) => {
      response.writeHead(200, { 'X-RateLimit-Limit': '300', 'X-Concurrency-Limit-Limit': '2' });
      response.write('first,');
      end = () => void response.end('last');
    });
    let calls = 0;
    const answer = await callQualys(deps, request(url, { onCall: () => (calls += 1) }));
    expect(deps.limiter.held).toBe(1);
    expect(deps.limiter.observed).toEqual([{ rateLimit: 300, concurrencyLimit: 2 }]);
    end();
    expect(await answer.text(1000)).toBe('first,last');
    expect(deps.limiter).toMatchObject({ held: 0, released: 1, acquired: ['live'] });
    expect(calls).toBe(1);
    answer.cancel();
    expect(deps.limiter.released).toBe(1);
  });

  test('an interactive call takes no permit', async () => {
    const deps = callDeps();
    const { url } = await serve((_, response) => void response.end('x'));
    expect(await (await callQualys(deps, request(url, { priority: 'interactive' }))).text(10)).toBe('x');
    expect(deps.limiter.acquired).toEqual([]);
  });

  test('no permit, no call', async () => {
    const deps = callDeps();
    const { url, arrived } = await serve((_, response) => void response.end('x'));
    const limiter = { ...deps.limiter, acquire: () => Promise.reject(new WaitError('paused', 5000)) };
    expect(await thrownBy(callQualys({ ...deps, limiter }, request(url)))).toMatchObject({ retryAfterMs: 5000 });
    expect(arrived).toEqual([]);
  });

  test('a 204 gives the permit back at once', async () => {
    const deps = callDeps();
    const { url } = await serve((_, response) => void response.writeHead(204).end());
    const answer = await callQualys(deps, request(url));
    expect(deps.limiter.held).toBe(0);
    expect(await answer.text(10)).toBe('');
  });

  test('is decompressed', async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('unpacked'));
    });
    expect(await (await callQualys(callDeps(), request(url))).text(100)).toBe('unpacked');
  });

  test('a form is posted percent-encoded', async () => {
    const { url, arrived } = await serve((_, response) => void response.end('x'));
    const body = new URLSearchParams({ a: 'ü&=+%', b: 'x y' });
    await (await callQualys(callDeps(), request(url, { method: 'POST', body }))).text(10);
    expect(arrived[0]).toMatchObject({ method: 'POST', body: 'a=%C3%BC%26%3D%2B%25&b=x+y' });
    expect(arrived[0]?.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/);
  });
});

describe('a 2xx that is none', () => {
  test.each([
    ['<SIMPLE_RETURN><RESPONSE><CODE>1905</CODE><TEXT>no</TEXT></RESPONSE></SIMPLE_RETURN>', FatalError],
    ['\n<GENERIC_RETURN><RETURN>Internal error</RETURN></GENERIC_RETURN>', RetryableError],
    ['<!DOCTYPE html><html><title>Down</title></html>', RetryableError],
  ])('%s', async (body, kind) => {
    const deps = callDeps();
    const { url } = await serve((_, response) => {
      response.write(body.slice(0, 40));
      setTimeout(() => response.end(body.slice(40)), 20);
    });
    expect(await thrownBy(callQualys(deps, request(url)))).toBeInstanceOf(kind);
    expect(deps.limiter).toMatchObject({ held: 0, released: 1 });
  });

  test('JSON is data, whatever its fields are called', async () => {
    const { url } = await serve(
      (_, response) => void response.end('{"code":"1905","authentication_exceptions":["x"]}'),
    );
    expect(await (await callQualys(callDeps(), request(url))).text(100)).toContain('1905');
  });

  test('a good document comes whole after it was looked at', async () => {
    const { url } = await serve((_, response) => {
      response.write('<?xml version="1.0"?><HOST_LIST>');
      setTimeout(() => response.end('</HOST_LIST>'), 20);
    });
    const answer = await callQualys(callDeps(), request(url));
    expect(await answer.text(100)).toBe('<?xml version="1.0"?><HOST_LIST></HOST_LIST>');
    await expect(answer.text(100)).rejects.toThrow('once');
  });
});

describe('the permit is given back exactly once', () => {
  const endless = async () =>
    serve((_, response) => {
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(10_000)));
      };
      response.on('drain', more);
      more();
    });

  test('when the reader stops half-way', async () => {
    const deps = callDeps();
    const answer = await callQualys(deps, request((await endless()).url));
    for await (const part of answer.body) {
      expect(part.byteLength).toBeGreaterThan(0);
      break;
    }
    expect(deps.limiter).toMatchObject({ held: 0, released: 1 });
  });

  test('when nobody reads and it is given up', async () => {
    const deps = callDeps();
    const answer = await callQualys(deps, request((await endless()).url));
    expect(deps.limiter.held).toBe(1);
    answer.cancel();
    answer.cancel();
    expect(deps.limiter).toMatchObject({ held: 0, released: 1 });
    await expect(answer.text(10)).rejects.toThrow();
  });

  test('when the reader fails', async () => {
    const deps = callDeps();
    const answer = await callQualys(deps, request((await endless()).url));
    const read = async (): Promise<void> => {
      for await (const part of answer.body) throw new Error(`no use for ${part.byteLength > 0}`);
    };
    await expect(read()).rejects.toThrow('no use');
    expect(deps.limiter).toMatchObject({ held: 0, released: 1 });
  });

  test('when the work is stopped before anybody reads', async () => {
    const deps = callDeps();
    const stop = new AbortController();
    await callQualys(deps, request((await endless()).url, { signal: stop.signal }));
    stop.abort(new ClaimLostError('claim lost'));
    expect(deps.limiter).toMatchObject({ held: 0, released: 1 });
  });
});

describe('being stopped throws the reason', () => {
  const reason = new ClaimLostError('claim lost');

  test('before the call', async () => {
    const deps = callDeps();
    const { url, arrived } = await serve((_, response) => void response.end('x'));
    expect(await thrownBy(callQualys(deps, request(url, { signal: AbortSignal.abort(reason) })))).toBe(reason);
    expect(arrived).toEqual([]);
    expect(deps.limiter.acquired).toEqual([]);
  });

  test('while waiting for the headers', async () => {
    const deps = callDeps();
    const stop = new AbortController();
    const { url } = await serve(() => stop.abort(reason));
    expect(await thrownBy(callQualys(deps, request(url, { signal: stop.signal })))).toBe(reason);
    expect(deps.limiter).toMatchObject({ held: 0, released: 1 });
  });

  test('while reading the body', async () => {
    const deps = callDeps();
    const stop = new AbortController();
    const { url } = await serve((_, response) => void response.writeHead(200).write('begin'));
    const answer = await callQualys(deps, request(url, { signal: stop.signal }));
    const read = async (): Promise<void> => {
      for await (const part of answer.body) if (part.byteLength > 0) stop.abort(reason);
    };
    expect(await thrownBy(read())).toBe(reason);
    expect(deps.limiter).toMatchObject({ held: 0, released: 1 });
  });

  test('while reading an error body', async () => {
    const stop = new AbortController();
    const { url } = await serve((_, response) => {
      response.writeHead(500).write('begin');
      setTimeout(() => stop.abort(reason), 20);
    });
    expect(await thrownBy(callQualys(callDeps(), request(url, { signal: stop.signal })))).toBe(reason);
  });
});

describe('a document', () => {
  const PROLOG = '<?xml version="1.0" encoding="UTF-8" ?>\n';
  const DOCUMENT = `${PROLOG}<!DOCTYPE LIST SYSTEM "https://host.example/list.dtd"><!-- note -->
<LIST><RESPONSE>\u00e4</RESPONSE></LIST>`;

  /** Serves bodies, each in parts of its own, at the path that is its number. */
  async function serveParts(bodies: readonly (readonly Buffer[])[], headers = {}): Promise<string> {
    const { url } = await serve(async (request, response) => {
      response.writeHead(200, headers).flushHeaders();
      for (const part of bodies[Number(request.url.slice(1))] ?? []) {
        await new Promise((written) => response.write(part, written));
        await new Promise((later) => setImmediate(later));
      }
      response.end();
    });
    return url;
  }
  const readAll = (url: string, count: number): Promise<string[]> =>
    Promise.all(
      Array.from({ length: count }, async (_, n) => {
        const deps = callDeps();
        const text = await (await callQualys(deps, request(`${url}/${n}`))).text(10_000);
        expect(deps.limiter).toMatchObject({ held: 0, released: 1 });
        return text;
      }),
    );

  test.each([
    ['plain', (text: string) => Buffer.from(text), {}],
    ['gzip', (text: string) => gzipSync(text), { 'content-encoding': 'gzip' }],
  ])('is judged as a whole, wherever it is cut: %s', async (_, pack, headers) => {
    const body = pack(DOCUMENT);
    const halves = Array.from(body, (_byte, at) => [body.subarray(0, at), body.subarray(at)]);
    const single = Array.from(body, (_byte, at) => body.subarray(at, at + 1));
    const bodies = [...halves, single];
    const url = await serveParts(bodies, headers);
    expect(await readAll(url, bodies.length)).toEqual(bodies.map(() => DOCUMENT));
  });

  test('is read without the white space and the mark before it', async () => {
    const blanks = ['\r\n', '\uFEFF', ' \uFEFF\n', ' '.repeat(3000)];
    const parts = blanks.map((blank) => [Buffer.from(blank), Buffer.from(DOCUMENT)]);
    const bodies = [...parts, ...parts.map((each) => [Buffer.concat(each)])];
    const url = await serveParts(bodies);
    expect(await readAll(url, bodies.length)).toEqual(bodies.map(() => DOCUMENT));
  });

  test('of refusal is known by its root too, however late that comes', async () => {
    const refusal = [PROLOG, '<SIMPLE', '_RETURN><RESPONSE><CODE>1905', '</CODE></RESPONSE></SIMPLE_RETURN>'];
    const url = await serveParts([refusal.map((part) => Buffer.from(part))]);
    expect(await thrownBy(callQualys(callDeps(), request(`${url}/0`)))).toMatchObject({
      name: 'FatalError',
      fault: { status: 200, code: '1905' },
    });
  });

  test.each<[string, Buffer, RegExp]>([
    ['UTF-16 with a mark', Buffer.from(`\uFEFF${DOCUMENT}`, 'utf16le'), /the encoding UTF-16: only UTF-8 is read/],
    ['UTF-16 without', Buffer.from(DOCUMENT, 'utf16le').swap16(), /the encoding UTF-16: only UTF-8 is read/],
    ['another encoding', Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><LIST/>'), /the encoding ISO-8859-1/],
    ['a prolog alone', Buffer.from(PROLOG), /markup without a root element/],
    ['an endless prolog', Buffer.from(`<!--${'x'.repeat(70_000)}--><LIST/>`), /none within its first 65536 bytes/],
    ['a web page', Buffer.from('<html><title>Sign in</title>'), /a web page titled "Sign in"/],
  ])('that cannot be read says why: %s', async (_, body, words) => {
    const deps = callDeps();
    const error = await thrownBy(callQualys(deps, request(`${await serveParts([[body]])}/0`)));
    expect(error).toBeInstanceOf(RetryableError);
    expect(error.message).toMatch(words);
    expect(error.message).toContain('HTTP 200');
    expect(deps.limiter).toMatchObject({ held: 0, released: 1 });
  });
});

describe('time limits', () => {
  test('a server that never answers', async () => {
    const deps = callDeps();
    const { url } = await serve(() => undefined);
    const error = await thrownBy(callQualys(deps, request(url, { firstByteTimeoutMs: 60 })));
    expect(error).toBeInstanceOf(RetryableError);
    expect(error.message).toContain('did not answer within 0.06 s');
    expect(deps.limiter).toMatchObject({ held: 0, released: 1 });
  });

  test('a body that stalls half-way', async () => {
    const deps = callDeps();
    const { url } = await serve((_, response) => void response.writeHead(200).write('begin'));
    const answer = await callQualys(deps, request(url, { idleTimeoutMs: 60 }));
    const error = await thrownBy(answer.text(1000));
    expect(error).toBeInstanceOf(RetryableError);
    expect(error.message).toContain('stopped sending for 0.06 s');
    expect(deps.limiter).toMatchObject({ held: 0, released: 1 });
  });

  test('headers that come at once leave the first byte of the body its own time', async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(200).flushHeaders();
      setTimeout(() => response.end('late'), 200);
    });
    const answer = await callQualys(callDeps(), request(url, { idleTimeoutMs: 40 }));
    expect(await answer.text(100)).toBe('late');
  });

  test('a slow reader is not a stalled vendor', async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(200).write('a');
      setTimeout(() => response.end('b'), 10);
    });
    const answer = await callQualys(callDeps(), request(url, { idleTimeoutMs: 100 }));
    let text = '';
    for await (const part of answer.body) {
      text += Buffer.from(part).toString();
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(text).toBe('ab');
  });

  /** A server that never ends its answer: so many bytes every few milliseconds. */
  async function sending(bytes: number): Promise<{ url: string; isClosed: () => boolean }> {
    let isClosed = false;
    const { url } = await serve((_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(Buffer.alloc(bytes, 120)), 10);
      response.on('close', () => {
        clearInterval(timer);
        isClosed = true;
      });
    });
    return { url, isClosed: () => isClosed };
  }

  test.each([
    ['trickles', 1, /sent only \d+ bytes in 0.4 s in the middle of an answer/],
    ['never ends', 5000, /was still sending an answer after 0.6 s, \d+ bytes so far/],
  ])('a body that %s', async (_, bytes, words) => {
    const deps = callDeps();
    const { url, isClosed } = await sending(bytes);
    const answer = await callQualys(deps, request(url, { idleTimeoutMs: 200, bodyTimeoutMs: 600 }));
    const error = await thrownBy(answer.text(1e9));
    expect(error.message).toMatch(words);
    expect(error).toMatchObject({ name: 'RetryableError', scope: 'answer' });
    expect(deps.limiter).toMatchObject({ held: 0, released: 1 });
    await expect.poll(isClosed).toBe(true);
  });

  test('an error whose body trickles is classified by what came', async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(400).write('{"message":"bad filter"}');
      const timer = setInterval(() => response.write(' '), 10);
      response.on('close', () => clearInterval(timer));
    });
    const error = await thrownBy(callQualys(callDeps(), request(url, { idleTimeoutMs: 60, firstByteTimeoutMs: 500 })));
    expect(error).toBeInstanceOf(FatalError);
    expect(error.message).toContain('bad filter');
  });

  test('an error whose body stalls is classified by what came', async () => {
    const { url } = await serve((_, response) => void response.writeHead(400).write('{"message":"bad filter"}'));
    const error = await thrownBy(callQualys(callDeps(), request(url, { idleTimeoutMs: 60, firstByteTimeoutMs: 60 })));
    expect(error).toBeInstanceOf(FatalError);
    expect(error.message).toContain('bad filter');
  });
});

describe('broken connections can be retried', () => {
  const cases: [string, string | Buffer][] = [
    ['closed without an answer', ''],
    ['closed in the headers', 'HTTP/1.1 200 OK\r\nContent-Le'],
    ['no HTTP at all', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['closed before the content length is reached', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort'],
    ['closed in the middle of a chunked body', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n'],
    ['broken chunk size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nshort\r\n'],
    ['broken gzip', 'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 8\r\n\r\nnot gzip'],
    ['huge headers', `HTTP/1.1 200 OK\r\nX-Big: ${'x'.repeat(100_000)}\r\nContent-Length: 1\r\n\r\nx`],
    [
      'damaged gzip',
      Buffer.concat([
        Buffer.from(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${damaged().length}\r\n\r\n`),
        damaged(),
      ]),
    ],
  ];

  test.each(cases)('%s', async (_, bytes) => {
    const deps = callDeps();
    const { url } = await serveBytes((socket) => socket.end(bytes));
    const error = await thrownBy(
      callQualys(deps, request(`${url}/path?filter=private`)).then((answer) => answer.text(1e6)),
    );
    expect(error).toBeInstanceOf(RetryableError);
    expect(error.cause).toBeInstanceOf(Error);
    expect(messageOf(error)).toContain(new URL(url).host);
    expect(messageOf(error)).not.toMatch(/private|c2VjcmV0/);
    expect(deps.limiter).toMatchObject({ held: 0, released: 1 });
  });

  test('damaged gzip on which fetch itself hangs runs into the time limit', async () => {
    const deps = callDeps();
    const head = Buffer.from('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n');
    const { url } = await serveBytes((socket) => socket.end(Buffer.concat([head, damaged()])));
    const limits = { firstByteTimeoutMs: 200, idleTimeoutMs: 200 };
    const error = await thrownBy(callQualys(deps, request(url, limits)).then((answer) => answer.text(1e6)));
    expect(error).toBeInstanceOf(RetryableError);
    expect(deps.limiter).toMatchObject({ held: 0, released: 1 });
  });

  test('reset in the middle of the body', async () => {
    const deps = callDeps();
    const { url } = await serveBytes((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort', () =>
        setTimeout(() => socket.resetAndDestroy(), 20),
      );
    });
    const error = await thrownBy(callQualys(deps, request(url)).then((answer) => answer.text(1e6)));
    expect(error).toBeInstanceOf(RetryableError);
    expect(deps.limiter).toMatchObject({ held: 0, released: 1 });
  });

  test('nobody listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const error = await thrownBy(callQualys(callDeps(), request(`http://127.0.0.1:${port}/?filter=private`)));
    expect(error).toBeInstanceOf(RetryableError);
    expect(messageOf(error)).toContain('ECONNREFUSED');
    expect(messageOf(error)).not.toContain('private');
  });

  test('an error status whose body breaks off is classified by its status', async () => {
    const { url } = await serveBytes((socket) => socket.end('HTTP/1.1 401 No\r\nContent-Length: 100\r\n\r\nshort'));
    expect(await thrownBy(callQualys(callDeps(), request(url)))).toBeInstanceOf(ConfigError);
  });
});

describe('whose fault it is', () => {
  async function scopeOf(url: string, more: Partial<QualysRequest> = {}): Promise<unknown> {
    const error = await thrownBy(callQualys(callDeps(), request(url, more)).then((answer) => answer.text(1000)));
    return error instanceof RetryableError ? error.scope : error;
  }
  const answering = async (bytes: string): Promise<string> => (await serveBytes((socket) => socket.end(bytes))).url;
  const withStatus = async (status: number, body = ''): Promise<string> =>
    (await serve((_, response) => void response.writeHead(status).end(body))).url;

  test('of the route: nothing answered, or not in the terms of the vendor', async () => {
    expect(await scopeOf(await answering(''))).toBe('route');
    expect(await scopeOf(await answering('HTTP/1.1 200 OK\r\nContent-Le'))).toBe('route');
    expect(await scopeOf('http://127.0.0.1:1')).toBe('route');
    for (const status of [302, 409, 500, 502, 503]) expect(await scopeOf(await withStatus(status))).toBe('route');
    expect(await scopeOf(await withStatus(200, '<html><title>Down</title></html>'))).toBe('route');
  });

  test('of the answer: it began and broke, stalled, or told an error of its own', async () => {
    expect(await scopeOf(await answering('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort'))).toBe('answer');
    const { url } = await serve((_, response) => void response.writeHead(200).write('begin'));
    expect(await scopeOf(url, { idleTimeoutMs: 60 })).toBe('answer');
    const internal = '<GENERIC_RETURN><RETURN number="999">Internal error</RETURN></GENERIC_RETURN>';
    expect(await scopeOf(await withStatus(200, internal))).toBe('answer');
    expect(await scopeOf(await withStatus(500, internal))).toBe('route');
    expect(await scopeOf(await withStatus(200, 'x'.repeat(2000)))).toBe('answer');
  });

  test('of either: no first byte in time, of the answer or of its body', async () => {
    const silent = await serve(() => undefined);
    expect(await scopeOf(silent.url, { firstByteTimeoutMs: 60 })).toBe('timeout');
    const headersOnly = await serve((_, response) => response.writeHead(200).flushHeaders());
    expect(await scopeOf(headersOnly.url, { firstByteTimeoutMs: 200, idleTimeoutMs: 60 })).toBe('timeout');
    for (const status of [408, 504]) expect(await scopeOf(await withStatus(status))).toBe('timeout');
  });
});

describe('lengths', () => {
  test('a text above its bound is refused by name, and the connection closed', async () => {
    const deps = callDeps();
    const { url } = await serve((_, response) => void response.end('x'.repeat(1001)));
    const error = await thrownBy(callQualys(deps, request(url)).then((answer) => answer.text(1000)));
    expect(error).toBeInstanceOf(RetryableError);
    expect(error.message).toContain('longer than 1000 bytes');
    expect(deps.limiter).toMatchObject({ held: 0, released: 1 });
  });

  test('the bound holds for a compressed answer too', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const { url } = await serve(
      (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    );
    const deps = callDeps();
    const read = callQualys(deps, request(url)).then((answer) => answer.bytes(100_000));
    expect(await thrownBy(read)).toMatchObject({ message: expect.stringContaining('100000 bytes') as string });
    expect(deps.limiter).toMatchObject({ held: 0, released: 1 });
  });

  test('of a long error body only the start is read', async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(400);
      const more = (): void => {
        while (!response.destroyed && response.write('y'.repeat(10_000)));
      };
      response.on('drain', more);
      more();
    });
    const error = await thrownBy(callQualys(callDeps(), request(url)));
    expect(error).toBeInstanceOf(FatalError);
    expect(error.message.length).toBeLessThan(600);
  });
});

describe('refusals', () => {
  test('a wait is shared with all instances and thrown', async () => {
    const deps = callDeps();
    const { url } = await serve((_, response) => {
      response
        .writeHead(409, { 'X-RateLimit-ToWait-Sec': '5' })
        .end('<SIMPLE_RETURN><RESPONSE><CODE>1965</CODE><TEXT>later</TEXT></RESPONSE></SIMPLE_RETURN>');
    });
    const error = await thrownBy(callQualys(deps, request(url)));
    expect(error).toBeInstanceOf(WaitError);
    expect(deps.limiter.pauses).toEqual([{ api: 'vm', milliseconds: 5000, reason: error.message }]);
    expect(deps.limiter).toMatchObject({ held: 0, released: 1 });
    expect(deps.lines.join('\n')).toContain('VendorWaitAsked');
  });

  test.each([200, 401, 404])(
    'a wait in the headers holds for all instances whatever the answer: HTTP %i',
    async (status) => {
      const deps = callDeps();
      const headers = { 'X-RateLimit-Limit': '15', 'X-RateLimit-Remaining': '0', 'X-RateLimit-ToWait-Sec': '999999' };
      const { url } = await serve((_, response) => void response.writeHead(status, headers).end('<A/>'));
      const outcome = await callQualys(deps, request(url)).then(
        (answer) => answer.text(100),
        () => 'refused',
      );
      expect(outcome).toBe(status === 200 ? '<A/>' : 'refused');
      expect(deps.limiter.pauses).toMatchObject([{ api: 'vm', milliseconds: 86_400_000 }]);
      expect(deps.limiter.pauses[0]?.reason).toContain('asks to wait 86400 s');
      expect(deps.lines.join('\n')).toContain('VendorWaitAsked');
      expect(deps.limiter).toMatchObject({ held: 0, released: 1 });
    },
  );

  test('a wait that cannot be stored costs neither the answer nor what it says', async () => {
    const deps = callDeps();
    const limiter = { ...deps.limiter, pause: () => Promise.reject(new RetryableError('storage failed')) };
    const headers = { 'X-RateLimit-ToWait-Sec': '5' };
    const { url } = await serve(({ url: path }, response) => {
      response.writeHead(path === '/good' ? 200 : 429, headers).end('<A/>');
    });
    expect(await (await callQualys({ ...deps, limiter }, request(`${url}/good`))).text(100)).toBe('<A/>');
    expect(await thrownBy(callQualys({ ...deps, limiter }, request(url)))).toMatchObject({ retryAfterMs: 5000 });
    expect(deps.lines.filter((line) => line.includes('PauseLost'))).toHaveLength(2);
  });

  test('how often it waited before doubles a wait without a figure', async () => {
    const { url } = await serve((_, response) => void response.writeHead(429).end());
    expect(await thrownBy(callQualys(callDeps(), request(url, { waits: 2 })))).toMatchObject({ retryAfterMs: 240_000 });
  });

  test('a redirect is not followed and only its host is named', async () => {
    const other = await serve((_, response) => void response.end('stolen'));
    const target = `${other.url}/login?token=private`;
    const { url } = await serve((_, response) => void response.writeHead(302, { location: target }).end());
    const error = await thrownBy(callQualys(callDeps(), request(url)));
    expect(error).toBeInstanceOf(RetryableError);
    expect(error.message).toContain(new URL(other.url).host);
    expect(error.message).not.toMatch(/private|login/);
    expect(other.arrived).toEqual([]);
  });

  test.each(['', '//', 'http://[bad', 'javascript:alert(1)'])('a redirect to %j is an error too', async (location) => {
    const { url } = await serve((_, response) => void response.writeHead(307, { location }).end());
    expect(await thrownBy(callQualys(callDeps(), request(url)))).toBeInstanceOf(RetryableError);
  });

  test('secrets that the vendor echoes do not come through', async () => {
    const { url } = await serve(({ headers }, response) => {
      response.writeHead(400).end(`you sent ${headers.authorization ?? ''} and pa55word`);
    });
    const error = await thrownBy(callQualys(callDeps(), request(url, { secrets: ['pa55word'] })));
    expect(error.message).toContain('you sent');
    expect(error.message).not.toMatch(/pa55word|c2VjcmV0/);
  });
});

describe('a small call', () => {
  const small = (url: string, more: Partial<QualysRequest> = {}) => request(url, { isJudged: false, ...more });

  test.each([
    [200, 'fine'],
    [400, '<SIMPLE_RETURN><RESPONSE><CODE>1905</CODE><TEXT>no</TEXT></RESPONSE></SIMPLE_RETURN>'],
    [401, 'no'],
    [429, 'later'],
  ])('that is answered with %i tells that its route answers', async (status, body) => {
    const deps = callDeps();
    const { url } = await serve((_, response) => void response.writeHead(status).end(body));
    await callQualys(deps, small(url)).catch(() => undefined);
    expect(deps.limiter.routes.told).toEqual(['vm/detections answered']);
  });

  test('that is not answered tells that its route is out, and its caller to wait', async () => {
    const deps = callDeps();
    const { url } = await serve((_, response) => void response.writeHead(503).end('down'));
    const error = await thrownBy(callQualys(deps, small(url)));
    expect(error).toBeInstanceOf(OutageError);
    expect(messageOf(error)).toContain('HTTP 503');
    expect(deps.limiter.routes.told).toEqual(['vm/detections failed']);
    expect(deps.lines.join()).toContain('RouteFailed');
    expect(deps.limiter.held).toBe(0);
  });

  test('that is told by a server in trouble to wait has its route tried as seldom as any other that is out', async () => {
    const deps = callDeps();
    const { url } = await serve((_, response) => void response.writeHead(503, { 'retry-after': '90' }).end());
    expect(await thrownBy(callQualys(deps, small(url)))).toMatchObject({ name: 'OutageError', retryAfterMs: 90_000 });
    expect(deps.limiter.routes.told).toEqual(['vm/detections failed']);
  });

  test('that is given up by its caller tells nothing', async () => {
    const deps = callDeps();
    const stop = new AbortController();
    const { url } = await serve(() => stop.abort(new ClaimLostError('taken over')));
    await expect(callQualys(deps, small(url, { signal: stop.signal }))).rejects.toBeInstanceOf(ClaimLostError);
    expect(deps.limiter.routes.told).toEqual([]);
  });

  test.each(['interactive', 'enrichment'] as const)('of %s that fails keeps no window away', async (priority) => {
    const deps = callDeps();
    const { url } = await serve((_, response) => void response.writeHead(504).end());
    expect(await thrownBy(callQualys(deps, small(url, { priority })))).toBeInstanceOf(RetryableError);
    expect(deps.limiter.routes.told).toEqual([]);
  });
});

function damaged(): Buffer {
  const packed = gzipSync('x'.repeat(5000));
  packed.writeUInt32LE(7, packed.length - 8);
  return packed;
}
