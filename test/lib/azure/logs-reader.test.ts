import { describe, expect, test } from 'vitest';
import { DEVELOPMENT_TOKEN } from '../../../src/lib/azure/credential.ts';
import { createLogsReader } from '../../../src/lib/azure/logs-reader.ts';
import { ConfigError, FatalError, RetryableError, WaitError } from '../../../src/lib/errors.ts';
import { serveLogsQuery, type QueryAnswer } from '../../support/logs-query.ts';

const WORKSPACE = '11111111-2222-4333-8444-555555555555';
const SPAN = { from: new Date('2026-05-01T00:00:00Z'), to: new Date('2026-05-02T00:00:00Z') };

async function setUp(answer: QueryAnswer) {
  const server = await serveLogsQuery(() => answer);
  const reader = createLogsReader(
    {
      LOGS_QUERY_WORKSPACE_ID: WORKSPACE,
      LOGS_QUERY_ENDPOINT: server.endpoint,
      LOGS_QUERY_AUDIENCE: 'https://api.loganalytics.io',
    },
    () => {
      throw new Error('a real credential must not be asked for on loopback');
    },
  );
  const query = (signal = new AbortController().signal) => reader.query('QualysEdrEvents_CL | take 1', SPAN, signal);
  const failure = () =>
    query().then(
      () => 'answered',
      (error: unknown) => error,
    );
  return { server, query, failure };
}

const refusal = (status: number, code: string, message: string, headers = {}): QueryAnswer => ({
  status,
  headers,
  body: { error: { code, message, innererror: { code: 'Inner', message: `the reason: ${message}` } } },
});

describe('a query', () => {
  test('is one POST to the workspace with its text and time span, by the identity', async () => {
    const { server, query } = await setUp({ rows: [] });
    expect(await query()).toEqual({ rows: [] });
    expect(server.queries).toEqual([
      {
        workspace: WORKSPACE,
        kql: 'QualysEdrEvents_CL | take 1',
        timespan: '2026-05-01T00:00:00.000Z/2026-05-02T00:00:00.000Z',
        authorization: `Bearer ${DEVELOPMENT_TOKEN}`,
      },
    ]);
  });

  test('gives rows by column, with times as ISO text and dynamic values as they are', async () => {
    const row = { EventId: 'a', Score: 8, Verdicts: ['KNOWN'], EventTime: '2026-05-01T10:00:00.000Z', Severity: null };
    const { query } = await setUp({ rows: [row] });
    expect((await query()).rows).toEqual([row]);
  });

  test('that gives only a part says so', async () => {
    const { query } = await setUp({
      rows: [{ A: 1 }],
      error: { code: 'PartialError', message: 'result is too large' },
    });
    expect(await query()).toEqual({ rows: [{ A: 1 }], partialError: 'PartialError: result is too large' });
  });

  test('without a workspace names the setting that is missing', async () => {
    const reader = createLogsReader(
      {
        LOGS_QUERY_WORKSPACE_ID: undefined,
        LOGS_QUERY_ENDPOINT: 'https://x.example',
        LOGS_QUERY_AUDIENCE: 'https://x.example',
      },
      () => {
        throw new Error('no credential');
      },
    );
    await expect(reader.query('T', SPAN, new AbortController().signal)).rejects.toThrow(
      /LOGS_QUERY_WORKSPACE_ID must be set/,
    );
  });

  test('ends with the signal, whatever the service does', async () => {
    const { query } = await setUp('no answer');
    await expect(query(AbortSignal.timeout(100))).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});

describe('a refusal', () => {
  test('by the service’s limits tells how long to wait', async () => {
    const { failure } = await setUp(refusal(429, 'Throttled', 'too many requests', { 'retry-after': '7' }));
    const error = await failure();
    expect(error).toBeInstanceOf(WaitError);
    expect((error as WaitError).retryAfterMs).toBe(7000);
    const absurd = await setUp(refusal(429, 'Throttled', 'too many requests', { 'retry-after': '9999999999' }));
    expect(await absurd.failure()).toMatchObject({ retryAfterMs: 86_400_000 });
  });

  test.for([401, 403])('for missing rights (%i) names the role', async (status) => {
    const { failure } = await setUp(refusal(status, 'InsufficientAccessError', 'no access'));
    const error = await failure();
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toMatch(/Log Analytics Data Reader/);
  });

  test('of an unknown workspace names the setting', async () => {
    const { failure } = await setUp(refusal(404, 'WorkspaceNotFoundError', 'no such workspace'));
    expect(await failure()).toBeInstanceOf(ConfigError);
  });

  test('of the query carries the innermost reason', async () => {
    const { failure } = await setUp(refusal(400, 'BadArgumentError', 'a table is missing'));
    const error = await failure();
    expect(error).toBeInstanceOf(FatalError);
    expect((error as Error).message).toMatch(/400 the reason: a table is missing/);
  });

  test.for([500, 503, 504])('that passes (%i) may be tried again', async (status) => {
    const { failure } = await setUp(refusal(status, 'Internal', 'later'));
    expect(await failure()).toBeInstanceOf(RetryableError);
  });

  test('without any answer may be tried again', async () => {
    const reader = createLogsReader(
      {
        LOGS_QUERY_WORKSPACE_ID: WORKSPACE,
        LOGS_QUERY_ENDPOINT: 'http://127.0.0.1:9',
        LOGS_QUERY_AUDIENCE: 'https://api.loganalytics.io',
      },
      () => {
        throw new Error('no credential');
      },
    );
    await expect(reader.query('T', SPAN, new AbortController().signal)).rejects.toBeInstanceOf(RetryableError);
  });
});
