import type { ServerResponse } from 'node:http';
import { serveHttp, type ArrivedRequest } from './http-server.ts';

/** A query as it arrived at the query API of Log Analytics. */
export interface ArrivedQuery {
  readonly workspace: string;
  readonly kql: string;
  /** ISO 8601 interval, `from/to`. */
  readonly timespan: string;
  readonly authorization: string | undefined;
}

/** Rows by column, as they are; `error` makes the answer a partial one. */
export interface QueryResult {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly error?: { readonly code: string; readonly message: string };
}

/** What the server says to a query. */
export type QueryAnswer =
  | QueryResult
  | { readonly status: number; readonly body: unknown; readonly headers?: Readonly<Record<string, string>> }
  | 'no answer';

/** A server that speaks the query API: `POST /v1/workspaces/{id}/query`. It ends with the test. */
export interface LogsQueryServer {
  readonly endpoint: string;
  readonly queries: ArrivedQuery[];
}

/** Starts the server; `answer` decides by the query's text. */
export async function serveLogsQuery(answer: (query: ArrivedQuery) => QueryAnswer): Promise<LogsQueryServer> {
  const queries: ArrivedQuery[] = [];
  const { url } = await serveHttp((request, response) => {
    const query = readQuery(request);
    if (query === undefined) {
      send(response, 404, { error: { code: 'PathNotFoundError', message: 'no such path' } });
      return;
    }
    queries.push(query);
    const given = answer(query);
    if (given === 'no answer') return;
    if ('status' in given) send(response, given.status, given.body, given.headers);
    else send(response, 200, toBody(given));
  });
  return { endpoint: `${url}/v1`, queries };
}

function readQuery({ method, url, headers, body }: ArrivedRequest): ArrivedQuery | undefined {
  const workspace = /^\/v1\/workspaces\/([^/?]+)\/query$/.exec(url)?.[1];
  if (method !== 'POST' || workspace === undefined) return undefined;
  const { query, timespan } = JSON.parse(body.toString()) as { query: string; timespan: string };
  return { workspace, kql: query, timespan, authorization: headers.authorization };
}

/** Log Analytics gives dynamic values as JSON text, and says so in the type of the column. */
function toBody({ rows, error }: QueryResult): unknown {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const columns = names.map((name) => ({
    name,
    type: typeOf(rows.map((row) => row[name]).find((cell) => cell !== null && cell !== undefined)),
  }));
  const cells = rows.map((row) =>
    names.map((name) =>
      typeof row[name] === 'object' && row[name] !== null ? JSON.stringify(row[name]) : (row[name] ?? null),
    ),
  );
  return { tables: [{ name: 'PrimaryResult', columns, rows: cells }], ...(error === undefined ? {} : { error }) };
}

function typeOf(cell: unknown): string {
  if (typeof cell === 'number') return 'long';
  if (typeof cell === 'object') return 'dynamic';
  return typeof cell === 'string' && /^\d{4}-\d\d-\d\dT/.test(cell) ? 'datetime' : 'string';
}

function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
