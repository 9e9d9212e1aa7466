import {
  type Attributes,
  type Context,
  diag,
  DiagLogLevel,
  isSpanContextValid,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { AlwaysOnSampler, BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Log, LogFields } from '../log.ts';
import { createExporters, EXPORT_TIMEOUT_MS } from './exporters.ts';
import { createMetrics } from './metrics.ts';
import type { SpanName, SpanOptions, TelemetryOptions, TelemetrySdk, TelemetrySpan } from './telemetry.ts';

const SERVICE = 'qualys-sentinel-connector';
const EXPORT_EVERY_MS = 10_000;
/** Beyond so many spans that wait for the collector, new ones are dropped. */
const MOST_SPANS = 4096;
const WARN_EVERY_MS = 600_000;

/**
 * Opens the SDK with the exporters that are configured. Meters and tracers are not registered globally.
 * This file is a bundle of its own, loaded by `start-telemetry.ts` when an exporter is configured.
 * @throws Error for a connection string that is none.
 */
export function openSdk(options: TelemetryOptions): TelemetrySdk {
  warnOfFailures(options.log);
  const resource = resourceFromAttributes({
    // In Azure the host's own telemetry goes by the name of the site.
    'service.name': process.env.OTEL_SERVICE_NAME ?? process.env.WEBSITE_SITE_NAME ?? SERVICE,
    'service.version': options.version,
    'service.instance.id': options.instance,
  });
  const exporters = createExporters(options);
  const exportTimeoutMillis = EXPORT_TIMEOUT_MS;
  const readers = exporters.map(
    ({ metrics: exporter }) =>
      new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: EXPORT_EVERY_MS, exportTimeoutMillis }),
  );
  const meters = new MeterProvider({ resource, readers });
  const tracers = new BasicTracerProvider({
    resource,
    // The host's decision must not cut windows off from their tick.
    sampler: new AlwaysOnSampler(),
    spanProcessors: exporters.map(
      ({ spans }) => new BatchSpanProcessor(spans, { maxQueueSize: MOST_SPANS, exportTimeoutMillis }),
    ),
  });
  const tracer = tracers.getTracer(SERVICE, options.version);
  return {
    startSpan: (name, about) => startSpan(tracer, name, about),
    metrics: createMetrics(meters.getMeter(SERVICE, options.version)),
    flush: () => settled([meters.forceFlush(), tracers.forceFlush()]),
    shutdown: () => settled([meters.shutdown(), tracers.shutdown()]),
  };
}

async function settled(work: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(work);
}

/** The SDK tells its failures here. Their text may quote the collector's answer, so only that they happened is passed on. */
function warnOfFailures(log: Log): void {
  let quietUntil = 0;
  const warn = (): void => {
    if (Date.now() < quietUntil) return;
    quietUntil = Date.now() + WARN_EVERY_MS;
    log.warn('TelemetryExportError', { reason: 'the collector refused telemetry or was not reached' });
  };
  const quiet = (): void => undefined;
  diag.setLogger(
    { error: warn, warn: quiet, info: quiet, debug: quiet, verbose: quiet },
    { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true },
  );
}

function startSpan(tracer: Tracer, name: SpanName, { attributes, parent, link }: SpanOptions): TelemetrySpan {
  const linked = parseTraceparent(link);
  const isCall = name === 'call' || name === 'upload';
  const span = tracer.startSpan(
    name,
    {
      attributes: prefixed(attributes),
      kind: isCall ? SpanKind.CLIENT : SpanKind.INTERNAL,
      links: linked === undefined ? [] : [{ context: linked }],
    },
    contextOf(parent),
  );
  const { traceId, spanId } = span.spanContext();
  return {
    traceparent: `00-${traceId}-${spanId}-01`,
    note: (event, fields) => void span.addEvent(event, prefixed(countsIn(fields))),
    end: (failure) => {
      if (failure !== undefined) {
        span.setAttribute('error.type', failure);
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end();
    },
  };
}

function prefixed(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`qualys.${name}`, value]));
}

/** Texts stay in the log: they may quote the vendor. */
function countsIn(fields: LogFields): Attributes {
  return Object.fromEntries(
    Object.entries(fields).filter(
      (entry): entry is [string, number | boolean] => typeof entry[1] === 'number' || typeof entry[1] === 'boolean',
    ),
  );
}

function contextOf(traceparent: string | undefined): Context {
  const parent = parseTraceparent(traceparent);
  return parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
}

/** Reads a W3C traceparent; undefined for one that is none. */
export function parseTraceparent(text: string | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = /^00-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})$/.exec(text ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return isSpanContextValid(context) ? context : undefined;
}
