import {
  createDefaultHttpClient,
  createPipelineRequest,
  type HttpClient,
  type PipelineResponse,
} from '@azure/core-rest-pipeline';
import type { TokenCredential } from '@azure/core-auth';
import { LogsIngestionClient } from '@azure/monitor-ingestion';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { Settings } from '../config.ts';
import { ChunkRefusedError, type ConnectorError, FatalError, RetryableError } from '../errors.ts';
import { jsonIn } from '../json/json-in.ts';
import type { Sink } from '../pipeline/ports.ts';
import { isLoopback } from '../setting-kinds.ts';
import { allowPlainHttp, developmentCredential, identityError, isWithoutToken } from './credential.ts';
import { refusalOf } from './refusal.ts';

const compress = promisify(gzip);
/** Level 1 costs half the time of level 6 and leaves nearly the same size. */
const GZIP_LEVEL = constants.Z_BEST_SPEED;
const API_VERSION = '2023-01-01';
const UPLOAD_TIMEOUT_MS = 120_000;
const ADVICE = {
  role: 'the identity needs the role Monitoring Metrics Publisher on the data collection rule (a new role takes up to 30 minutes)',
  address: 'check LOGS_INGESTION_ENDPOINT, LOGS_INGESTION_RULE_ID and the streams of the data collection rule',
};
const BRIEF_RETRIES_MS: readonly number[] = [200, 1000];

/** The sink over the Logs Ingestion API, with the probe that `ping` uses. */
interface LogsIngestionSink extends Sink {
  /** Posts an empty array to a stream. @returns what the endpoint said. */
  readonly probe: (
    table: string,
    signal?: AbortSignal,
  ) => Promise<{ readonly status: number; readonly message: string }>;
}

type SinkSettings = Pick<Settings, 'LOGS_INGESTION_ENDPOINT' | 'LOGS_INGESTION_RULE_ID' | 'LOGS_INGESTION_AUDIENCE'>;

/**
 * Opens the sink. The client's own pipeline (identity, retries, user agent) is used without its `upload`, which makes
 * the JSON text twice, compresses at level 6 and does not retry a 429 without Retry-After (ADR 0009).
 */
export function createLogsIngestionSink(
  settings: SinkSettings,
  credential: () => TokenCredential,
  http: HttpClient = createDefaultHttpClient(),
): LogsIngestionSink {
  const endpoint = settings.LOGS_INGESTION_ENDPOINT;
  const isLocal = isLoopback(endpoint);
  const client = new LogsIngestionClient(endpoint, isLocal ? developmentCredential : credential(), {
    audience: settings.LOGS_INGESTION_AUDIENCE,
    // The client would sleep for as long as Retry-After says; waits belong to the queue.
    retryOptions: { maxRetries: 0 },
  });
  client.pipeline.removePolicy({ name: 'GzippingPolicy' });
  if (isLocal) allowPlainHttp(client.pipeline);

  async function post(table: string, body: Uint8Array, signal?: AbortSignal): Promise<PipelineResponse> {
    const path = `dataCollectionRules/${encodeURIComponent(settings.LOGS_INGESTION_RULE_ID)}/streams/Custom-${table}`;
    const request = createPipelineRequest({
      url: `${endpoint}/${path}?api-version=${API_VERSION}`,
      method: 'POST',
      body,
      timeout: UPLOAD_TIMEOUT_MS,
      allowInsecureConnection: isLocal,
      ...(signal === undefined ? {} : { abortSignal: signal }),
    });
    request.headers.set('content-type', 'application/json');
    request.headers.set('content-encoding', 'gzip');
    request.headers.set('accept', 'application/json');
    try {
      return await client.pipeline.sendRequest(http, request);
    } catch (error) {
      signal?.throwIfAborted();
      throw toUploadError(endpoint, error);
    }
  }

  return {
    upload: async (table, chunk, signal) => {
      const body = await compress(chunk.json, { level: GZIP_LEVEL });
      await retryBriefly(async () => {
        const answer = await post(table, body, signal);
        if (answer.status < 200 || answer.status >= 300) throw classifyUpload(answer);
      });
    },
    probe: async (table, signal) => {
      const answer = await post(table, await compress('[]'), signal);
      return { status: answer.status, message: messageIn(answer) };
    },
  };
}

/** Tries again at once what mostly passes at once, so that a blip does not cost the whole page. */
async function retryBriefly(run: () => Promise<void>): Promise<void> {
  for (const delayMs of BRIEF_RETRIES_MS) {
    try {
      await run();
      return;
    } catch (error) {
      if (!(error instanceof RetryableError)) throw error;
      await sleep(delayMs);
    }
  }
  await run();
}

/** What the service's refusal of an upload means. */
function classifyUpload(answer: PipelineResponse): ConnectorError {
  const { status } = answer;
  const text = `Logs Ingestion answered ${status} ${messageIn(answer)}`.trim();
  if (status === 413) return new ChunkRefusedError(text);
  if (status === 400) return new ChunkRefusedError(text, { isForContent: true });
  const refusal = refusalOf(status, text, answer.headers.get('retry-after'), ADVICE);
  if (refusal !== undefined) return refusal;
  if (status === 408 || status >= 500) return new RetryableError(text, { fault: { status } });
  return new FatalError(text, { fault: { status } });
}

/** The service's own words, e.g. `ContentLengthLimitExceeded: …`. */
function messageIn(answer: PipelineResponse): string {
  const body = answer.bodyAsText ?? '';
  const said = jsonIn(body) as { error?: { code?: string; message?: string } } | null | undefined;
  if (said === undefined || said === null) return body.replace(/\s+/g, ' ').slice(0, 200);
  const words = [said.error?.code, said.error?.message].filter((part) => part !== undefined);
  return words.join(': ').slice(0, 500);
}

function toUploadError(endpoint: string, error: unknown): ConnectorError {
  if (isWithoutToken(error)) {
    return identityError('no token for the Logs Ingestion API: check the identity of the app', { cause: error });
  }
  return new RetryableError(`Logs Ingestion at ${new URL(endpoint).host} could not be reached`, { cause: error });
}
