import { execFile } from 'node:child_process';
import * as http from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { readFileSync } from 'node:fs';
import { connect, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { directHosts, openProxy } from '../../../../src/lib/qualys/call/open-proxy.ts';

const TLS = join(import.meta.dirname, '../../../fixtures/tls');
const CERTIFICATE = readFileSync(join(TLS, 'certificate.pem'), 'utf8');
const SCRIPT = join(import.meta.dirname, '../../../support/call-by-proxy.ts');

/** What the proxy was asked to connect to, and with which login. */
const asked: { readonly target: string; readonly login: string | undefined }[] = [];
const qualys = createSecureServer({ key: readFileSync(join(TLS, 'key.pem')), cert: CERTIFICATE }, (request, response) =>
  request.resume().on('end', () => response.end(`${request.method ?? ''} answered`)),
);
const proxy = http.createServer();
proxy.on('connect', (request: http.IncomingMessage, socket, head: Buffer) => {
  asked.push({ target: request.url ?? '', login: request.headers['proxy-authorization'] });
  if (request.url?.startsWith('refused') === true) {
    socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    return;
  }
  const onward = connect(portOf(qualys), '127.0.0.1', () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    onward.write(head);
    onward.pipe(socket).pipe(onward);
  });
  for (const end of [onward, socket]) end.on('error', () => [onward, socket].forEach((each) => each.destroy()));
});

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  for (const server of [qualys, proxy]) await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});
afterAll(() => {
  for (const server of [qualys, proxy]) server.close();
});
beforeEach(() => {
  asked.length = 0;
});

interface Run {
  readonly outcomes: readonly string[];
  readonly noProxy: string | null;
}

/** Calls addresses in a process with these variables. */
async function run(env: Readonly<Record<string, string>>, ...urls: string[]): Promise<Run> {
  const { PATH = '' } = process.env;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', SCRIPT, 'https://qualys.test', ...urls],
    { env: { PATH, EXTRA_CA_CERTS: CERTIFICATE.replaceAll('\n', String.raw`\n`), NODE_USE_ENV_PROXY: '1', ...env } },
  );
  return JSON.parse(stdout) as Run;
}

test('calls go through the proxy with its login, but for hosts that are named; a refusal names it, and tells no password', async () => {
  const { outcomes, noProxy } = await run(
    {
      HTTPS_PROXY: `http://app:pa%40ss@127.0.0.1:${portOf(proxy)}`,
      NO_PROXY: '.internal',
      IDENTITY_ENDPOINT: 'http://169.254.130.2:8081/msi/token',
    },
    'https://qualys.test/api',
    'https://refused.test/api',
    `https://localhost:${portOf(qualys)}/api`,
  );
  expect(outcomes[0]).toBe('POST answered');
  expect(outcomes[2]).toBe('POST answered');
  expect(outcomes[1]).toContain(`by the proxy 127.0.0.1:${portOf(proxy)} (HTTPS_PROXY`);
  expect(outcomes[1]).toContain('407');
  expect(outcomes[1]).not.toMatch(/pa(%40|@)ss|app:/);
  const login = `Basic ${Buffer.from('app:pa@ss').toString('base64')}`;
  expect(asked).toEqual(['qualys.test:443', 'refused.test:443'].map((target) => ({ target, login })));
  expect(noProxy).toBe('.internal,localhost,127.0.0.1,::1,169.254.169.254,169.254.130.2');
});

test('a proxy that is not there is named', async () => {
  const { outcomes } = await run({ HTTPS_PROXY: 'http://127.0.0.1:9' }, 'https://qualys.test/api');
  expect(outcomes[0]).toMatch(/by the proxy 127\.0\.0\.1:9 \(HTTPS_PROXY.*ECONNREFUSED/);
});

test('a Node.js that began without proxies takes one, or the settings are refused: nothing goes out directly', async () => {
  const { outcomes } = await run(
    { HTTPS_PROXY: `http://127.0.0.1:${portOf(proxy)}`, NODE_USE_ENV_PROXY: '0' },
    'https://qualys.test/api',
  );
  if ('setGlobalProxyFromEnv' in http) expect(outcomes).toEqual(['POST answered']);
  else expect(outcomes[0]).toMatch(/^ConfigError: HTTPS_PROXY needs Node\.js 24, or 22\.21 .* this is v22\./);
});

test('an authority that is not named is not trusted, and what is no certificate is refused', async () => {
  const url = `https://localhost:${portOf(qualys)}/api`;
  expect((await run({ EXTRA_CA_CERTS: '' }, url)).outcomes[0]).toMatch(/Qualys \(localhost.*self-signed certificate/);
  const empty = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';
  expect((await run({ EXTRA_CA_CERTS: empty }, url)).outcomes[0]).toMatch(
    /^ConfigError: EXTRA_CA_CERTS must hold .*PEM/,
  );
});

test('no proxy stands before a simulator on this machine', () => {
  const url = 'http://127.0.0.1:8080';
  expect(
    openProxy({ HTTPS_PROXY: 'http://proxy.example:8080', QUALYS_API_URL: url, QUALYS_GATEWAY_URL: url }, {}),
  ).toBeUndefined();
});

test.each([
  [undefined, undefined, 'localhost,127.0.0.1,::1,169.254.169.254'],
  [
    ' a.example , ,.b.example',
    'http://localhost:8081/msi/token',
    'a.example,.b.example,localhost,127.0.0.1,::1,169.254.169.254',
  ],
  ['*', 'no address', '*,localhost,127.0.0.1,::1,169.254.169.254'],
])(
  'of NO_PROXY %j and the identity endpoint %j come the hosts that are called directly',
  (noProxy, identity, hosts) => {
    expect(directHosts(noProxy, identity)).toBe(hosts);
  },
);
