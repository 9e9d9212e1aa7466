import { Agent, createServer, request as sendRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createFaultBook, type FaultBook, type FaultReport } from '../simulator/fault-rules.ts';
import type { ProxiedRequest, ProxyFault } from './proxy-faults.ts';

/** A reverse proxy that stands before a service and spoils what passes through it. */
export interface FaultProxy {
  /** `http://127.0.0.1:<port>`, without a path. */
  readonly url: string;
  /** Replaces all faults; without arguments, ends them. */
  readonly setFaults: (...faults: readonly ProxyFault[]) => void;
  /** How often each fault has been tried and has struck. */
  readonly report: () => FaultReport[];
  readonly close: () => Promise<void>;
}

/** How a proxy differs from its target. */
export interface FaultProxyOptions {
  /** The time that answers tell in their `Date`, milliseconds since 1970; absent: the target's own. */
  readonly now?: () => number;
}

interface Proxy extends FaultProxyOptions {
  readonly target: URL;
  readonly agent: Agent;
  readonly faults: FaultBook<ProxyFault>;
}

interface TargetAnswer {
  readonly status: number;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  /** Length of the body; of what a GET would give, for a HEAD. */
  readonly length: string;
}

const FAULT_SEED = 1;
/** Longest body that rules see as text, in bytes. */
const LONGEST_TEXT = 300_000;

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Signatures of storage requests cover the path, not the host, so only the address is changed. */
function forward({ target, agent, now }: Proxy, request: IncomingMessage, body: Buffer): Promise<TargetAnswer> {
  return new Promise((resolve, reject) => {
    const { method, url, rawHeaders } = request;
    const headers = [...rawHeaders];
    const options = { host: target.hostname, port: target.port, agent, method, path: url, headers };
    const outgoing = sendRequest(options, (answer) => {
      readAll(answer).then((bytes) => {
        const { statusCode: status = 502, headers: told } = answer;
        const length = (method === 'HEAD' ? told['content-length'] : undefined) ?? String(bytes.length);
        resolve({ status, rawHeaders: dated(answer, now), body: bytes, length });
      }, reject);
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

function dated({ rawHeaders }: IncomingMessage, now: (() => number) | undefined): readonly string[] {
  if (now === undefined) return rawHeaders;
  const place = rawHeaders.findIndex((name, at) => at % 2 === 0 && name.toLowerCase() === 'date');
  return place === -1 ? rawHeaders : rawHeaders.with(place + 1, new Date(now()).toUTCString());
}

function withoutTransferHeaders(rawHeaders: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2);
    if (!/^(transfer-encoding|connection|keep-alive|content-length)$/iu.test(name)) kept.push(name, value);
  }
  return kept;
}

function passBack(response: ServerResponse, { status, rawHeaders, body, length: told }: TargetAnswer): void {
  // A content length of 0 is no valid header of a 204, and storage clients are content without it.
  const length = status === 204 || status === 304 ? [] : ['content-length', told];
  response.writeHead(status, [...withoutTransferHeaders(rawHeaders), ...length]);
  response.end(body);
}

/** Sends the head and half of the body; the rest is promised, but does not come. */
async function passHalf(response: ServerResponse, { status, rawHeaders, body }: TargetAnswer): Promise<void> {
  response.writeHead(status, [...withoutTransferHeaders(rawHeaders), 'content-length', String(body.length)]);
  await new Promise((done) => response.write(body.subarray(0, Math.ceil(body.length / 2)), done));
}

function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

/** Does what the fault says instead of passing on. @returns false when the request is to be passed on. */
async function answerInPlace(fault: ProxyFault, response: ServerResponse): Promise<boolean> {
  switch (fault.kind) {
    case 'status':
      response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers });
      response.end(fault.body ?? '');
      return true;
    case 'cut-before':
      reset(response);
      return true;
    case 'stall':
      return fault.isForwarded !== true;
    case 'delay':
      await delay(fault.ms);
      return false;
    case 'cut-after':
    case 'cut-body':
    case 'stall-body':
    case 'pass':
      return false;
  }
}

/** Passes the target's answer back, as far as the fault lets it. */
async function answerAfter(
  fault: ProxyFault | undefined,
  response: ServerResponse,
  answer: TargetAnswer,
): Promise<void> {
  if (fault?.kind === 'stall') return;
  if (fault?.kind === 'cut-after') reset(response);
  else if (fault?.kind === 'stall-body') await passHalf(response, answer);
  else if (fault?.kind === 'cut-body') {
    await passHalf(response, answer);
    // Not in the same moment as the half: a reset may overtake data that is still on its way.
    await delay(20);
    reset(response);
  } else passBack(response, answer);
}

async function serve(proxy: Proxy, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new Promise<void>((resolve) => response.once('close', () => resolve()));
  const bytes = await readAll(request);
  const isText = request.headers['content-encoding'] === undefined && bytes.length <= LONGEST_TEXT;
  const { method = '', url = '' } = request;
  const seen: ProxiedRequest = { method, url, body: isText ? bytes.toString('utf8') : '', gone };
  const hits = proxy.faults.take(`${method} ${url}\n${seen.body}`);
  for (const fault of hits) await fault.onRequest?.(seen);
  // A client that died meanwhile has asked for nothing.
  if (response.destroyed) return;
  const fault = hits.find(({ kind }) => kind !== 'pass');
  if (fault !== undefined && (await answerInPlace(fault, response))) return;
  const answer = await forward(proxy, request, bytes);
  for (const hit of hits) await hit.onAnswer?.(seen, answer.status);
  await answerAfter(fault, response, answer);
}

/**
 * Starts a proxy before an HTTP service, on a loopback port. It reads requests and answers whole, so it is for tests of
 * small calls. Signed storage requests pass: shared keys sign the path, not the host.
 */
export async function startFaultProxy(target: string, options: FaultProxyOptions = {}): Promise<FaultProxy> {
  const proxy: Proxy = {
    ...options,
    target: new URL(target),
    agent: new Agent({ keepAlive: true }),
    faults: createFaultBook<ProxyFault>(FAULT_SEED, options.now ?? Date.now),
  };
  const server = createServer((request, response) => {
    serve(proxy, request, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    setFaults: (...faults) => proxy.faults.set(faults),
    report: () => proxy.faults.report(),
    close: async () => {
      proxy.agent.destroy();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
