import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createFaultBook } from '../simulator/fault-rules.ts';
import { acceptUpload, errorReply, readUnread, type Endpoint, type Reply } from './accept-upload.ts';
import type { Row } from './convert-row.ts';
import { parseIngestionFaults, type IngestionFault } from './ingestion-faults.ts';
import { createIngestionStats, noteRefusal, type IngestionStats, type Refusal } from './ingestion-stats.ts';
import { UploadError } from './read-upload.ts';
import { createFileStore, createMemoryStore, type RowStore } from './row-store.ts';
import { readTables } from './tables.ts';

export interface IngestionOptions {
  /** Port on 127.0.0.1; 0, the default, takes a free one. */
  readonly port?: number;
  /**
   * `file` (the default) appends to `<dir>/<Table>.ndjson`, `memory` keeps rows for tests. `calls` takes calls as they come and reads and
   * counts them when the statistics are asked for: measurements of a sender on the same machine would otherwise measure this, too.
   */
  readonly keep?: 'file' | 'memory' | 'calls';
  /** Folder of the files. Default `.local/tables`. */
  readonly dir?: string;
  /** Immutable ids of the rules that the endpoint knows. Default: {@link DEFAULT_RULE_ID} alone. */
  readonly ruleIds?: readonly string[];
  /** Folder of the table definitions. Default: the project's `infra/tables`. */
  readonly tablesDir?: string;
  /** The only bearer tokens that are accepted. Default: any. */
  readonly tokens?: readonly string[];
  /** Time of receipt, milliseconds since 1970. Default: the machine's. */
  readonly now?: () => number;
}

/** A running ingestion endpoint. */
export interface Ingestion {
  /** `LOGS_INGESTION_ENDPOINT`, without a slash at its end. */
  readonly url: string;
  /** `LOGS_INGESTION_RULE_ID`: the first of the known ones. */
  readonly ruleId: string;
  readonly stats: () => IngestionStats;
  /** Rows kept so far, oldest first; with `keep: 'file'` read from the file. */
  readonly rows: (table: string) => readonly Row[];
  /**
   * Replaces all faults; without arguments, ends them.
   * @throws RangeError naming the fault and what is allowed.
   */
  readonly setFaults: (...faults: readonly IngestionFault[]) => void;
  readonly close: () => Promise<void>;
}

export const DEFAULT_RULE_ID = 'dcr-00000000000000000000000000000000';
const DEFAULT_FOLDER = '.local/tables';
const FAULT_SEED = 1;

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const piece of request.setEncoding('utf8') as AsyncIterable<string>) text += piece;
  return JSON.parse(text);
}

function setFaults(endpoint: Endpoint, value: unknown): void {
  const faults = typeof value === 'object' && value !== null && 'faults' in value ? value.faults : value;
  endpoint.faults.set(parseIngestionFaults(faults));
}

/** `/_ingestion/…`: the same that the object offers, for another process. */
async function control(endpoint: Endpoint, request: IncomingMessage, url: URL): Promise<Reply> {
  const name = `${request.method ?? ''} ${url.pathname}`;
  if (name === 'GET /_ingestion/stats') return { status: 200, body: readStats(endpoint) };
  if (name === 'GET /_ingestion/rows') {
    await endpoint.store.settle();
    return { status: 200, body: endpoint.store.read(url.searchParams.get('table') ?? '') };
  }
  if (name !== 'POST /_ingestion/faults') throw new UploadError(404, 'NotFound', `no control route ${name}`);
  try {
    setFaults(endpoint, await readJson(request));
  } catch (error) {
    throw new UploadError(400, 'InvalidFault', error instanceof Error ? error.message : String(error));
  }
  return { status: 204 };
}

function readStats(endpoint: Endpoint): IngestionStats {
  readUnread(endpoint);
  const { stats, faults } = endpoint;
  return structuredClone({ ...stats, faults: faults.report() });
}

async function replyTo(endpoint: Endpoint, request: IncomingMessage): Promise<Reply> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  try {
    const isControl = url.pathname.startsWith('/_ingestion/');
    return await (isControl ? control(endpoint, request, url) : acceptUpload(endpoint, request, url));
  } catch (error) {
    if (error instanceof UploadError) return errorReply(error.status, error.code, error.message);
    if (error instanceof URIError) return errorReply(400, 'InvalidPath', 'the path is not percent-encoded');
    return errorReply(500, 'InternalServerError', error instanceof Error ? error.message : String(error));
  }
}

/** A request that was refused early is still read to its end, so that its sender gets to read the answer. */
function sendReply(request: IncomingMessage, response: ServerResponse, { status, headers, body }: Reply): void {
  if (status === undefined) {
    response.socket?.resetAndDestroy();
    return;
  }
  request.resume();
  const text = body === undefined ? '' : JSON.stringify(body);
  response.writeHead(status, { ...(text === '' ? {} : { 'content-type': 'application/json' }), ...headers });
  response.end(text);
}

function refusalOf({ now, tables }: Endpoint, { url = '' }: IncomingMessage, { status = 0, body }: Reply): Refusal {
  const { code = '', message = '' } =
    (body as { error?: { code?: string; message?: string } } | undefined)?.error ?? {};
  const table = /\/Custom-([^/?]+)/u.exec(url)?.[1] ?? '';
  const known = tables.has(table) ? table : undefined;
  return { time: new Date(now()).toISOString(), path: url, table: known, status, code, message };
}

async function serve(endpoint: Endpoint, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { stats } = endpoint;
  const isUpload = !(request.url ?? '').startsWith('/_ingestion/');
  if (isUpload) {
    stats.requests += 1;
    endpoint.running += 1;
    stats.mostAtOnce = Math.max(stats.mostAtOnce, endpoint.running);
  }
  const reply = await replyTo(endpoint, request);
  if (isUpload) {
    endpoint.running -= 1;
    const status = String(reply.status ?? 0);
    stats.statuses[status] = (stats.statuses[status] ?? 0) + 1;
    if (reply.status !== undefined && reply.status >= 400) noteRefusal(stats, refusalOf(endpoint, request, reply));
  }
  sendReply(request, response, reply);
}

async function createStore({ keep = 'file', dir = DEFAULT_FOLDER }: IngestionOptions): Promise<RowStore> {
  return keep === 'file' ? createFileStore(dir) : createMemoryStore();
}

async function createEndpoint(options: IngestionOptions): Promise<Endpoint> {
  const now = options.now ?? Date.now;
  return {
    tables: await readTables(options.tablesDir),
    ruleIds: options.ruleIds ?? [DEFAULT_RULE_ID],
    tokens: options.tokens,
    now,
    store: await createStore(options),
    unread: options.keep === 'calls' ? [] : undefined,
    faults: createFaultBook<IngestionFault>(FAULT_SEED, now),
    stats: createIngestionStats(),
    running: 0,
  };
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

async function close(server: Server, { store }: Endpoint): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
  await store.close();
}

/** Starts an endpoint that takes what the Logs Ingestion API takes and refuses what it refuses, on a loopback port. */
export async function startIngestion(options: IngestionOptions = {}): Promise<Ingestion> {
  const endpoint = await createEndpoint(options);
  const server = createServer((request, response) => {
    serve(endpoint, request, response).catch(() => response.destroy());
  });
  const port = await listen(server, options.port ?? 0).catch(async (error: unknown) => {
    await endpoint.store.close();
    throw error;
  });
  return {
    url: `http://127.0.0.1:${port}`,
    ruleId: endpoint.ruleIds[0] ?? DEFAULT_RULE_ID,
    stats: () => readStats(endpoint),
    rows: (table) => endpoint.store.read(table),
    setFaults: (...faults) => setFaults(endpoint, faults),
    close: () => close(server, endpoint),
  };
}
