import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { startIngestion, type Ingestion, type IngestionOptions } from '../../dev/ingestion/start-ingestion.ts';

/** A fixed time of receipt. */
export const RECEIVED = '2024-06-15T12:00:00.000Z';

export const EDR_TABLE = 'QualysEdrEvents_CL';

/** Starts an endpoint that ends with the test and keeps its rows in memory. */
export async function ingest(options: IngestionOptions = {}): Promise<Ingestion> {
  const ingestion = await startIngestion({ keep: 'memory', now: () => Date.parse(RECEIVED), ...options });
  onTestFinished(ingestion.close);
  return ingestion;
}

/** A folder that goes with the test. */
export async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ingestion-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** What differs from a right upload. */
export interface UploadChange {
  readonly stream?: string;
  readonly ruleId?: string;
  readonly query?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a body as the JS client does. */
export async function send(
  ingestion: Ingestion,
  body: string | Uint8Array<ArrayBuffer>,
  change: UploadChange = {},
): Promise<Response> {
  const {
    stream = `Custom-${EDR_TABLE}`,
    ruleId = ingestion.ruleId,
    query = 'api%2Dversion=2023-01-01',
    method = 'POST',
  } = change;
  const url = `${ingestion.url}/dataCollectionRules/${ruleId}/streams/${stream}?${query}`;
  const headers = { authorization: 'Bearer development', 'content-type': 'application/json', ...change.headers };
  return fetch(url, { method, headers, ...(method === 'GET' ? {} : { body }) });
}

/** Sends rows. */
export async function upload(
  ingestion: Ingestion,
  rows: readonly unknown[],
  change: UploadChange = {},
): Promise<Response> {
  return send(ingestion, JSON.stringify(rows), change);
}
