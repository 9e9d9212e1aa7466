import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describeError } from '../describe-error.ts';
import type { HttpData, InvocationResponse } from './core-types.ts';
import { decodePath } from './decode-path.ts';
import { hasFunctionKey } from './function-key.ts';
import { writeHomePage } from './home-page.ts';
import type { LocalPages } from '../local-pages/local-pages.ts';
import { HostError } from './host-error.ts';
import { BodyTooLargeError, readBody, toHttpData } from './http-request.ts';
import { writeHttpResponse, writeStatus } from './http-response.ts';
import { findRoute, type HttpRoute, type RouteMatch } from './http-routes.ts';
import { streamHttp, toStreamMetadata } from './http-stream.ts';
import type { InvocationRequest, Invoker } from './invoke.ts';
import type { CategoryLog } from './log.ts';
import { answerMcp, mcpPath, type McpOptions } from './mcp-endpoint.ts';

/** What the HTTP side of the host needs. */
export interface HttpServerOptions {
  readonly routes: readonly HttpRoute[];
  readonly invoker: Invoker;
  readonly log: CategoryLog;
  /** Asked for by all functions that are not anonymous; undefined: by none. */
  readonly functionsKey: string | undefined;
  /** Largest body in bytes. */
  readonly bodyLimit: number;
  /** Where the library takes streamed requests; undefined without HTTP streaming. */
  readonly streamUri: string | undefined;
  /** Sent with every answer, unless the function sets them itself. */
  readonly customHeaders: Readonly<Record<string, string>>;
  /** Runs a function that has no HTTP trigger, as `POST /admin/functions/<name>` asks; false: there is none. */
  readonly runByName: (name: string, input: string) => boolean;
  /** What lies below `/local`; undefined: nothing. */
  readonly localPages: LocalPages | undefined;
  /** Paths below `/local` that the home page lists, without the leading slash. */
  readonly listed: readonly string[];
  /** Tools for agents; undefined: the app has none. */
  readonly mcp: McpOptions | undefined;
}

/** The listening server. */
export interface HttpServer {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** Takes no new request. */
  readonly stop: () => void;
  /** Ends every connection. */
  readonly close: () => Promise<void>;
}

function getOrigin(request: IncomingMessage): string {
  return `http://${request.headers.host ?? '127.0.0.1'}`;
}

function createRequest(request: IncomingMessage, match: RouteMatch, http: HttpData): InvocationRequest {
  const { traceparent, tracestate } = request.headers;
  return {
    inputData: [{ name: match.route.bindingName, data: { http } }],
    reason: 'This function was programmatically called via the host APIs.',
    ...(typeof traceparent === 'string' ? { traceParent: traceparent } : {}),
    ...(typeof tracestate === 'string' ? { traceState: tracestate } : {}),
  };
}

/** Runs the function with the whole body and answers with the whole answer; 500 when it fails, which is logged. */
async function answerBuffered(
  request: IncomingMessage,
  response: ServerResponse,
  match: RouteMatch,
  { invoker, bodyLimit }: HttpServerOptions,
): Promise<void> {
  const body = await readBody(request, bodyLimit);
  const http = toHttpData(request, getOrigin(request), match.params, body);
  let result: InvocationResponse;
  try {
    result = await invoker.invoke(match.route.target, createRequest(request, match, http));
  } catch {
    writeStatus(response, 500);
    return;
  }
  writeHttpResponse(response, result);
}

/** Lets the library read and answer the request through its proxy, which the function waits for. */
async function answerStreamed(
  request: IncomingMessage,
  response: ServerResponse,
  match: RouteMatch,
  options: HttpServerOptions & { readonly streamUri: string },
): Promise<void> {
  const invocationId = randomUUID();
  const failed = new AbortController();
  const streaming = streamHttp(request, response, { uri: options.streamUri, invocationId, signal: failed.signal });
  const work = options.invoker.invoke(match.route.target, {
    ...createRequest(request, match, {}),
    invocationId,
    triggerMetadata: toStreamMetadata(request, match.params),
  });
  work.catch(() => failed.abort());
  try {
    await streaming;
  } catch (error) {
    if (response.headersSent) {
      throw error;
    }
    writeStatus(response, 500);
  }
}

async function runAdminRequest(
  request: IncomingMessage,
  response: ServerResponse,
  name: string,
  options: HttpServerOptions,
): Promise<void> {
  if (!isAuthorized(request, options)) {
    writeStatus(response, 401);
    return;
  }
  const text = (await readBody(request, options.bodyLimit)).toString();
  let input: unknown;
  try {
    input = text === '' ? '' : (JSON.parse(text) as { readonly input?: unknown }).input;
  } catch {
    writeStatus(response, 400);
    return;
  }
  writeStatus(response, options.runByName(name, typeof input === 'string' ? input : '') ? 202 : 404);
}

function isAuthorized(request: IncomingMessage, { functionsKey }: HttpServerOptions): boolean {
  return functionsKey === undefined || hasFunctionKey(request, functionsKey);
}

async function answer(request: IncomingMessage, response: ServerResponse, options: HttpServerOptions): Promise<void> {
  const method = request.method ?? 'GET';
  const segments = decodePath(request.url ?? '/');
  if (segments === undefined || !URL.canParse(getOrigin(request))) {
    writeStatus(response, 400);
    return;
  }
  const match = findRoute(options.routes, method, segments);
  if (match !== undefined) {
    if (!match.route.isAnonymous && !isAuthorized(request, options)) {
      writeStatus(response, 401);
    } else if (options.streamUri === undefined) {
      await answerBuffered(request, response, match, options);
    } else {
      await answerStreamed(request, response, match, { ...options, streamUri: options.streamUri });
    }
    return;
  }
  const [area, kind, name, ...rest] = segments;
  if (method === 'POST' && area === 'admin' && kind === 'functions' && name !== undefined && rest.length === 0) {
    await runAdminRequest(request, response, name, options);
  } else if (options.mcp !== undefined && segments.join('/') === mcpPath.join('/')) {
    // In Azure it is the system key `mcp_extension`; here the one key opens everything.
    if (options.mcp.isAnonymous || isAuthorized(request, options)) await answerMcp(request, response, options.mcp);
    else writeStatus(response, 401);
  } else if (options.localPages !== undefined && area === 'local') {
    await options.localPages(request, response, segments.slice(1).join('/'));
  } else if (segments.length === 0 && method === 'GET') {
    response
      .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
      .end(writeHomePage(options.routes, options.listed));
  } else {
    writeStatus(response, 404);
  }
}

function handleFailure(response: ServerResponse, error: unknown, log: CategoryLog): void {
  const isTooLarge = error instanceof BodyTooLargeError;
  const isGone = (error as NodeJS.ErrnoException).code === 'ECONNRESET';
  if (!isTooLarge) {
    log(isGone ? 'debug' : 'error', `An HTTP request could not be answered: ${describeError(error)}`);
  }
  if (response.headersSent) {
    response.destroy();
  } else {
    response.setHeader('connection', 'close');
    writeStatus(response, isTooLarge ? 413 : 500);
  }
}

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE';
      reject(isTaken ? new HostError(`Port ${port} is taken: set PORT to another`, { cause: error }) : error);
    });
    server.listen(port, '127.0.0.1', resolve);
  });
}

/** Serves the HTTP functions on 127.0.0.1. @throws HostError when the port is taken. */
export async function startHttpServer(port: number, options: HttpServerOptions): Promise<HttpServer> {
  const server = createServer((request, response) => {
    response.setHeaders(new Map(Object.entries(options.customHeaders)));
    answer(request, response, options).catch((error: unknown) => handleFailure(response, error, options.log));
  });
  // As Azure: a function may think for minutes before the first byte.
  server.requestTimeout = 0;
  await listen(server, port);
  const closed = new Promise<void>((resolve) => server.once('close', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => void server.close(),
    close: async () => {
      server.closeAllConnections();
      await closed;
    },
  };
}
