import type { IncomingMessage } from 'node:http';
import type { HttpData, Nullable } from './core-types.ts';

/** The client sent more than the host takes. */
export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError';
}

/** Default of `FUNCTIONS_REQUEST_BODY_SIZE_LIMIT`, in bytes. */
export const defaultBodyLimit = 104_857_600;

/** Reads the body of a request. @throws BodyTooLargeError beyond the limit in bytes. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) {
      throw new BodyTooLargeError(`The request's body is larger than ${limit} bytes.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Headers by lower-case name; several of one name are joined by commas, as the host does. */
export function collectHeaders(request: IncomingMessage): Record<string, string> {
  const headers = Object.entries(request.headersDistinct);
  return Object.fromEntries(headers.map(([name, values]) => [name, (values ?? []).join(',')]));
}

/** Query parameters; the host knows no case in their names and joins several of one name by commas. */
export function collectQuery(target: string): Record<string, string> {
  const names = new Map<string, string>();
  const query: Record<string, string> = {};
  const start = target.indexOf('?');
  for (const [name, value] of new URLSearchParams(start < 0 ? '' : target.slice(start + 1))) {
    const key = names.get(name.toLowerCase()) ?? name;
    names.set(name.toLowerCase(), key);
    query[key] = query[key] === undefined ? value : `${query[key]},${value}`;
  }
  return query;
}

function toNullable(values: Readonly<Record<string, string>>): Record<string, Nullable<string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
}

/** What the host sends to the worker for a request. A body sent in chunks is taken too, where the real host drops it. */
export function toHttpData(
  request: IncomingMessage,
  origin: string,
  params: Readonly<Record<string, string>>,
  body: Buffer,
): HttpData {
  const target = request.url ?? '/';
  return {
    method: request.method ?? 'GET',
    url: `${origin}${target}`,
    nullableHeaders: toNullable(collectHeaders(request)),
    nullableQuery: toNullable(collectQuery(target)),
    nullableParams: toNullable(params),
    ...(body.length === 0 ? {} : { body: { bytes: body } }),
  };
}
