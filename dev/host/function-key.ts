import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { collectQuery } from './http-request.ts';

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** True where the request carries the key, in the header `x-functions-key` or else in the query as `code`. */
export function hasFunctionKey(request: IncomingMessage, key: string): boolean {
  const query = Object.entries(collectQuery(request.url ?? '/'));
  const header = request.headers['x-functions-key'];
  const given = typeof header === 'string' ? header : query.find(([name]) => name.toLowerCase() === 'code')?.[1];
  return given !== undefined && timingSafeEqual(digest(given), digest(key));
}
