import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '../../src/lib/errors.ts';
import { describeError } from '../describe-error.ts';
import { hasFunctionKey } from '../host/function-key.ts';
import { collectQuery, readBody } from '../host/http-request.ts';
import { UsageError } from '../usage-error.ts';
import { whyHostRefused, whyOriginRefused } from './guard.ts';

/** What a call brings. */
export interface LocalCall {
  /** Query parameters. */
  readonly query: Readonly<Record<string, string | undefined>>;
  /** The body, read as JSON; undefined without one. */
  readonly body: unknown;
}

/** A file of a page. */
export interface LocalFile {
  readonly type: string;
  readonly text: string;
}

/** What the local parts answer beside the app, by `METHOD /path` below `/local`. */
export interface LocalRoutes {
  /** Open without a key: they hold no data. */
  readonly files: Readonly<Record<string, () => Promise<LocalFile>>>;
  /** Answers in JSON. @throws UsageError for a wrong request. */
  readonly calls: Readonly<Record<string, (call: LocalCall) => unknown>>;
}

/** Answers what is asked for below `/local`. */
export type LocalPages = (request: IncomingMessage, response: ServerResponse, path: string) => Promise<void>;

const MOST_BYTES = 1_000_000;
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Makes the pages of routes; data needs the host's function key, where it has one. */
export function createLocalPages({ files, calls }: LocalRoutes, functionsKey: string | undefined): LocalPages {
  return async (request, response, path) => {
    const name = `${request.method ?? 'GET'} /${path}`;
    const isFile = Object.hasOwn(files, name);
    const refusal = whyHostRefused(request) ?? (isFile ? undefined : whyOriginRefused(request));
    if (refusal !== undefined) send(response, 403, problem(403, refusal));
    else if (isFile) {
      const { type, text } = await files[name]!();
      response.writeHead(200, { ...HEADERS, 'content-type': `${type}; charset=utf-8` }).end(text);
    } else if (!Object.hasOwn(calls, name)) {
      send(response, 404, problem(404, `there is no ${name} below /local`));
    } else if (functionsKey !== undefined && !hasFunctionKey(request, functionsKey)) {
      send(response, 401, problem(401, 'the local host asks for its FUNCTIONS_KEY, in the header x-functions-key'));
    } else await answer(request, response, calls[name]!);
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  run: (call: LocalCall) => unknown,
): Promise<void> {
  try {
    const body = await readJson(request);
    send(response, 200, (await run({ query: collectQuery(request.url ?? '/'), body })) ?? {});
  } catch (error) {
    const status = error instanceof UsageError ? 400 : 500;
    if (status === 500) console.error(describeError(error));
    send(response, status, problem(status, messageOf(error)));
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const text = (await readBody(request, MOST_BYTES)).toString('utf8');
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new UsageError('the body must be JSON');
  }
}

/** RFC 9457, as the app's own routes answer. */
function problem(status: number, detail: string): object {
  const title = { 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found' }[status];
  return { type: 'about:blank', title: title ?? 'Internal Server Error', status, detail };
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { ...HEADERS, 'content-type': 'application/json' }).end(JSON.stringify(body));
}
