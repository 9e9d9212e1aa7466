import type { Log, LogFields } from '../log.ts';
import type { Sink, WorkQueue } from '../pipeline/ports.ts';
import type { ApiName, Outcome, Progress, Stream } from '../pipeline/stream.ts';
import type { Telemetry, TelemetryAttributes, TelemetrySdk } from './telemetry.ts';
import { activeSpan, type ActiveSpan, enterSpan, classOf, inSpan, openSpan } from './trace.ts';

/** Counts what the log is told, so that log and metrics never disagree; what went wrong is noted in the span as well. */
export function observeLog(log: Log, telemetry: Telemetry, standing: LogFields = {}): Log {
  if (!telemetry.isConfigured) return log;
  const count = (event: string, fields: LogFields): void => {
    const stream = activeSpan()?.stream;
    telemetry
      .sdk()
      ?.metrics.recordEvent(event, { ...(stream === undefined ? {} : { stream }), ...standing, ...fields });
  };
  const note = (event: string, fields: LogFields): void => {
    count(event, fields);
    activeSpan()?.span.note(event, fields);
  };
  const observed =
    (level: 'info' | 'warn' | 'error', tell: (event: string, fields: LogFields) => void) =>
    (event: string, fields: LogFields = {}): void => {
      log[level](event, fields);
      tell(event, fields);
    };
  return {
    info: observed('info', count),
    warn: observed('warn', note),
    error: observed('error', note),
    with: (fields) => observeLog(log.with(fields), telemetry, { ...standing, ...fields }),
  };
}

/** Gives work items the trace they come from: the tick that planned them, also through waits, slices and hand-overs. */
export function observeQueue<T extends WorkQueue>(queue: T, telemetry: Telemetry): T {
  if (!telemetry.isConfigured) return queue;
  return {
    ...queue,
    send: (item, delaySeconds) => {
      const origin = item.traceparent ?? activeSpan()?.origin;
      return queue.send(origin === undefined ? item : { ...item, traceparent: origin }, delaySeconds);
    },
  };
}

/** A span and a duration for each upload. */
export function observeSink<T extends Sink>(sink: T, telemetry: Telemetry): T {
  if (!telemetry.isConfigured) return sink;
  return {
    ...sink,
    upload: (table, chunk, signal) => {
      const counts = { rows: chunk.rows, bytes: chunk.json.length };
      return timed(telemetry, 'upload', { table }, counts, () => sink.upload(table, chunk, signal));
    },
  };
}

/** Runs a call to the vendor; made by {@link observeCalls}. */
export type RunCall = <T>(api: ApiName, call: () => Promise<T>) => Promise<T>;

/** A span and a duration for each call to the vendor, up to the start of its answer; undefined when telemetry is off. */
export function observeCalls(telemetry: Telemetry): RunCall | undefined {
  if (!telemetry.isConfigured) return undefined;
  return (api, call) => timed(telemetry, 'call', { api }, {}, call);
}

/** Labels stay few and fixed; counts go to the span only. */
async function timed<T>(
  telemetry: Telemetry,
  name: 'call' | 'upload',
  labels: TelemetryAttributes,
  counts: TelemetryAttributes,
  run: () => Promise<T>,
): Promise<T> {
  const sdk = telemetry.sdk();
  if (sdk === undefined) return run();
  const stream = activeSpan()?.stream;
  const about = stream === undefined ? labels : { stream, ...labels };
  const startedAt = performance.now();
  let outcome = 'ok';
  try {
    return await inSpan(sdk, name, { attributes: { ...about, ...counts } }, run);
  } catch (error) {
    outcome = classOf(error);
    throw error;
  } finally {
    sdk.metrics.recordDuration(name, performance.now() - startedAt, { ...about, outcome });
  }
}

/** A span for each page, from asking for it to its last row. */
export function observeStream(stream: Stream, telemetry: Telemetry): Stream {
  if (!telemetry.isConfigured) return stream;
  return {
    ...stream,
    read: (task) => {
      const sdk = telemetry.sdk();
      return sdk === undefined ? stream.read(task) : readPages(stream.read(task), sdk);
    },
  };
}

type Steps = AsyncGenerator<Progress, Outcome>;

async function* readPages(steps: Steps, sdk: TelemetrySdk): Steps {
  let page: ActiveSpan | undefined;
  try {
    for (;;) {
      page ??= openSpan(sdk, 'page', { attributes: { stream: activeSpan()?.stream ?? '' } });
      const step = await enterSpan(page, () => steps.next());
      if (step.done === true) return step.value;
      if (step.value.pageDone === true) {
        page.span.end();
        page = undefined;
      } else {
        page.hasChildren = true;
      }
      yield step.value;
    }
  } catch (error) {
    page?.span.end(classOf(error));
    page = undefined;
    throw error;
  } finally {
    // After the last page the reader is asked once more; a span in which nothing happened is left out.
    if (page?.hasChildren === true) page.span.end();
    await steps.return({ kind: 'complete' });
  }
}
