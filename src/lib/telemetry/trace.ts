import { AsyncLocalStorage } from 'node:async_hooks';
import type { SpanName, SpanOptions, TelemetrySdk, TelemetrySpan } from './telemetry.ts';

/** The span that runs, and what it stands in. */
export interface ActiveSpan {
  readonly span: TelemetrySpan;
  readonly stream: string;
  /** What work items sent from here carry: all windows of a tick hang side by side under it. */
  readonly origin: string;
  /** Whether a span has started below it. */
  hasChildren: boolean;
}

const active = new AsyncLocalStorage<ActiveSpan>();

/** The span that the caller runs in; undefined outside of one. */
export function activeSpan(): ActiveSpan | undefined {
  return active.getStore();
}

/** Starts a span below the active one (or below `parent`) without entering it. */
export function openSpan(sdk: TelemetrySdk, name: SpanName, options: SpanOptions): ActiveSpan {
  const outer = activeSpan();
  if (outer !== undefined) outer.hasChildren = true;
  const span = sdk.startSpan(name, { ...options, parent: options.parent ?? outer?.span.traceparent });
  return {
    span,
    stream: options.stream ?? outer?.stream ?? '',
    origin: options.origin ?? outer?.origin ?? span.traceparent,
    hasChildren: false,
  };
}

/** Runs something inside a span. */
export function enterSpan<T>(span: ActiveSpan, run: () => T): T {
  return active.run(span, run);
}

/** Runs something inside a new span, which ends with it. */
export async function inSpan<T>(
  sdk: TelemetrySdk,
  name: SpanName,
  options: SpanOptions,
  run: () => Promise<T>,
): Promise<T> {
  const opened = openSpan(sdk, name, options);
  try {
    const result = await enterSpan(opened, run);
    opened.span.end();
    return result;
  } catch (error) {
    opened.span.end(classOf(error));
    throw error;
  }
}

/** The class of an error: its message may quote what must not leave. */
export function classOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}
