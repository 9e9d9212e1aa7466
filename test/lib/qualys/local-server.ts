import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { createLog } from '../../../src/lib/log.ts';
import { keptAccount, type KeptAccount } from '../../support/account.ts';
import { keptRoutes, type KeptRoutes } from '../../support/routes.ts';
import type { Limiter, LimitHeaders, Priority } from '../../../src/lib/pipeline/ports.ts';
import type { ApiName } from '../../../src/lib/pipeline/stream.ts';

/** A request as it arrived. */
export interface Arrived {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Answers one request. */
export type Answerer = (request: Arrived, response: ServerResponse) => void | Promise<void>;

/** Starts an HTTP server on a free port; it ends with the test. */
export async function serve(answer: Answerer): Promise<{ url: string; arrived: Arrived[] }> {
  const arrived: Arrived[] = [];
  const listener: RequestListener = (incoming, response) => {
    void readAll(incoming).then((body) => {
      const request = { method: incoming.method ?? '', url: incoming.url ?? '', headers: incoming.headers, body };
      arrived.push(request);
      return answer(request, response);
    });
  };
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, arrived };
}

/** Starts a bare TCP server for answers that no HTTP server would send; it ends with the test. */
export async function serveBytes(answer: (socket: Socket) => void): Promise<{ url: string }> {
  const open = new Set<Socket>();
  const server = createTcpServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => answer(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** A limiter of one process that remembers what it was told. */
export interface MemoryLimiter extends Limiter {
  held: number;
  acquired: Priority[];
  released: number;
  observed: LimitHeaders[];
  pauses: { api: ApiName; milliseconds: number; reason: string }[];
  readonly routes: KeptRoutes;
  readonly account: KeptAccount;
}

/** Makes a limiter that always has a permit. */
export function memoryLimiter(): MemoryLimiter {
  const limiter: MemoryLimiter = {
    held: 0,
    acquired: [],
    released: 0,
    observed: [],
    pauses: [],
    routes: keptRoutes(),
    account: keptAccount(),
    acquire: (_api, priority) => {
      limiter.held += 1;
      limiter.acquired.push(priority);
      let isHeld = true;
      return Promise.resolve({
        release: () => {
          if (!isHeld) return;
          isHeld = false;
          limiter.held -= 1;
          limiter.released += 1;
        },
      });
    },
    observe: (_api, headers) => limiter.observed.push(headers),
    pause: (api, milliseconds, reason) => {
      limiter.pauses.push({ api, milliseconds, reason });
      return Promise.resolve();
    },
  };
  return limiter;
}

/** What a call needs, with a log that is kept in `lines`. */
export function callDeps(now = new Date('2026-01-31T12:00:00Z')) {
  const lines: string[] = [];
  const keep = (line: string): void => void lines.push(line);
  const limiter = memoryLimiter();
  return { limiter, clock: { now: () => now }, log: createLog({ info: keep, warn: keep, error: keep }), lines };
}

async function readAll(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}
