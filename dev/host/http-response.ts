import type { ServerResponse } from 'node:http';
import type { CookieData, HttpData, InvocationResponse, TypedData } from './core-types.ts';

/** Set by the server itself, whatever the app says. */
const ownHeaders = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding', 'upgrade']);
const statusesWithoutBody = new Set([204, 205, 304]);

const sameSiteNames = { lax: 'lax', strict: 'strict', explicitNone: 'none', none: undefined };

/** The header text of a cookie; the path is `/` unless given, as in ASP.NET. */
export function formatCookie(cookie: CookieData): string {
  const { name = '', value = '', expires, maxAge, domain, path, secure, httpOnly, sameSite = 'none' } = cookie;
  const sameSiteName = sameSiteNames[sameSite];
  const parts = [
    `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
    expires && `expires=${new Date(expires.value.seconds * 1000).toUTCString()}`,
    maxAge && `max-age=${Math.trunc(maxAge.value)}`,
    domain && `domain=${domain.value}`,
    `path=${path?.value ?? '/'}`,
    secure?.value === true && 'secure',
    sameSiteName !== undefined && `samesite=${sameSiteName}`,
    httpOnly?.value === true && 'httponly',
  ];
  return parts.filter((part) => typeof part === 'string').join('; ');
}

/** Bytes of a body in any of its forms. */
export function toBytes(data: TypedData | null | undefined): Buffer {
  if (data?.bytes !== undefined) {
    return Buffer.from(data.bytes);
  }
  const text = data?.string ?? data?.json ?? data?.int ?? data?.double;
  return text === undefined ? Buffer.alloc(0) : Buffer.from(String(text));
}

/** Finds the answer among the outputs: the return binding, or an output of another name. */
export function findHttpOutput(response: InvocationResponse): HttpData | undefined {
  const outputs = [response.returnValue, ...(response.outputData ?? []).map(({ data }) => data)];
  return outputs.find((data) => data?.http !== undefined)?.http;
}

function setHeaders(response: ServerResponse, http: HttpData): void {
  for (const [name, value] of Object.entries(http.headers ?? {})) {
    if (!ownHeaders.has(name.toLowerCase())) {
      response.setHeader(name, value);
    }
  }
  if (http.cookies !== undefined && http.cookies.length > 0) {
    response.appendHeader('set-cookie', http.cookies.map(formatCookie));
  }
}

/** Answers with nothing but a status. */
export function writeStatus(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-length': '0' }).end();
}

/** Writes the answer of a function; one that returned nothing becomes 204, as in Azure. */
export function writeHttpResponse(response: ServerResponse, result: InvocationResponse): void {
  const http = findHttpOutput(result);
  if (http === undefined) {
    response.writeHead(204).end();
    return;
  }
  const status = Number(http.statusCode ?? 200);
  setHeaders(response, http);
  if (statusesWithoutBody.has(status)) {
    response.writeHead(status).end();
    return;
  }
  const body = toBytes(http.body);
  response.writeHead(status, { 'content-length': String(body.length) }).end(body);
}
