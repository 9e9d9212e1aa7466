import { describe, expect, test } from 'vitest';
import { ConfigError, OutageError, RetryableError, WaitError } from '../../../../src/lib/errors.ts';
import { createCredentials } from '../../../../src/lib/qualys/login/credentials.ts';
import { createEdrAuth } from '../../../../src/lib/qualys/login/edr-auth.ts';
import { fixedSecret } from '../../../../src/lib/secret-value.ts';
import { type Answerer, callDeps, serve } from '../local-server.ts';

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
let serial = 0;
const jwt = (claims: object = {}): string =>
  `${part({ alg: 'HS512' })}.${part({ sub: 'qualys', n: (serial += 1), ...claims })}.c2ln`;

/** Who waits for nothing: what fails is told as it is. */
const PERSON = { priority: 'interactive' } as const;
const PASSWORD = 'p&a+s=s%w ö"rd';

async function authAgainst(answer: Answerer, now = new Date('2026-01-31T12:00:00Z')) {
  const clock = { now: () => now };
  const deps = { ...callDeps(), clock };
  const server = await serve(answer);
  const credentials = createCredentials('us&er', fixedSecret(PASSWORD));
  const auth = createEdrAuth({ ...deps, baseUrl: server.url, credentials, timeoutMs: 5000 });
  const later = (minutes: number): void => {
    const at = new Date(now.getTime() + minutes * 60_000);
    clock.now = () => at;
  };
  return { ...server, ...deps, auth, later };
}

const issue =
  (status: number, claims?: object): Answerer =>
  (_, response) =>
    void response.writeHead(status).end(`\n${jwt(claims)}\n`);

describe('createEdrAuth', () => {
  test.each([200, 201])('accepts a token with HTTP %i from a percent-encoded form', async (status) => {
    const { auth, arrived, limiter } = await authAgainst(issue(status));
    const token = await auth.token(PERSON);
    expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(arrived[0]).toMatchObject({ method: 'POST', url: '/auth' });
    expect(arrived[0]?.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/);
    expect(Object.fromEntries(new URLSearchParams(arrived[0]?.body))).toEqual({
      username: 'us&er',
      password: PASSWORD,
      token: 'true',
    });
    expect(limiter.acquired).toEqual([]);
  });

  test('many who ask at once share one login', async () => {
    const { auth, arrived } = await authAgainst(issue(201));
    const tokens = await Promise.all(Array.from({ length: 20 }, () => auth.token(PERSON)));
    expect(new Set(tokens).size).toBe(1);
    expect(arrived).toHaveLength(1);
  });

  test('keeps the token for four hours less five minutes', async () => {
    const { auth, arrived, later } = await authAgainst(issue(201));
    const first = await auth.token(PERSON);
    later(234);
    expect(await auth.token(PERSON)).toBe(first);
    later(236);
    expect(await auth.token(PERSON)).not.toBe(first);
    expect(arrived).toHaveLength(2);
  });

  test('renews five minutes before exp when that is earlier', async () => {
    const seconds = Date.parse('2026-01-31T12:00:00Z') / 1000;
    const { auth, later } = await authAgainst(issue(201, { exp: seconds + 3600 }));
    const first = await auth.token(PERSON);
    later(54);
    expect(await auth.token(PERSON)).toBe(first);
    later(56);
    expect(await auth.token(PERSON)).not.toBe(first);
  });

  test.each([{ iat: 1000, exp: 1120 }, { exp: 5 }, { exp: 'soon' }])(
    'claims of another clock (%j) do not cause a login for each call',
    async (claims) => {
      const { auth, arrived } = await authAgainst(issue(201, claims));
      await auth.token(PERSON);
      await auth.token(PERSON);
      expect(arrived).toHaveLength(1);
    },
  );

  test('a refused token is renewed once for all who used it', async () => {
    const { auth, arrived } = await authAgainst(issue(201));
    const old = await auth.token(PERSON);
    auth.invalidate(old);
    const fresh = await auth.token(PERSON);
    auth.invalidate(old);
    expect(await auth.token(PERSON)).toBe(fresh);
    expect(arrived).toHaveLength(2);
  });

  test('a failed login is tried again by the next who asks', async () => {
    let count = 0;
    const { auth } = await authAgainst((request, response) => {
      count += 1;
      if (count === 1) response.writeHead(503).end('down');
      else void issue(201)(request, response);
    });
    await expect(auth.token(PERSON)).rejects.toBeInstanceOf(RetryableError);
    await expect(auth.token(PERSON)).resolves.toContain('.');
  });

  test('one who gives up does not end the login of the others', async () => {
    const stop = new AbortController();
    const { auth } = await authAgainst((request, response) => {
      stop.abort(new Error('gave up'));
      void issue(201)(request, response);
    });
    const both = await Promise.allSettled([auth.token({ ...PERSON, signal: stop.signal }), auth.token(PERSON)]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });

  test.each([
    [401, '{"authentication_exceptions":["InvalidCredentialsException"]}', 'InvalidCredentialsException'],
    [401, '{"message":"locked out"}', 'locked out'],
    [401, 'plain refusal', 'plain refusal'],
    [400, '{"message":"username is empty"}', 'username is empty'],
    [404, 'no such page', 'QUALYS_GATEWAY_URL'],
    [200, 'Authentication Failure', 'Authentication Failure'],
    [200, '{"authentication_exceptions":["AccountDisabledException"]}', 'AccountDisabledException'],
  ])('HTTP %i with %s is a configuration error that says so', async (status, body, words) => {
    const { auth } = await authAgainst((_, response) => void response.writeHead(status).end(body));
    const error = await auth.token(PERSON).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toContain(words);
  });

  test.each([
    [200, '<!DOCTYPE html><html><title>Console</title></html>'],
    [200, ''],
    [201, 'two.parts'],
    [201, 'one.two.three.four'],
    [201, 'sp ace.b.c'],
    [202, 'a.b.c'],
    [500, 'x'],
    [302, ''],
  ])('HTTP %i with %j is no token', async (status, body) => {
    const { auth } = await authAgainst(
      (_, response) => void response.writeHead(status, { location: '/elsewhere' }).end(body),
    );
    const error: unknown = await auth.token(PERSON).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RetryableError);
    // Whatever page is asked for would have failed.
    expect(error).toMatchObject({ scope: 'route' });
  });

  test('a login that is told to wait pauses the API', async () => {
    const { auth, limiter } = await authAgainst(
      (_, response) => void response.writeHead(429, { 'retry-after': '9' }).end(),
    );
    await expect(auth.token(PERSON)).rejects.toBeInstanceOf(WaitError);
    expect(limiter.pauses).toMatchObject([{ api: 'edr', milliseconds: 9000 }]);
  });

  test('an echoed form does not come through', async () => {
    const { auth } = await authAgainst(
      ({ body }, response) =>
        void response.writeHead(401).end(`bad form ${body} ${PASSWORD} ${encodeURIComponent(PASSWORD)}`),
    );
    const { message } = (await auth.token(PERSON).catch((thrown: unknown) => thrown)) as Error;
    expect(message).toContain('bad form');
    for (const form of [
      PASSWORD,
      encodeURIComponent(PASSWORD),
      new URLSearchParams({ p: PASSWORD }).toString().slice(2),
    ])
      expect(message).not.toContain(form);
  });

  test('logins that are not answered are told as an outage to the windows, and as they are to people', async () => {
    const { auth, limiter } = await authAgainst((_, response) => void response.writeHead(503).end('down'));
    await expect(auth.token({ priority: 'live' })).rejects.toBeInstanceOf(OutageError);
    await expect(auth.token(PERSON)).rejects.toBeInstanceOf(RetryableError);
    expect(limiter.routes.told).toEqual(['edr/auth failed', 'edr/auth failed']);
  });

  test('while logins are out, windows are kept from trying one, people are not', async () => {
    const { auth, limiter, arrived } = await authAgainst(issue(201));
    const outage = new OutageError('edr/auth is out', 30_000, { outMs: 0 });
    Object.assign(limiter.routes, { enter: () => Promise.reject(outage) });
    await expect(auth.token({ priority: 'live' })).rejects.toBe(outage);
    expect(arrived).toHaveLength(0);
    await auth.token(PERSON);
    await auth.token({ priority: 'live' });
    expect(arrived).toHaveLength(1);
    expect(limiter.routes.told).toEqual(['edr/auth answered']);
  });
});
