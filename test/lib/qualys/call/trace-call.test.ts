import { describe, expect, test } from 'vitest';
import type { CallTraces } from '../../../../src/lib/pipeline/call-trace.ts';
import type { CallTrace } from '../../../../src/lib/pipeline/trace-answers.ts';
import { callQualys, type QualysRequest } from '../../../../src/lib/qualys/call/call-qualys.ts';
import { callDeps, serve } from '../local-server.ts';

const PASSWORD = 'S3cret&+%"pass w0rd=ü';
const BASIC = Buffer.from(`reader:${PASSWORD}`).toString('base64');

/** Traces in memory; `most` calls are wanted. */
function keptTraces(most = 100) {
  const begun: CallTrace[] = [];
  const ended: CallTrace[] = [];
  const traces: CallTraces = {
    secrets: () => ['webhook-secret'],
    open: (trace) => {
      if (begun.length >= most) return Promise.resolve(undefined);
      begun.push(trace);
      return Promise.resolve((end) => void ended.push(end));
    },
  };
  return { begun, ended, traces };
}

function request(url: string, more: Partial<QualysRequest> = {}): QualysRequest {
  return {
    api: 'vm',
    route: 'vm/detections',
    isJudged: true,
    url,
    method: 'POST',
    headers: { authorization: `Basic ${BASIC}`, accept: 'text/xml' },
    body: new URLSearchParams({ action: 'list' }),
    priority: 'live',
    firstByteTimeoutMs: 10_000,
    idleTimeoutMs: 10_000,
    secrets: [PASSWORD],
    ...more,
  };
}

describe('a traced call', () => {
  test('tells request line, headers, status, times and both bodies, and hands the answer on unchanged', async () => {
    const { ended, traces } = keptTraces();
    const { url } = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'text/xml', 'x-ratelimit-limit': '300', 'x-else': 'y' });
      response.end('<A>body</A>');
    });
    const answer = await callQualys({ ...callDeps(), traces }, request(`${url}?id_min=1`));
    expect(answer.status).toBe(200);
    expect(await answer.text(1000)).toBe('<A>body</A>');
    expect(ended).toMatchObject([
      {
        version: 1,
        api: 'vm',
        route: 'vm/detections',
        request: {
          method: 'POST',
          url: `${url}?id_min=1`,
          headers: { authorization: '(redacted)', accept: 'text/xml' },
          body: 'action=list',
        },
        answer: {
          status: 200,
          headers: { 'content-type': 'text/xml', 'x-ratelimit-limit': '300', 'x-else': '(redacted)' },
          body: '<A>body</A>',
          bytes: 11,
          isWhole: true,
        },
        error: null,
      },
    ]);
    const [{ at, firstByteMs, durationMs } = ended[0]!] = ended;
    expect(Date.parse(at)).toBeGreaterThan(Date.now() - 60_000);
    expect(durationMs).toBeGreaterThanOrEqual(firstByteMs ?? Infinity);
  });

  test('keeps the first 2 KB of an answer, and no piece of a secret that the cut goes through', async () => {
    const { ended, traces } = keptTraces();
    const { url } = await serve(
      (_, response) => void response.end(`${'a'.repeat(2040)}${PASSWORD}${'b'.repeat(90_000)}`),
    );
    const answer = await callQualys({ ...callDeps(), traces }, request(url));
    expect((await answer.text(200_000)).length).toBe(2040 + PASSWORD.length + 90_000);
    expect(ended[0]?.answer).toMatchObject({ body: `${'a'.repeat(2040)}(redacted)`, isWhole: true });
    expect(ended[0]?.answer?.bytes).toBeGreaterThan(92_000);
  });

  test.each([
    ['the password', PASSWORD],
    ['the password in a form', new URLSearchParams({ p: PASSWORD }).toString()],
    ['the password, percent-encoded', encodeURIComponent(PASSWORD)],
    ['the header of Basic authentication', BASIC],
    ['the password in base64', Buffer.from(PASSWORD).toString('base64')],
    ['a secret of the settings', 'webhook-secret'],
    ['the cookie of the answer', '71e6cda2a35d2cd404cddaf305ea0208'],
  ])('holds no secret, although the vendor repeats it: %s', async (_, secret) => {
    const { begun, ended, traces } = keptTraces();
    const isCookie = secret.length === 32;
    const { url } = await serve((_request, response) => {
      const cookie = `QualysSession=${isCookie ? secret : 'x-y-z'}; path=/api; secure`;
      response.writeHead(401, { 'set-cookie': cookie, 'www-authenticate': 'Basic', location: `/x?${BASIC}` });
      response.end(`<html>refused: ${secret}</html>`);
    });
    await expect(
      callQualys({ ...callDeps(), traces }, request(`${url}/x?q=${isCookie ? '' : encodeURIComponent(secret)}`)),
    ).rejects.toThrow();
    const text = JSON.stringify([begun, ended]);
    expect(ended).toHaveLength(1);
    expect(text).toContain('<html>refused: ');
    for (const form of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
      expect(text).not.toContain(form);
  });

  test('of a login holds no token, of whatever form', async () => {
    const { ended, traces } = keptTraces();
    const { url } = await serve((_, response) => void response.end('opaque0token'));
    const body = new URLSearchParams({ username: 'reader', password: PASSWORD, token: 'true' });
    const answer = await callQualys({ ...callDeps(), traces }, request(url, { route: 'edr/auth', body }));
    await answer.text(100);
    expect(ended[0]?.answer?.body).toBe('(redacted)');
    expect(ended[0]?.request.body).toBe('username=reader&password=(redacted)&token=(redacted)');
  });

  test('that fails tells why, and one that is given up how far it came', async () => {
    const { ended, traces } = keptTraces();
    const { url } = await serve((incoming, response) => {
      if (incoming.url === '/reset') response.destroy();
      else response.write('begun');
    });
    await expect(callQualys({ ...callDeps(), traces }, request(`${url}/reset`))).rejects.toThrow();
    const answer = await callQualys({ ...callDeps(), traces }, request(`${url}/stalls`));
    answer.cancel();
    expect(ended).toMatchObject([
      { answer: null, firstByteMs: null, error: expect.stringContaining('could not be read') as string },
      { answer: { body: 'begun', bytes: 5, isWhole: false }, error: null },
    ]);
  });

  test('that cannot be traced fails, and keeps no permit', async () => {
    const traces: CallTraces = { secrets: () => [], open: () => Promise.reject(new Error('no trace')) };
    const { url } = await serve((_, response) => void response.end('x'));
    const deps = callDeps();
    await expect(callQualys({ ...deps, traces }, request(url))).rejects.toThrow('no trace');
    expect(deps.limiter.held).toBe(0);
  });

  test('is one of as many as are wanted; the others are made as ever', async () => {
    const { ended, traces } = keptTraces(1);
    const { url } = await serve((_, response) => void response.end('x'));
    for (let calls = 0; calls < 3; calls++) {
      expect(await (await callQualys({ ...callDeps(), traces }, request(url))).text(10)).toBe('x');
    }
    expect(ended).toHaveLength(1);
  });
});
