import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { FaultBook } from '../simulator/fault-rules.ts';
import { convertRow, fileTime, type Row } from './convert-row.ts';
import type { IngestionFault, IngestionFaultAction } from './ingestion-faults.ts';
import { countLoss, tableStats, type IngestionStats } from './ingestion-stats.ts';
import { readCall, readUpload, UploadError, type Call, type Upload } from './read-upload.ts';
import type { RowStore } from './row-store.ts';
import type { Table } from './tables.ts';

/** All that the endpoint answers from. */
export interface Endpoint {
  readonly tables: ReadonlyMap<string, Table>;
  readonly ruleIds: readonly string[];
  readonly tokens: readonly string[] | undefined;
  readonly now: () => number;
  readonly store: RowStore;
  /** Calls that are read only when statistics are asked for; undefined where each is read before it is answered. */
  readonly unread: { readonly table: Table; readonly call: Call }[] | undefined;
  readonly faults: FaultBook<IngestionFault>;
  readonly stats: IngestionStats;
  running: number;
}

/** What is answered; without a status the connection is reset. */
export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const FAULT_CODES: Readonly<Record<number, string>> = {
  400: 'InvalidPayload',
  403: 'OperationFailed',
  413: 'ContentLengthLimitExceeded',
  429: 'TooManyRequests',
  500: 'InternalServerError',
  503: 'ServiceUnavailable',
};

/** An error in Azure's form. */
export function errorReply(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return { status, headers, body: { error: { code, message } } };
}

function statusReply(fault: IngestionFaultAction & { kind: 'status' | 'accept-then-status' }): Reply {
  const { status, retryAfterSeconds } = fault;
  const code = 'code' in fault ? fault.code : undefined;
  const message = 'message' in fault ? fault.message : undefined;
  const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  return errorReply(status, code ?? FAULT_CODES[status] ?? 'SimulatedFault', message ?? 'simulated fault', headers);
}

function checkToken({ tokens }: Endpoint, header: string | undefined): void {
  const token = /^Bearer (\S+)$/u.exec(header ?? '')?.[1];
  if (token === undefined || tokens?.includes(token) === false) {
    throw new UploadError(401, 'AuthenticationTokenNotFound', 'a bearer token for Azure Monitor is needed');
  }
}

/** The table a path leads to. */
function findTable({ ruleIds, tables }: Endpoint, url: URL): Table {
  const match = /^\/dataCollectionRules\/([^/]+)\/streams\/([^/]+)$/u.exec(url.pathname);
  if (match === null) throw new UploadError(404, 'NotFound', `no such path: ${url.pathname}`);
  const [ruleId = '', stream = ''] = match.slice(1).map(decodeURIComponent);
  if (!ruleIds.includes(ruleId)) throw new UploadError(404, 'NotFound', `no data collection rule ${ruleId}`);
  const table = tables.get(stream.replace(/^Custom-/u, ''));
  if (table === undefined || !stream.startsWith('Custom-')) {
    const known = [...tables.keys()].map((name) => `Custom-${name}`).join(', ');
    throw new UploadError(404, 'InvalidStream', `stream ${stream} is not in the rule; it has ${known}`);
  }
  if (!url.searchParams.has('api-version')) {
    throw new UploadError(400, 'MissingApiVersionParameter', 'the query needs api-version');
  }
  return table;
}

function convertRows(endpoint: Endpoint, table: Table, rows: readonly Row[]): Row[] {
  const stats = tableStats(endpoint.stats, table.name);
  const now = endpoint.now();
  return rows.map((row) => {
    const kept = convertRow(row, table, (loss, column) => countLoss(stats, loss, column));
    const { time, isReplaced } = fileTime(kept.TimeGenerated, now);
    if (isReplaced) stats.replacedTimes += 1;
    return { ...kept, TimeGenerated: time };
  });
}

async function keepRows(endpoint: Endpoint, table: Table, upload: Upload): Promise<void> {
  await endpoint.store.append(table.name, convertRows(endpoint, table, upload.rows));
  countUpload(endpoint, table, upload);
}

function countUpload({ stats: all }: Endpoint, table: Table, { rows, bytes, wireBytes }: Upload): void {
  const stats = tableStats(all, table.name);
  stats.requests += 1;
  stats.rows += rows.length;
  stats.bytes += bytes;
  stats.wireBytes += wireBytes;
}

/** Reads the calls that were answered unread. @throws UploadError for the first one that Azure would have refused. */
export function readUnread(endpoint: Endpoint): void {
  for (const { table, call } of endpoint.unread?.splice(0) ?? []) countUpload(endpoint, table, readUpload(call));
}

function findKind<Kind extends IngestionFaultAction['kind']>(
  faults: readonly IngestionFaultAction[],
  kind: Kind,
): Extract<IngestionFaultAction, { kind: Kind }> | undefined {
  return faults.find((fault): fault is Extract<IngestionFaultAction, { kind: Kind }> => fault.kind === kind);
}

function hasRow({ rows }: Upload, pattern: RegExp): boolean {
  return rows.some((row) => pattern.test(JSON.stringify(row)));
}

/**
 * Takes an upload in, as far as the faults let it.
 * @throws UploadError for a call that Azure would refuse.
 */
export async function acceptUpload(endpoint: Endpoint, request: IncomingMessage, url: URL): Promise<Reply> {
  if (request.method !== 'POST') throw new UploadError(405, 'MethodNotAllowed', 'rows are sent by POST');
  checkToken(endpoint, request.headers.authorization);
  const table = findTable(endpoint, url);
  const call = await readCall(request);
  const upload = endpoint.unread === undefined ? readUpload(call) : undefined;
  const faults = endpoint.faults.take(`POST ${url.pathname}`);
  const refused = findKind(faults, 'status');
  if (refused !== undefined) return statusReply(refused);
  const { pattern, status = 400 } = findKind(faults, 'refuse-rows') ?? {};
  if (pattern !== undefined && hasRow(upload ?? readUpload(call), new RegExp(pattern, 'u'))) {
    return statusReply({ kind: 'status', status });
  }
  if (findKind(faults, 'reset') !== undefined) return {};
  if (upload === undefined) endpoint.unread?.push({ table, call });
  else await keepRows(endpoint, table, upload);
  const late = findKind(faults, 'delay');
  if (late !== undefined) await delay(late.ms);
  if (findKind(faults, 'accept-then-reset') !== undefined) return {};
  const failed = findKind(faults, 'accept-then-status');
  return failed === undefined ? { status: 204 } : statusReply(failed);
}
