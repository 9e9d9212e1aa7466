import type { TokenCredential } from '@azure/core-auth';
import type { RestError } from '@azure/core-rest-pipeline';
import type { LogsQueryClient, LogsTable } from '@azure/monitor-query-logs';
import type { Settings } from '../config.ts';
import { ConfigError, type ConnectorError, FatalError, messageOf, RetryableError } from '../errors.ts';
import type { LogRows, LogsReader } from '../enrich/ports.ts';
import { isLoopback } from '../setting-kinds.ts';
import { untilAborted } from '../until-aborted.ts';
import { allowPlainHttp, developmentCredential, identityError, isWithoutToken } from './credential.ts';
import { refusalOf } from './refusal.ts';

type ReaderSettings = Pick<Settings, 'LOGS_QUERY_WORKSPACE_ID' | 'LOGS_QUERY_ENDPOINT' | 'LOGS_QUERY_AUDIENCE'>;

const ADVICE = {
  role: 'the identity needs the role Log Analytics Data Reader on the workspace',
  address: 'check LOGS_QUERY_WORKSPACE_ID',
};
const SERVER_TIMEOUT_SECONDS = 30;

/**
 * Reads the workspace by its query API. The client is loaded with the first query: few deployments use it.
 * Without a workspace each query says which setting is missing.
 */
export function createLogsReader(settings: ReaderSettings, credential: () => TokenCredential): LogsReader {
  const workspaceId = settings.LOGS_QUERY_WORKSPACE_ID;
  let loading: Promise<LogsQueryClient> | undefined;
  return {
    query: async (kql, { from, to }, signal) => {
      if (workspaceId === undefined) {
        throw new ConfigError('LOGS_QUERY_WORKSPACE_ID must be set to look into the ingested tables');
      }
      signal.throwIfAborted();
      loading ??= loadClient(settings, credential);
      const client = await loading;
      const options = { serverTimeoutInSeconds: SERVER_TIMEOUT_SECONDS };
      const answer = client.queryWorkspace(workspaceId, kql, { startTime: from, endTime: to }, options);
      try {
        // The client takes no signal (1.0.0), so its answer is left to itself when the caller's time is over.
        return toRows(await untilAborted(answer, signal));
      } catch (thrown) {
        signal.throwIfAborted();
        throw toQueryError(settings.LOGS_QUERY_ENDPOINT, thrown);
      }
    },
  };
}

async function loadClient(settings: ReaderSettings, credential: () => TokenCredential): Promise<LogsQueryClient> {
  const { LogsQueryClient } = await import('@azure/monitor-query-logs');
  const endpoint = settings.LOGS_QUERY_ENDPOINT;
  const isLocal = isLoopback(endpoint);
  const client = new LogsQueryClient(isLocal ? developmentCredential : credential(), {
    endpoint,
    credentials: { scopes: [`${settings.LOGS_QUERY_AUDIENCE}/.default`] },
    allowInsecureConnection: isLocal,
    // The caller waits, and is told how long to stay away.
    retryOptions: { maxRetries: 0 },
  });
  if (isLocal) allowPlainHttp(client.pipeline);
  return client;
}

type QueryAnswer = Awaited<ReturnType<LogsQueryClient['queryWorkspace']>>;

function toRows(answer: QueryAnswer): LogRows {
  if (!('partialError' in answer)) return { rows: rowsOf(answer.tables[0]) };
  const { code, message } = answer.partialError;
  return { rows: rowsOf(answer.partialTables[0]), partialError: `${code}: ${message}`.slice(0, 500) };
}

function rowsOf(table: LogsTable | undefined): LogRows['rows'] {
  if (table === undefined) return [];
  const names = table.columnDescriptors.map(({ name }) => name);
  return table.rows.map((row) => Object.fromEntries(row.map((cell, index) => [names[index] ?? '', toPlain(cell)])));
}

function toPlain(cell: unknown): unknown {
  if (!(cell instanceof Date)) return cell;
  return Number.isNaN(cell.getTime()) ? null : cell.toISOString();
}

/** What a refused query means. */
function toQueryError(endpoint: string, thrown: unknown): ConnectorError {
  if (isWithoutToken(thrown)) {
    return identityError('no token for Log Analytics: check the identity of the app', { cause: thrown });
  }
  const { response, statusCode: status } = thrown as Partial<RestError>;
  const text = `Log Analytics answered ${String(status)} ${wordsOf(thrown)}`.trim();
  const refusal = refusalOf(status, text, response?.headers.get('retry-after'), ADVICE);
  if (refusal !== undefined) return refusal;
  if (typeof status === 'number' && status >= 400 && status < 500 && status !== 408) {
    return new FatalError(text, { fault: { status } });
  }
  if (typeof status === 'number') return new RetryableError(text, { fault: { status } });
  return new RetryableError(`Log Analytics at ${new URL(endpoint).host} could not be read`, { cause: thrown });
}

/** The service's own words: the innermost of its nested errors says what is wrong. */
function wordsOf(thrown: unknown): string {
  interface Nested {
    readonly message?: unknown;
    readonly innererror?: Nested;
  }
  let error = (thrown as { details?: { error?: Nested } }).details?.error;
  while (error?.innererror?.message !== undefined) error = error.innererror;
  const message = typeof error?.message === 'string' ? error.message : messageOf(thrown);
  return message.replace(/\s+/g, ' ').slice(0, 300);
}
