import { AzureMonitorMetricExporter, AzureMonitorTraceExporter } from '@azure/monitor-opentelemetry-exporter';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { AggregationTemporality, InstrumentType } from '@opentelemetry/sdk-metrics';
import { ConfigError } from '../errors.ts';
import type { TelemetryOptions } from './telemetry.ts';

/** One try of sending takes so long at most. */
export const EXPORT_TIMEOUT_MS = 5000;

/** An exporter of metrics and one of spans for each destination that is configured. @throws Error for a connection string that is none, and for a key that has not come. */
export function createExporters(options: TelemetryOptions) {
  const { otlpEndpoint, connectionString } = options;
  return [
    ...(otlpEndpoint === undefined ? [] : [otlp(otlpEndpoint)]),
    ...(connectionString === undefined ? [] : [applicationInsights(connectionString, options)]),
  ];
}

/** The exporters read OTEL_EXPORTER_OTLP_HEADERS and the rest of the standard's variables themselves. */
function otlp(endpoint: string) {
  if (process.env.OTEL_EXPORTER_OTLP_HEADERS?.startsWith('@Microsoft.KeyVault(') === true) {
    throw new ConfigError('OTEL_EXPORTER_OTLP_HEADERS is an unresolved Key Vault reference');
  }
  const metrics = new OTLPMetricExporter({ url: `${endpoint}/v1/metrics`, timeoutMillis: EXPORT_TIMEOUT_MS });
  const usual = metrics.selectAggregationTemporality.bind(metrics);
  // A gauge goes out once after it was recorded: the instance that ran the planner an hour ago must not repeat its old lag.
  metrics.selectAggregationTemporality = (type) =>
    type === InstrumentType.GAUGE ? AggregationTemporality.DELTA : usual(type);
  return { metrics, spans: new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, timeoutMillis: EXPORT_TIMEOUT_MS }) };
}

function applicationInsights(connectionString: string, { credential }: TelemetryOptions) {
  // Figures about the exporter itself would go to an endpoint of their own, after a question to the metadata service.
  process.env.APPLICATION_INSIGHTS_NO_STATSBEAT ??= 'true';
  process.env.APPLICATIONINSIGHTS_SDKSTATS_DISABLED ??= 'true';
  const endpoint = /(?:^|;)\s*IngestionEndpoint=([^;]+)/i.exec(connectionString)?.[1] ?? '';
  const options = {
    connectionString,
    disableOfflineStorage: true,
    retryOptions: { maxRetries: 1 },
    // A token never goes over plain http, which only a stand-in on this machine speaks; the exporter would take it for https.
    ...(/^http:/i.test(endpoint)
      ? { host: endpoint.replace(/\/+$/, ''), allowInsecureConnection: true }
      : { credential: credential() }),
  };
  return { metrics: new AzureMonitorMetricExporter(options), spans: new AzureMonitorTraceExporter(options) };
}
