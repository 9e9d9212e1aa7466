import { expect, test, vi } from 'vitest';
import { startSimulator } from '../../../dev/simulator/start-simulator.ts';
import { startLocalApp, untilCaughtUp } from '../../support/local-app.ts';
import { startCollector, type ArrivedSpan } from './collector.ts';

const TABLES = { 'edr-events': 'QualysEdrEvents_CL', 'vm-detections': 'QualysHostDetectionV3_CL' };
const TIMEOUT_MS = 100_000;

/** Names of a span and all above it, the first of the trace last. */
function pathOf(span: ArrivedSpan, all: readonly ArrivedSpan[]): string[] {
  const parent = all.find(({ spanId }) => spanId === span.parentSpanId);
  return parent === undefined ? [span.name] : [span.name, ...pathOf(parent, all)];
}

test('a whole ingestion arrives at a collector, counted rightly and correlated from plan to upload', async () => {
  const collector = await startCollector();
  const simulator = await startSimulator({ eventCount: 600, hostCount: 40, rateLimit: 0 });
  const app = await startLocalApp(simulator.url, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  try {
    for (const [stream, table] of Object.entries(TABLES)) {
      await untilCaughtUp(app, stream);
      await vi.waitFor(() => expect(collector.total('qualys.rows', { stream })).toBe(app.rows(table).length), {
        timeout: TIMEOUT_MS,
      });
      expect(collector.total('qualys.rows', { stream })).toBeGreaterThan(20);
      for (const name of ['ticks', 'pages', 'calls', 'windows', 'upload.size', 'call.duration', 'upload.duration']) {
        expect(collector.total(`qualys.${name}`, { stream }), `${name} of ${stream}`).toBeGreaterThan(0);
      }
      await vi.waitFor(
        () => {
          const lags = collector.points('qualys.lag').filter(({ attributes }) => attributes.stream === stream);
          expect(lags.at(-1)?.value).toBeLessThan(900);
        },
        { timeout: TIMEOUT_MS },
      );
      expect(collector.total('qualys.failures', { stream })).toBe(0);
    }
    await vi.waitFor(
      () => {
        const uploads = collector.spans().filter(({ name }) => name === 'upload');
        const rows = uploads.reduce((sum, { attributes }) => sum + Number(attributes['qualys.rows']), 0);
        expect(rows).toBe(Object.values(TABLES).reduce((sum, table) => sum + app.rows(table).length, 0));
      },
      { timeout: TIMEOUT_MS },
    );
    const spans = collector.spans();
    const paths = (name: string): Set<string> =>
      new Set(spans.filter((span) => span.name === name).map((span) => pathOf(span, spans).join(' < ')));
    expect(paths('upload')).toEqual(new Set(['upload < window < plan']));
    expect(paths('page')).toEqual(new Set(['page < window < plan']));
    expect(paths('call')).toContain('call < page < window < plan');
    const traces = new Set(spans.map(({ traceId }) => traceId));
    expect(traces.size).toBe(spans.filter(({ name }) => name === 'plan').length);
    expect(collector.text()).not.toMatch(/simulated-password|eyJ|Basic /);
  } finally {
    await app.close();
    await simulator.close();
  }
});
