import { request as sendRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { TypedData } from './core-types.ts';
import { collectHeaders, collectQuery } from './http-request.ts';

/**
 * What the host puts beside a streamed request: headers, query, and the parameters of both query and route as strings,
 * so that with HTTP streaming query parameters show up in `request.params`, as they do in Azure.
 */
export function toStreamMetadata(
  request: IncomingMessage,
  params: Readonly<Record<string, string>>,
): Record<string, TypedData> {
  const query = collectQuery(request.url ?? '/');
  const values = Object.entries({ ...query, ...params });
  return {
    ...Object.fromEntries(values.map(([name, value]) => [name, { string: value }])),
    Query: { json: JSON.stringify(query) },
    Headers: { json: JSON.stringify(collectHeaders(request)) },
  };
}

/**
 * Passes a request on to the proxy of the library (capability `HttpUri`, after `app.setup({ enableHttpStream: true })`)
 * and its answer back, chunk by chunk.
 */
export async function streamHttp(
  request: IncomingMessage,
  response: ServerResponse,
  proxy: { readonly uri: string; readonly invocationId: string; readonly signal: AbortSignal },
): Promise<void> {
  const forwarded = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = sendRequest(new URL(request.url ?? '/', proxy.uri), {
      method: request.method,
      signal: proxy.signal,
      headers: {
        ...request.headers,
        'x-ms-invocation-id': proxy.invocationId,
        'x-forwarded-host': request.headers.host ?? 'localhost',
        'x-forwarded-proto': 'http',
      },
    });
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
    pipeline(request, outgoing).catch(reject);
  });
  const headers = { ...forwarded.headers };
  delete headers['x-ms-invocation-id'];
  delete headers['transfer-encoding'];
  delete headers.connection;
  response.writeHead(forwarded.statusCode ?? 200, headers);
  await pipeline(forwarded, response);
}
