import type { TokenCredential } from '@azure/core-auth';
import type { Log, LogFields } from '../log.ts';

/** Spans of the path from plan to upload, and of posting an alert. */
export type SpanName = 'plan' | 'window' | 'page' | 'call' | 'upload' | 'alert';

/** Values of spans and metrics: names, counts and sizes. Never free text, which may quote the vendor. */
export type TelemetryAttributes = Readonly<Record<string, string | number | boolean>>;

/** How a span starts. */
export interface SpanOptions {
  readonly attributes: TelemetryAttributes;
  /** W3C traceparent of the span above; absent for the first of a trace. */
  readonly parent?: string | undefined;
  /** W3C traceparent of a span that has to do with it. */
  readonly link?: string | undefined;
  /** Absent for that of the span above. */
  readonly stream?: string;
  /** What work items sent from here carry; absent for that of the span above, or for this span itself. */
  readonly origin?: string | undefined;
}

/** A span that has started. */
export interface TelemetrySpan {
  /** W3C traceparent of this span. */
  readonly traceparent: string;
  /** Adds an event with the counts among its fields. */
  readonly note: (event: string, fields: LogFields) => void;
  /** Ends it; with the class of an error as a failure. */
  readonly end: (failure?: string) => void;
}

/** What is measured. */
export interface Metrics {
  /** Counts what an event of the log tells. */
  readonly recordEvent: (event: string, fields: LogFields) => void;
  /** Records a call or an upload: how long it took, in milliseconds, and how it ended. */
  readonly recordDuration: (of: 'call' | 'upload', durationMs: number, attributes: TelemetryAttributes) => void;
  /** Counts an invocation that threw: the host delivers its message again. */
  readonly recordFailure: (attributes: TelemetryAttributes) => void;
}

/** The OpenTelemetry SDK with its exporters, behind what the connector uses of it. */
export interface TelemetrySdk {
  readonly startSpan: (name: SpanName, options: SpanOptions) => TelemetrySpan;
  readonly metrics: Metrics;
  /** Sends what has been collected; never rejects. */
  readonly flush: () => Promise<void>;
  /** Sends what is left and stops; never rejects. */
  readonly shutdown: () => Promise<void>;
}

/** Telemetry of this process. */
export interface Telemetry {
  /** False when no exporter is configured: nothing is loaded then, nothing is wrapped. */
  readonly isConfigured: boolean;
  /** The SDK; undefined until the first invocation has loaded it. */
  readonly sdk: () => TelemetrySdk | undefined;
  /** Runs an invocation in a span and sends what it left, waiting a moment at most. */
  readonly invocation: <T>(name: SpanName, options: InvocationOptions, run: () => Promise<T>) => Promise<T>;
  /** Ends telemetry; for tests and hosts that stop. */
  readonly shutdown: () => Promise<void>;
}

/** How an invocation's span starts. */
export type InvocationOptions = SpanOptions & { readonly stream: string };

/** Where telemetry goes, and who sends it. */
export interface TelemetryOptions {
  /** Base URL of an OTLP/HTTP collector; absent for none. */
  readonly otlpEndpoint?: string | undefined;
  /** Connection string of Application Insights; absent for none. */
  readonly connectionString?: string | undefined;
  /** The app's identity, for Application Insights without local authentication. */
  readonly credential: () => TokenCredential;
  /** Version of the connector. */
  readonly version: string;
  /** Name of this process. */
  readonly instance: string;
  readonly log: Log;
}
