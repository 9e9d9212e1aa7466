import { request as httpRequest, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { lookUpPublic, NotPublicError, type Resolve } from './look-up-public.ts';
import { mayBePublic } from './public-address.ts';

/** How a post ended. */
export type PostOutcome =
  /** Answered with 2xx. */
  | { readonly kind: 'accepted'; readonly status: number }
  /** Surely not taken: there was no connection, or the answer refuses it. */
  | { readonly kind: 'refused'; readonly reason: string; readonly status?: number; readonly retryAfterMs?: number }
  /** Sent, wholly or partly, and never answered: nobody knows whether it was taken. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** Time limits of a post, in milliseconds. */
export interface PostLimits {
  /** To connect, TLS included. */
  readonly connectMs: number;
  /** From then to the head of the answer. */
  readonly answerMs: number;
}

/** How a post goes out. */
export interface PostOptions {
  /** Whether it may go to private addresses: loopback, link-local, those of local networks. */
  readonly isPrivateAllowed: boolean;
  readonly limits?: PostLimits;
  /** Resolves names where private addresses are not allowed; the system's when left out. */
  readonly resolve?: Resolve;
}

const LIMITS: PostLimits = { connectMs: 10_000, answerMs: 30_000 };
/** Longest wait that an answer can ask for. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/**
 * Posts JSON over a connection of its own, so that it is known whether anything was sent. Follows no redirect, reads no body of the
 * answer. Reasons name the host only, because the rest of the address may be a key. Never rejects.
 */
export function postWebhook(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
  { isPrivateAllowed, limits = LIMITS, resolve: resolveName }: PostOptions,
): Promise<PostOutcome> {
  const target = new URL(url);
  // A number is not looked up when it is connected to.
  if (!isPrivateAllowed && !mayBePublic(target)) {
    return Promise.resolve({ kind: 'refused', reason: `${target.host} ${new NotPublicError().message}` });
  }
  const isSecure = target.protocol === 'https:';
  const options: RequestOptions = {
    method: 'POST',
    // No connection of an earlier post: it may just be ending, and then nobody could tell what was sent.
    agent: false,
    ...(isPrivateAllowed ? {} : { lookup: lookUpPublic(resolveName) }),
    headers: {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'user-agent': 'qualys-sentinel-connector',
      ...headers,
    },
  };
  return new Promise((resolve) => {
    const post = (isSecure ? httpsRequest : httpRequest)(target, options);
    settle(post, isSecure, target.host, limits, resolve);
    // The body goes only once there is a connection, and with it the head.
    post.once('socket', (socket) => socket.once(isSecure ? 'secureConnect' : 'connect', () => post.end(body)));
  });
}

function settle(
  post: ClientRequest,
  isSecure: boolean,
  host: string,
  limits: PostLimits,
  resolve: (outcome: PostOutcome) => void,
): void {
  let isConnected = false;
  const fail = (reason: string): void => {
    clearTimeout(timer);
    resolve(isConnected ? { kind: 'unknown', reason } : { kind: 'refused', reason });
    post.destroy();
  };
  let timer = setTimeout(
    () => fail(`${host} could not be connected to within ${limits.connectMs / 1000} s`),
    limits.connectMs,
  );
  post.once('socket', (socket) =>
    socket.once(isSecure ? 'secureConnect' : 'connect', () => {
      isConnected = true;
      clearTimeout(timer);
      timer = setTimeout(() => fail(`${host} did not answer within ${limits.answerMs / 1000} s`), limits.answerMs);
    }),
  );
  post.once('response', (response) => {
    clearTimeout(timer);
    resolve(outcomeOf(host, response));
    response.destroy();
  });
  post.on('error', (error: NodeJS.ErrnoException) =>
    fail(error instanceof NotPublicError ? `${host} ${error.message}` : `${host}: ${error.code ?? error.name}`),
  );
}

function outcomeOf(host: string, { statusCode: status = 0, headers }: IncomingMessage): PostOutcome {
  if (status >= 200 && status < 300) return { kind: 'accepted', status };
  const isRedirect = status >= 300 && status < 400;
  const reason = `${host} answered ${status}${isRedirect ? ', a redirect, which is not followed' : ''}`;
  const seconds = Number(headers['retry-after']);
  if (headers['retry-after'] === undefined || !(seconds > 0)) return { kind: 'refused', reason, status };
  return { kind: 'refused', reason, status, retryAfterMs: Math.min(seconds * 1000, MAX_RETRY_AFTER_MS) };
}
