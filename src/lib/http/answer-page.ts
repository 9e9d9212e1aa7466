import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { loadPageFile, type PageFileName } from './dashboard-files.ts';

/**
 * Nothing but the app's own files runs or is asked, no form leaves, nobody frames the page, and no text becomes markup: browsers that know
 * Trusted Types refuse `innerHTML` and its like altogether.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const SECURITY_HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
};

/** Answers a file of the page: compressed where the browser can read that, and with 304 where it has it already. */
export async function answerPageFile(request: HttpRequest, name: PageFileName): Promise<HttpResponseInit> {
  const { type, plain, gzipped, etag } = await loadPageFile(name);
  const headers = {
    ...SECURITY_HEADERS,
    'content-type': type,
    // The names stay the same over releases, so the browser asks each time; the answer is 304 as long as nothing has changed.
    'cache-control': 'no-cache',
    vary: 'accept-encoding',
    etag,
  };
  if (knows(request.headers.get('if-none-match'), etag)) return { status: 304, headers };
  if (!takesGzip(request.headers.get('accept-encoding'))) return { status: 200, headers, body: plain };
  return { status: 200, headers: { ...headers, 'content-encoding': 'gzip' }, body: gzipped };
}

/** Whether `If-None-Match` names the ETag; a proxy that compresses anew may have made it a strong one. */
function knows(header: string | null, etag: string): boolean {
  const given = (header ?? '').split(',').map((each) => each.trim().replace(/^W\//, ''));
  return given.includes('*') || given.includes(etag.replace(/^W\//, ''));
}

function takesGzip(header: string | null): boolean {
  const codings = (header ?? '').toLowerCase().split(',');
  return codings.some((coding) => /^\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/.test(coding));
}
