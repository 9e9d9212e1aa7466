import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** A file of the page, ready to be sent. */
export interface PageFile {
  readonly type: string;
  readonly plain: Uint8Array;
  readonly gzipped: Uint8Array;
  /** Weak, because it stands for both forms. */
  readonly etag: string;
}

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

const compress = promisify(gzip);
const loaded = new Map<PageFileName, Promise<PageFile>>();

/** Whether the page has a file of this name. */
export function isPageFileName(name: string): name is PageFileName {
  return Object.hasOwn(TYPES, name);
}

/** Reads a file of the page at its first use and keeps it. @throws Error when the build has not made it. */
export function loadPageFile(name: PageFileName): Promise<PageFile> {
  const known = loaded.get(name) ?? readPageFile(name);
  loaded.set(name, known);
  known.catch(() => loaded.delete(name));
  return known;
}

async function readPageFile(name: PageFileName): Promise<PageFile> {
  const plain = await readFile(new URL(name, FOLDER));
  const gzipped = await compress(plain, { level: 9 });
  const hash = createHash('sha256').update(plain).digest('base64url').slice(0, 22);
  return { type: TYPES[name], plain, gzipped, etag: `W/"${hash}"` };
}
