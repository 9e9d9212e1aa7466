import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { HttpRequest, HttpResponseInit } from '@azure/functions';

/** What the build makes, and nothing else, is served. */
const TYPES = {
  'index.html': 'text/html; charset=utf-8',
  'app.js': 'text/javascript; charset=utf-8',
  'app.css': 'text/css; charset=utf-8',
  'operate.html': 'text/html; charset=utf-8',
  'icon.svg': 'image/svg+xml',
  'icon-waiting.svg': 'image/svg+xml',
  'icon-attention.svg': 'image/svg+xml',
} as const;

/** Name of a file of the page. */
export type PageFileName = keyof typeof TYPES;

/** Names of all files of the page. */
export const PAGE_FILE_NAMES = Object.keys(TYPES) as readonly PageFileName[];

/** Where the build puts the page: beside the bundle; seen from this source file, in the project's `dist`. */
const FOLDER = new URL(import.meta.url.endsWith('.ts') ? '../../../dist/dashboard/' : './dashboard/', import.meta.url);

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

const compress = promisify(gzip);
const loaded = new Map<PageFileName, ReturnType<typeof readPageFile>>();

/** Whether the page has a file of this name. */
export function isPageFileName(name: string): name is PageFileName {
  return Object.hasOwn(TYPES, name);
}

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

/** Reads a file of the page at its first use and keeps it. @throws Error when the build has not made it. */
function loadPageFile(name: PageFileName): ReturnType<typeof readPageFile> {
  const known = loaded.get(name) ?? readPageFile(name);
  loaded.set(name, known);
  known.catch(() => loaded.delete(name));
  return known;
}

async function readPageFile(name: PageFileName) {
  const plain = await readFile(new URL(name, FOLDER));
  const gzipped = await compress(plain, { level: 9 });
  const hash = createHash('sha256').update(plain).digest('base64url').slice(0, 22);
  // Weak, because it stands for both forms.
  return { type: TYPES[name], plain, gzipped, etag: `W/"${hash}"` };
}
