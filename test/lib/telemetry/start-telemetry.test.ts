import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test, vi } from 'vitest';
import { RetryableError } from '../../../src/lib/errors.ts';
import {
  observeCalls,
  observeLog,
  observeQueue,
  observeSink,
  observeStream,
} from '../../../src/lib/telemetry/observe.ts';
import { createTelemetry } from '../../../src/lib/telemetry/start-telemetry.ts';
import type { TelemetryOptions } from '../../../src/lib/telemetry/telemetry.ts';
import { serveHttp } from '../../support/http-server.ts';
import { keptLog, keptQueue, keptSink, pagedStream } from '../../support/pipeline.ts';
import { startCollector } from './collector.ts';

const root = resolve(import.meta.dirname, '../../..');
const run = promisify(execFile);
const ABOUT = { stream: 'edr-events', attributes: { stream: 'edr-events' } };
const HOST_TRACE = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-00`;

function optionsFor(options: Partial<TelemetryOptions>): TelemetryOptions & { readonly lines: string[] } {
  const { log, lines } = keptLog();
  const credential = (): never => {
    throw new Error('no credential is needed here');
  };
  return { version: '1.0.0', instance: 'test-1', log, credential, lines, ...options };
}

describe('without an exporter', () => {
  test('nothing is wrapped and the invocation runs as it is', async () => {
    const telemetry = createTelemetry(optionsFor({}));
    const [{ log }, queue, sink, { stream }] = [keptLog(), keptQueue(), keptSink(), pagedStream(1)];
    expect(observeLog(log, telemetry)).toBe(log);
    expect(observeQueue(queue, telemetry)).toBe(queue);
    expect(observeSink(sink, telemetry)).toBe(sink);
    expect(observeStream(stream, telemetry)).toBe(stream);
    expect(observeCalls(telemetry)).toBeUndefined();
    expect(await telemetry.invocation('plan', ABOUT, () => Promise.resolve(7))).toBe(7);
    expect(telemetry.sdk()).toBeUndefined();
  });

  test('the app loads without the SDK', async () => {
    const script = `require(${JSON.stringify(resolve(root, 'dist/main.cjs'))}); console.log(JSON.stringify(Object.keys(require.cache)));`;
    const { stdout } = await run(process.execPath, ['-e', script]);
    const loaded = JSON.parse(stdout.trim().split('\n').at(-1) ?? '[]') as string[];
    expect(loaded.some((path) => path.endsWith('main.cjs'))).toBe(true);
    expect(loaded.filter((path) => /otel-sdk|opentelemetry/.test(path))).toEqual([]);
  });
});

describe('with a collector', () => {
  test('the SDK is loaded with the first invocation, and the spans continue the trace of the host', async () => {
    const collector = await startCollector();
    const telemetry = createTelemetry(optionsFor({ otlpEndpoint: collector.url }));
    expect(telemetry.sdk()).toBeUndefined();
    await telemetry.invocation('plan', { ...ABOUT, parent: HOST_TRACE }, () => Promise.resolve());
    await telemetry.shutdown();
    const [span] = collector.spans();
    expect(span).toMatchObject({
      name: 'plan',
      traceId: 'ab'.repeat(16),
      parentSpanId: 'cd'.repeat(8),
      isError: false,
    });
    expect(span?.attributes).toEqual({ 'qualys.stream': 'edr-events' });
    expect(collector.text()).toContain('qualys-sentinel-connector');
  });

  test('work items carry their tick through hand-overs, slices and next windows', async () => {
    const collector = await startCollector();
    const telemetry = createTelemetry(optionsFor({ otlpEndpoint: collector.url }));
    const kept = keptQueue();
    const queue = observeQueue(kept, telemetry);
    const item = { version: 1, stream: 'edr-events', run: 'live', window: 'w' } as const;
    await telemetry.invocation('plan', ABOUT, () => queue.send(item));
    const traceparent = kept.sent[0]?.item.traceparent;
    expect(traceparent).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-01$/);
    const about = { ...ABOUT, parent: traceparent, origin: traceparent, link: HOST_TRACE };
    await telemetry.invocation('window', about, async () => {
      await queue.send({ ...item, window: 'slice' });
      if (kept.sent[0] !== undefined) await queue.send(kept.sent[0].item, 30);
    });
    await queue.send(item);
    await telemetry.shutdown();
    expect(kept.sent.map(({ item: sent }) => sent.traceparent)).toEqual([
      traceparent,
      traceparent,
      traceparent,
      undefined,
    ]);
    expect(kept.sent[2]?.delaySeconds).toBe(30);
    const window = collector.spans().find(({ name }) => name === 'window');
    expect(window?.traceId).toBe(traceparent?.slice(3, 35));
    expect(window?.links).toMatchObject([{ traceId: 'ab'.repeat(16) }]);
  });

  test('an invocation that throws throws the same, is counted and marked', async () => {
    const collector = await startCollector();
    const telemetry = createTelemetry(optionsFor({ otlpEndpoint: collector.url }));
    const error = new RetryableError('the storage said Bearer abcdefgh12345');
    await expect(telemetry.invocation('window', ABOUT, () => Promise.reject(error))).rejects.toBe(error);
    await telemetry.shutdown();
    expect(collector.spans()).toMatchObject([{ isError: true, attributes: { 'error.type': 'RetryableError' } }]);
    expect(collector.total('qualys.failures', { kind: 'invocation', error: 'RetryableError' })).toBe(1);
    expect(collector.text()).not.toContain('abcdefgh12345');
  });
});

test('headers that Key Vault did not give are not sent to the collector', async () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', '@Microsoft.KeyVault(SecretUri=https://v.example/secrets/a)');
  const collector = await startCollector();
  const options = optionsFor({ otlpEndpoint: collector.url });
  const telemetry = createTelemetry(options);
  expect(await telemetry.invocation('plan', ABOUT, () => Promise.resolve(7))).toBe(7);
  vi.unstubAllEnvs();
  expect(options.lines.join()).toContain('OTEL_EXPORTER_OTLP_HEADERS is an unresolved Key Vault reference');
  expect(collector.requests()).toBe(0);
});

describe.each([
  ['that is dead', () => Promise.resolve('http://127.0.0.1:9')],
  ['that never answers', async () => (await startCollector(true)).url],
])('a collector %s', (_case, start) => {
  test('neither fails nor delays ingestion', async () => {
    const options = optionsFor({ otlpEndpoint: await start() });
    const telemetry = createTelemetry(options);
    await telemetry.invocation('window', ABOUT, () => Promise.resolve());
    const startedAt = performance.now();
    const results: number[] = [];
    for (let count = 0; count < 200; count++) {
      results.push(await telemetry.invocation('window', ABOUT, () => Promise.resolve(count)));
    }
    // One wait of half a second a minute at most; two hundred waits would take a hundred seconds.
    expect(performance.now() - startedAt).toBeLessThan(3000);
    expect(results).toEqual(Array.from({ length: 200 }, (_, index) => index));
    await telemetry.shutdown();
    expect(options.lines.filter((line) => line.includes('TelemetryExportError')).length).toBeLessThanOrEqual(1);
  });
});

describe('Application Insights', () => {
  const KEY = '00000000-1111-4222-8333-444444444444';

  test('gets metrics and spans', async () => {
    const insights = await serveHttp(({ body, headers }, response) => {
      const text = headers['content-encoding'] === 'gzip' ? gunzipSync(body).toString() : body.toString();
      const count = text.trim().split('\n').length;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ itemsReceived: count, itemsAccepted: count, errors: [] }));
    });
    // In a process of its own, because the exporter asks Microsoft for its configuration after five seconds.
    const script = `
      import { createTelemetry } from './src/lib/telemetry/start-telemetry.ts';
      import { observeLog } from './src/lib/telemetry/observe.ts';
      const log = { info() {}, warn: console.log, error: console.log, with: () => log };
      const connectionString = 'InstrumentationKey=${KEY};IngestionEndpoint=${insights.url}/';
      const telemetry = createTelemetry({ connectionString, version: '1', instance: 'i', log, credential: () => ({}) });
      await telemetry.invocation('plan', { stream: 's', attributes: {} }, async () => {
        observeLog(log, telemetry).info('RowsUploaded', { stream: 's', rows: 42 });
      });
      await telemetry.shutdown();
      process.exit(0);`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: root });
    expect(stdout).toBe('');
    const text = insights.arrived
      .map(({ body, headers }) => (headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString())
      .join('\n');
    expect(insights.arrived.map(({ url }) => url).every((url) => url.endsWith('/track'))).toBe(true);
    expect(text).toMatch(/"name":"qualys\.rows"[^}]*"value":42/);
    expect(text).toMatch(/"name":"plan"/);
  });

  test('is left out when its connection string is none, and ingestion goes on', async () => {
    const options = optionsFor({ connectionString: 'InstrumentationKey=nonsense' });
    const telemetry = createTelemetry(options);
    expect(await telemetry.invocation('plan', ABOUT, () => Promise.resolve(7))).toBe(7);
    expect(options.lines.join()).toContain('TelemetryStartError');
    expect(options.lines.join()).not.toContain('nonsense');
  });
});
