import { AuthenticationError, CredentialUnavailableError } from '@azure/identity';
import { createDefaultHttpClient } from '@azure/core-rest-pipeline';
import type { ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { createLogsIngestionSink } from '../../../src/lib/azure/logs-ingestion-sink.ts';
import { DEVELOPMENT_TOKEN } from '../../../src/lib/azure/credential.ts';
import { ChunkRefusedError, ConfigError, FatalError, RetryableError, WaitError } from '../../../src/lib/errors.ts';
import { chunkOf } from '../../support/pipeline.ts';
import { serveHttp, type ArrivedRequest } from '../../support/http-server.ts';

const RULE = 'dcr-00000000000000000000000000000000';
const noCredential = () => {
  throw new Error('a real credential must not be asked for on loopback');
};

async function setUp(answer: (response: ServerResponse, count: number, request: ArrivedRequest) => void) {
  const { url, arrived } = await serveHttp((request, response, count) => answer(response, count, request));
  const settings = {
    LOGS_INGESTION_ENDPOINT: url,
    LOGS_INGESTION_RULE_ID: RULE,
    LOGS_INGESTION_AUDIENCE: 'https://monitor.azure.com',
  };
  const sink = createLogsIngestionSink(settings, noCredential);
  return { sink, arrived, upload: () => sink.upload('Test_CL', chunkOf({ n: 1 }, { n: 2 })) };
}

/** Answers as the service does: status, headers, an error with code and message. */
function answer(response: ServerResponse, status: number, code = '', message = '', headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(code === '' ? '' : JSON.stringify({ error: { code, message } }));
}

async function failure(upload: () => Promise<void>): Promise<unknown> {
  return upload().then(
    () => 'accepted',
    (error: unknown) => error,
  );
}

describe('an upload', () => {
  test('is one compressed POST to the stream of the table', async () => {
    const { arrived, upload } = await setUp((response) => answer(response, 204));
    await upload();
    expect(arrived).toHaveLength(1);
    const [{ method, url, headers, body }] = arrived as [ArrivedRequest];
    expect(`${method} ${url}`).toBe(`POST /dataCollectionRules/${RULE}/streams/Custom-Test_CL?api-version=2023-01-01`);
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'content-encoding': 'gzip',
      authorization: `Bearer ${DEVELOPMENT_TOKEN}`,
      'content-length': String(body.length),
    });
    expect(JSON.parse(gunzipSync(body).toString())).toEqual([{ n: 1 }, { n: 2 }]);
  });

  test('keeps bytes that JSON would change: numbers beyond 2^53 and all of Unicode', async () => {
    const { arrived, sink } = await setUp((response) => answer(response, 204));
    const json = Buffer.from('[{"n":9007199254740993,"t":"\\u0000 😀 ﷽"}]');
    await sink.upload('Test_CL', { json, rows: 1 });
    expect(gunzipSync(arrived[0]!.body).equals(json)).toBe(true);
  });
});

describe('a refusal', () => {
  test.for([
    [413, false],
    [400, true],
  ] as const)('%d is of the chunk, with the service’s words, and is not sent again', async ([status, isForContent]) => {
    const { arrived, upload } = await setUp((r) => answer(r, status, 'SomeCode', 'Maximum is 1048576.'));
    const error = await failure(upload);
    expect(error).toBeInstanceOf(ChunkRefusedError);
    expect(error).toMatchObject({ isForContent });
    expect((error as Error).message).toContain('SomeCode: Maximum is 1048576.');
    expect(arrived).toHaveLength(1);
  });

  test.for([
    ['in seconds', { 'retry-after': '17' }, 17_000, 17_000],
    ['of zero', { 'retry-after': '0' }, 1000, 1000],
    ['as a date', { 'retry-after': new Date(Date.now() + 60_000).toUTCString() }, 50_000, 60_000],
    ['absent', {}, 30_000, 30_000],
    ['unreadable', { 'retry-after': 'soon' }, 30_000, 30_000],
    ['far too long', { 'retry-after': '999999999999999999999' }, 86_400_000, 86_400_000],
    ['of the far future', { 'retry-after': 'Sun, 31 Dec 2999 23:59:59 GMT' }, 86_400_000, 86_400_000],
    ['no finite number', { 'retry-after': '1e15' }, 30_000, 30_000],
    ['in the past', { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }, 1000, 1000],
  ] as const)('429 with Retry-After %s is a wait that nothing sleeps through', async ([, headers, least, most]) => {
    const { arrived, upload } = await setUp((response) => answer(response, 429, '', '', headers));
    const startedAt = Date.now();
    const error = await failure(upload);
    expect(error).toBeInstanceOf(WaitError);
    expect((error as WaitError).retryAfterMs).toBeGreaterThanOrEqual(least);
    expect((error as WaitError).retryAfterMs).toBeLessThanOrEqual(most);
    expect(arrived).toHaveLength(1);
    expect(Date.now() - startedAt).toBeLessThan(5000);
  });

  test.for([
    [401, /Monitoring Metrics Publisher/],
    [403, /Monitoring Metrics Publisher.*30 minutes/],
    [404, /LOGS_INGESTION_ENDPOINT, LOGS_INGESTION_RULE_ID/],
  ] as const)('%d is a configuration error that says what to check', async ([status, hint]) => {
    const { arrived, upload } = await setUp((r) => answer(r, status, 'OperationFailed', 'not allowed'));
    const error = await failure(upload);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).message).toMatch(hint);
    expect((error as ConfigError).message).toContain('OperationFailed: not allowed');
    expect((error as ConfigError).fault.status).toBe(status);
    expect(arrived).toHaveLength(1);
  });

  test('for another reason fails at once with the service’s words', async () => {
    const { arrived, upload } = await setUp((response) => answer(response, 415, 'UnsupportedMediaType', 'no JSON'));
    const error = await failure(upload);
    expect(error).toBeInstanceOf(FatalError);
    expect((error as Error).message).toContain('UnsupportedMediaType: no JSON');
    expect(arrived).toHaveLength(1);
  });

  test('that is no JSON is told in short, without line breaks', async () => {
    const { upload } = await setUp((response) => {
      response.writeHead(403, { 'content-type': 'text/html' });
      response.end(`<html>\n${'x'.repeat(10_000)}`);
    });
    const { message } = (await failure(upload)) as Error;
    expect(message.length).toBeLessThan(600);
    expect(message).not.toContain('\n');
  });
});

describe('a fault that may pass', () => {
  test.for([500, 503, 408])('%d is tried again at once, and then succeeds', async (status) => {
    const { arrived, upload } = await setUp((response, count) => answer(response, count === 1 ? status : 204));
    await upload();
    expect(arrived).toHaveLength(2);
    expect(arrived[1]!.body.equals(arrived[0]!.body)).toBe(true);
  });

  test('that stays is given up after three tries, for the queue to try later', async () => {
    const { arrived, upload } = await setUp((response) => answer(response, 500, 'InternalServerError', 'sorry'));
    const error = await failure(upload);
    expect(error).toBeInstanceOf(RetryableError);
    expect((error as Error).message).toContain('InternalServerError: sorry');
    expect(arrived).toHaveLength(3);
  });

  test('a connection that is cut is tried again, and then succeeds', async () => {
    const { arrived, upload } = await setUp((response, count) => {
      if (count === 1) response.destroy();
      else answer(response, 204);
    });
    await upload();
    expect(arrived).toHaveLength(2);
  });

  test('an endpoint that is not there is a passing fault that names the host', async () => {
    const sink = createLogsIngestionSink(
      {
        LOGS_INGESTION_ENDPOINT: 'http://127.0.0.1:9',
        LOGS_INGESTION_RULE_ID: RULE,
        LOGS_INGESTION_AUDIENCE: 'https://monitor.azure.com',
      },
      noCredential,
    );
    const error = await failure(() => sink.upload('Test_CL', chunkOf({})));
    expect(error).toBeInstanceOf(RetryableError);
    expect((error as Error).message).toContain('127.0.0.1:9');
  });
});

describe('a worker that lost its claim', () => {
  test('stops an upload under way with the reason', async () => {
    const stop = new AbortController();
    const { sink } = await setUp(() => stop.abort(new Error('claim lost')));
    await expect(sink.upload('Test_CL', chunkOf({}), stop.signal)).rejects.toThrow('claim lost');
  });
});

describe('in Azure', () => {
  const settings = {
    LOGS_INGESTION_ENDPOINT: 'https://dce.example.invalid',
    LOGS_INGESTION_RULE_ID: RULE,
    LOGS_INGESTION_AUDIENCE: 'https://monitor.azure.us',
  };

  test('the token is asked for the audience of the cloud and sent with the request', async () => {
    const scopes: unknown[] = [];
    const credential = {
      getToken: (scope: unknown) => {
        scopes.push(scope);
        return Promise.resolve({ token: 'real-token', expiresOnTimestamp: Date.now() + 3_600_000 });
      },
    };
    const sent: string[] = [];
    const sink = createLogsIngestionSink(settings, () => credential, {
      sendRequest: (request) => {
        sent.push(`${request.url} ${request.headers.get('authorization') ?? ''}`);
        return Promise.resolve({ request, status: 204, headers: request.headers });
      },
    });
    await sink.upload('Test_CL', chunkOf({}));
    expect(scopes.flat()).toEqual(['https://monitor.azure.us/.default']);
    expect(sent[0]).toMatch(/^https:\/\/dce\.example\.invalid\/dataCollectionRules\/.* Bearer real-token$/);
  });

  test.for([
    ['unavailable', new CredentialUnavailableError('no identity')],
    ['refused', new AuthenticationError(400, { error: 'invalid_client', error_description: 'unknown client' })],
  ] as const)('an identity that is %s is a configuration error', async ([, thrown]) => {
    const sink = createLogsIngestionSink(
      settings,
      () => ({ getToken: () => Promise.reject(thrown) }),
      createDefaultHttpClient(),
    );
    const error = await failure(() => sink.upload('Test_CL', chunkOf({})));
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toContain('identity');
  });
});

describe('the probe', () => {
  test('posts an empty array and tells what the service said', async () => {
    const { sink, arrived } = await setUp((response) => answer(response, 400, 'InvalidRequest', 'empty'));
    expect(await sink.probe('Test_CL')).toEqual({ status: 400, message: 'InvalidRequest: empty' });
    expect(gunzipSync(arrived[0]!.body).toString()).toBe('[]');
  });
});
