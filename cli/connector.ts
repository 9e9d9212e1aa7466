import type * as z from 'zod';
import { isLoopback } from '../src/lib/setting-kinds.ts';
import { problemBody } from '../src/lib/http/problem-body.ts';
import { jsonIn } from '../src/lib/json/json-in.ts';
import { CliError, EXIT } from './cli-error.ts';
import { explainForeign, explainNetwork, explainNotLocal, explainProblem, explainRefusal } from './explain.ts';
import { loginHeaders, type Login } from './login.ts';

/** A deployment of the connector. */
export interface Connector {
  /** Its address, without `/api`. */
  readonly url: string;
  /**
   * Asks one route.
   * @throws CliError: what went wrong, in words, with the exit code.
   */
  readonly ask: <T extends z.ZodType>(question: Question<T>) => Promise<{ status: number; body: z.output<T> }>;
}

/** One request. */
export interface Question<T extends z.ZodType> {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  /** Below `/api/`, encoded. */
  readonly path: string;
  /** Whether it lies below `/local/` instead, which only the local host has. */
  readonly isLocal?: boolean;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  /** What a good answer looks like; fields that it does not know are let through. */
  readonly schema: T;
  /** A status beyond 299 that is a good answer too. */
  readonly alsoGood?: number;
  readonly signal?: AbortSignal;
}

/** How a deployment is reached. */
export interface ConnectorOptions {
  readonly url: string;
  readonly login: Login;
  readonly timeoutMs: number;
  /** Called when an answer takes long. */
  readonly onSlow: () => void;
}

const SLOW_MS = 4_000;
const MAX_ANSWER_BYTES = 64_000_000;

/** Makes a client. @throws CliError for an address that cannot be one. */
export function createConnector(options: ConnectorOptions): Connector {
  const url = readAddress(options.url);
  return {
    url,
    ask: async (question) => {
      const { status, type, text } = await send(url, question, options);
      const isGood = (status >= 200 && status < 300) || status === question.alsoGood;
      if (isGood) return { status, body: readAnswer({ status, type, text }, question.schema, url) };
      throw explainStatus({ status, type, text }, url, options.login, question.isLocal);
    },
  };
}

/** Whether key or token would travel readable for everybody on the way. */
export function isInTheClear(url: string): boolean {
  return url.startsWith('http:') && !isLoopback(url);
}

function readAddress(text: string): string {
  const given = text.trim();
  // Never repeated in a message where it may hold a secret.
  const fault = (message: string): CliError => new CliError(EXIT.usage, `the address of the connector ${message}`);
  if (!URL.canParse(given)) throw fault('must be a URL such as https://func-qualys.azurewebsites.net');
  const url = new URL(given);
  if (!['http:', 'https:'].includes(url.protocol)) throw fault('must begin with https:// (or http:// on this machine)');
  if (url.username !== '' || url.password !== '') throw fault('must not hold a name or password');
  if (url.search !== '' || url.hash !== '') throw fault('must not hold a query: give the key as CONNECTOR_KEY');
  return `${url.origin}${url.pathname.replace(/\/+$/, '').replace(/\/api$/, '')}`;
}

interface Came {
  readonly status: number;
  /** Content type, lower case. */
  readonly type: string;
  readonly text: string;
}

async function send<T extends z.ZodType>(url: string, question: Question<T>, options: ConnectorOptions): Promise<Came> {
  const { method = 'GET', path, isLocal = false, query = {}, body, signal } = question;
  const target = new URL(`${url}/${isLocal ? 'local' : 'api'}/${path}`);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) target.searchParams.set(name, value);
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const slow = setTimeout(options.onSlow, SLOW_MS);
  try {
    const response = await fetch(target, {
      method,
      // A redirect must not carry key or token to another host.
      redirect: 'manual',
      headers: {
        accept: 'application/json',
        ...loginHeaders(options.login),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
    });
    const type = response.headers.get('content-type')?.toLowerCase() ?? '';
    const location = response.headers.get('location');
    if (response.status >= 300 && response.status < 400) throw explainRefusal(response.status, url, location);
    return { status: response.status, type, text: await readText(response) };
  } catch (error) {
    if (error instanceof CliError || signal?.aborted === true) throw error;
    throw explainNetwork(error, url, options.timeoutMs);
  } finally {
    clearTimeout(slow);
  }
}

async function readText(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += part.byteLength;
    if (bytes > MAX_ANSWER_BYTES)
      throw new CliError(EXIT.unreachable, 'the answer is longer than 64 MB: that is not the connector');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function readAnswer<T extends z.ZodType>(came: Came, schema: T, url: string): z.output<T> {
  const body = came.type.includes('json') ? jsonIn(came.text) : undefined;
  if (body === undefined) throw explainForeign(came, url);
  const issues = schema.safeParse(body).error?.issues ?? [];
  // A newer connector may tell more.
  const [issue] = issues.filter(({ code }) => code !== 'unrecognized_keys');
  if (issue === undefined) return body as z.output<T>;
  const where = issue.path.length === 0 ? 'the answer' : issue.path.map(String).join('.');
  throw new CliError(
    EXIT.unreachable,
    `${url} answers JSON, but not as the connector does (${where}: ${issue.message})`,
    {
      hint: 'Is this address the connector, and of the same version as this command?',
    },
  );
}

function explainStatus(came: Came, url: string, login: Login, isLocal = false): CliError {
  const body = came.type.includes('json') ? jsonIn(came.text) : undefined;
  const problem = problemBody.loose().safeParse(body);
  if (problem.success) return explainProblem(problem.data);
  if (isLocal && came.status === 404) return explainNotLocal(url);
  if ([401, 403].includes(came.status)) return explainRefusal(came.status, url, null, login);
  return explainForeign(came, url);
}
