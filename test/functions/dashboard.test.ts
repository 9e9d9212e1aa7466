import { gunzipSync } from 'node:zlib';
import { HttpRequest, InvocationContext, type HttpHandler, type HttpResponseInit } from '@azure/functions';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type * as DashboardModule from '../../src/lib/handlers/dashboard.ts';
import { PROBLEM_CODES } from '../../src/lib/health/problem-codes.ts';
import { PAGE_FILE_NAMES } from '../../src/lib/http/dashboard-files.ts';
import { clearSettings } from '../support/http-app.ts';

let dashboard: typeof DashboardModule;

beforeAll(async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  // The shell must come up where nothing is set: it is where a person looks when settings are wrong.
  clearSettings();
  dashboard = await import('../../src/lib/handlers/dashboard.ts');
});

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

async function ask(handler: HttpHandler, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  const name = path.replace(/^.*dashboard\/?/, '');
  const request = new HttpRequest({
    method: 'GET',
    url: `https://app.example/api/${path}`,
    params: { file: name },
    headers,
  });
  const answer = (await handler(request, new InvocationContext({ logHandler: () => undefined }))) as HttpResponseInit;
  const body = Buffer.from((answer.body ?? '') as Uint8Array);
  return { status: answer.status ?? 200, headers: new Headers(answer.headers), body };
}

const page = (headers?: Record<string, string>) => ask(dashboard.page, 'dashboard', headers);
const file = (name: string, headers?: Record<string, string>) => ask(dashboard.file, `dashboard/${name}`, headers);
const all = () => Promise.all(PAGE_FILE_NAMES.map((name) => (name === 'index.html' ? page(GZIP) : file(name, GZIP))));
const GZIP = { 'accept-encoding': 'br;q=1.0, gzip;q=0.8' };

describe('the page', () => {
  test('weighs at most 100 KB compressed, with all its files', async () => {
    const answers = await all();
    expect(answers.map(({ status }) => status)).toEqual(PAGE_FILE_NAMES.map(() => 200));
    expect(answers.reduce((sum, { body }) => sum + body.length, 0)).toBeLessThanOrEqual(100_000);
  });

  test('names its files relative to its own address, and nothing of another origin', async () => {
    const html = (await page()).body.toString('utf8');
    const links = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, link]) => link);
    expect(links.sort()).toEqual(['dashboard/app.css', 'dashboard/app.js', 'dashboard/icon.svg']);
    expect(html).not.toMatch(/<style|style=|<script(?! type="module" src=)|\son\w+=/);
  });

  test('has the guide of its release beside it, with a section for each code of a problem, and no script', async () => {
    const html = (await file('operate.html')).body.toString('utf8');
    expect(PROBLEM_CODES.filter((code) => !html.includes(`id="${code}"`))).toEqual([]);
    expect(html).toContain('href="#planner-silent"');
    expect(html).not.toMatch(/<script|\son\w+=|style=/);
  });

  test('runs, shows and asks nothing but its own: each file carries the policy', async () => {
    for (const { headers } of await all()) {
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy.split('; ').sort()).toEqual([
        "base-uri 'none'",
        "connect-src 'self'",
        "default-src 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "img-src 'self'",
        "require-trusted-types-for 'script'",
        "script-src 'self'",
        "style-src 'self'",
        "trusted-types 'none'",
      ]);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
    }
  });

  test('is asked for at each visit, and answered with 304 while it is the same', async () => {
    const first = await page();
    const etag = first.headers.get('etag') ?? '';
    expect(first.headers.get('cache-control')).toBe('no-cache');
    for (const given of [etag, etag.replace('W/', ''), `"other", ${etag}`, '*']) {
      const again = await page({ 'if-none-match': given });
      expect(again.status).toBe(304);
      expect(again.body.length).toBe(0);
      expect(again.headers.get('etag')).toBe(etag);
    }
    expect((await page({ 'if-none-match': '"other"' })).status).toBe(200);
  });

  test.for(['', 'br', 'gzip;q=0', 'gzip; q=0.0'])('comes as it is to a browser that takes "%s"', async (codings) => {
    const { headers, body } = await file('app.css', { 'accept-encoding': codings });
    expect(headers.get('content-encoding')).toBeNull();
    expect(body.toString('utf8')).toContain(':root');
  });

  test('comes compressed to a browser that can read that', async () => {
    const [plain, compressed] = [await file('app.js'), await file('app.js', GZIP)];
    expect(compressed.headers.get('content-encoding')).toBe('gzip');
    expect(compressed.headers.get('vary')).toBe('accept-encoding');
    expect(gunzipSync(compressed.body).equals(plain.body)).toBe(true);
  });

  test('leads from an address with a slash at its end to the one without', async () => {
    const { status, headers } = await ask(dashboard.page, 'dashboard/');
    expect(status).toBe(308);
    expect(new URL(headers.get('location') ?? '', 'https://app.example/api/dashboard/').pathname).toBe(
      '/api/dashboard',
    );
  });

  test.for(['index.html', 'app.js.map', '../main.cjs', '..%2Fmain.cjs', '__proto__', 'constructor', ''])(
    'has no file %j',
    async (name) => {
      const { status, headers } = await file(name);
      expect(status).toBe(404);
      expect(headers.get('content-type')).toBe('application/problem+json');
    },
  );
});
