import { readFile } from 'node:fs/promises';
import { globSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RetryableError } from '../../../src/lib/errors.ts';
import { callQualys } from '../../../src/lib/qualys/call/call-qualys.ts';
import { parseWorkItem } from '../../../src/lib/pipeline/work-item.ts';
import { observeCalls, observeLog, observeSink, observeStream } from '../../../src/lib/telemetry/observe.ts';
import { createTelemetry } from '../../../src/lib/telemetry/start-telemetry.ts';
import type { Telemetry } from '../../../src/lib/telemetry/telemetry.ts';
import { serveHttp } from '../../support/http-server.ts';
import { chunkOf, keptLog, keptSink, pagedStream, setUp, type Bench } from '../../support/pipeline.ts';
import { keptAccount } from '../../support/account.ts';
import { keptRoutes } from '../../support/routes.ts';
import { startCollector, type Collector } from './collector.ts';

async function setUpTelemetry(): Promise<{ collector: Collector; telemetry: Telemetry }> {
  const collector = await startCollector();
  const credential = (): never => {
    throw new Error('no credential is needed here');
  };
  const options = { otlpEndpoint: collector.url, version: '1', instance: 'i', log: keptLog().log, credential };
  return { collector, telemetry: createTelemetry(options) };
}

/** Runs one window of a pipeline with everything observed. */
async function runWindow(bench: Bench, telemetry: Telemetry, times = 1): Promise<void> {
  const record = await bench.open('2026-05-01T11:00:00Z', '2026-05-01T11:15:00Z');
  const changes = {
    stream: observeStream(bench.deps.stream, telemetry),
    sink: observeSink(bench.sink, telemetry),
    log: observeLog(bench.log.log, telemetry),
  };
  const stream = bench.deps.stream.name;
  for (let count = 0; count < times; count++) {
    await telemetry.invocation('window', { stream, attributes: { stream } }, () => bench.process(record, changes));
    bench.clock.forward(120_000);
  }
}

describe('the log', () => {
  const EVENTS: readonly (readonly [event: string, metric: string, labels: Record<string, string>])[] = [
    ['WindowWaits', 'waits', {}],
    ['PageFetchFailed', 'failures', { kind: 'retried' }],
    ['WindowFailed', 'failures', { kind: 'failed' }],
    ['RowDeadLettered', 'dead_letters', {}],
    ['WindowIncomplete', 'windows', { state: 'incomplete' }],
    ['WindowClosed', 'windows', { state: 'closed' }],
    ['PageFetched', 'pages', {}],
    ['WindowsPlanned', 'ticks', {}],
    ['RowsUploaded', 'rows', {}],
  ];

  test('counts what it is told, by stream, and passes it on', async () => {
    const { collector, telemetry } = await setUpTelemetry();
    const { log, events } = keptLog();
    await telemetry.invocation('window', { stream: 's1', attributes: {} }, () => {
      const observed = observeLog(log, telemetry).with({ stream: 's1' });
      for (const [event, , { state = '' }] of EVENTS)
        observed.info(event, { rows: 1, state, unchanged: state === 'closed' ? 3 : 0 });
      return Promise.resolve();
    });
    await telemetry.shutdown();
    for (const [event, metric, labels] of EVENTS) {
      expect(collector.total(`qualys.${metric}`, { stream: 's1', ...labels }), event).toBe(1);
    }
    expect(collector.total('qualys.unchanged', { stream: 's1' })).toBe(3);
    expect(events()).toEqual(EVENTS.map(([event]) => event));
  });

  test('is still told these events by the pipeline', async () => {
    const root = resolve(import.meta.dirname, '../../../src/lib/pipeline');
    const texts = globSync('*.ts', { cwd: root }).map((name) => readFile(resolve(root, name), 'utf8'));
    const code = (await Promise.all(texts)).join();
    expect(EVENTS.filter(([event]) => !code.includes(`('${event}'`))).toEqual([]);
  });

  test('leaves its texts at home: only counts go to the span', async () => {
    const { collector, telemetry } = await setUpTelemetry();
    await telemetry.invocation('window', { stream: 's1', attributes: {} }, () => {
      const fields = { attempts: 3, error: 'Qualys said: the password is hunter2' };
      observeLog(keptLog().log, telemetry).warn('PageFetchFailed', fields);
      return Promise.resolve();
    });
    await telemetry.shutdown();
    const [span] = collector.spans();
    expect(span?.events).toMatchObject([{ name: 'PageFetchFailed', attributes: { 'qualys.attempts': 3 } }]);
    expect(collector.text()).not.toContain('hunter2');
  });
});

describe('a window', () => {
  test('has a span for each page and each upload', async () => {
    const { collector, telemetry } = await setUpTelemetry();
    await runWindow(await setUp(pagedStream(3).stream), telemetry);
    await telemetry.shutdown();
    const window = collector.spans().find(({ name }) => name === 'window');
    const below = collector.spans().filter(({ parentSpanId }) => parentSpanId === window?.spanId);
    expect(below.map(({ name }) => name).sort()).toEqual(['page', 'page', 'page', 'upload', 'upload', 'upload']);
    expect(collector.total('qualys.pages')).toBe(3);
  });

  test('that fails is read again with nothing lost, and its page is marked', async () => {
    const { collector, telemetry } = await setUpTelemetry();
    const paged = pagedStream(3);
    paged.failAt.push({ page: 1, error: new RetryableError('reset') });
    const bench = await setUp(paged.stream);
    await runWindow(bench, telemetry, 2);
    await telemetry.shutdown();
    expect(bench.sink.rows).toEqual([{ page: 0 }, { page: 1 }, { page: 2 }]);
    expect(collector.total('qualys.failures', { kind: 'retried' })).toBe(1);
    const marked = collector.spans().filter(({ isError }) => isError);
    expect(marked).toMatchObject([{ name: 'page', attributes: { 'error.type': 'RetryableError' } }]);
  });

  test('that is left early closes its reader', async () => {
    const { telemetry } = await setUpTelemetry();
    let isClosed = false;
    const { stream } = pagedStream(3);
    const closing = {
      ...stream,
      read: async function* (task: Parameters<typeof stream.read>[0]) {
        try {
          return yield* stream.read(task);
        } finally {
          isClosed = true;
        }
      },
    };
    const bench = await setUp(closing);
    bench.sink.failNext = new RetryableError('the sink is down');
    await runWindow(bench, telemetry);
    expect(isClosed).toBe(true);
    await telemetry.shutdown();
  });
});

test('an upload that fails throws the same and is measured as such', async () => {
  const { collector, telemetry } = await setUpTelemetry();
  const sink = keptSink();
  const error = new RetryableError('no');
  sink.failNext = error;
  const observed = observeSink(sink, telemetry);
  await telemetry.invocation('window', { stream: 's1', attributes: {} }, async () => {
    await expect(observed.upload('T_CL', chunkOf({ a: 1 }))).rejects.toBe(error);
    await observed.upload('T_CL', chunkOf({ a: 1 }));
  });
  await telemetry.shutdown();
  const labels = { stream: 's1', table: 'T_CL' };
  expect(collector.total('qualys.upload.duration', { ...labels, outcome: 'RetryableError' })).toBe(1);
  expect(collector.total('qualys.upload.duration', { ...labels, outcome: 'ok' })).toBe(1);
});

test('calls to the vendor are counted by API and outcome', async () => {
  const { collector, telemetry } = await setUpTelemetry();
  const vendor = await serveHttp((_request, response, count) => response.writeHead(count === 1 ? 200 : 503).end('{}'));
  const limiter = {
    routes: keptRoutes(),
    account: keptAccount(),
    acquire: () => Promise.reject(new Error()),
    observe: () => undefined,
    pause: () => Promise.resolve(),
  };
  const deps = { limiter, clock: { now: () => new Date() }, log: keptLog().log, observe: observeCalls(telemetry) };
  const call = () =>
    callQualys(deps, {
      api: 'edr',
      route: 'edr/events',
      url: `${vendor.url}/events?token=hunter2`,
      method: 'GET',
      headers: { authorization: 'Basic aHVudGVyMg==' },
      firstByteTimeoutMs: 5000,
      idleTimeoutMs: 5000,
      priority: 'interactive',
    });
  await telemetry.invocation('window', { stream: 's1', attributes: {} }, async () => {
    (await call()).cancel();
    await expect(call()).rejects.toBeInstanceOf(RetryableError);
  });
  await telemetry.shutdown();
  expect(collector.total('qualys.calls', { stream: 's1', api: 'edr', outcome: 'ok' })).toBe(1);
  expect(collector.total('qualys.calls', { stream: 's1', api: 'edr', outcome: 'RetryableError' })).toBe(1);
  expect(collector.text()).not.toMatch(/hunter2|aHVudGVyMg/);
});

describe('a work item', () => {
  const item = { version: 1, stream: 'edr-events', run: 'live', window: 'w' };
  const traceparent = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`;

  test('is read with and without a trace context', () => {
    expect(parseWorkItem(item)).toEqual(item);
    expect(parseWorkItem({ ...item, traceparent })).toEqual({ ...item, traceparent });
  });

  test.each(['', 'x', `${traceparent}-1`, traceparent.toUpperCase(), 7, null])(
    'with %j as its trace is refused',
    (bad) => {
      expect(() => parseWorkItem({ ...item, traceparent: bad })).toThrow(/traceparent/);
    },
  );
});
