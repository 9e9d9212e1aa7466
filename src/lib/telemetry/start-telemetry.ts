import type { TokenCredential } from '@azure/core-auth';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { InvocationOptions, SpanName, Telemetry, TelemetrySdk } from './telemetry.ts';
import { inSpan, failureOf } from './trace.ts';

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

/** An invocation waits so long at most for its telemetry to be sent. */
const FLUSH_WAIT_MS = 500;
/** And this is how often one of them waits at all: the others leave sending to the background. */
const WAIT_EVERY_MS = 10_000;
/** A collector that did not answer in time is not waited for again for so long. */
const REST_MS = 60_000;

/** Telemetry that is off until an exporter is configured. Its SDK is loaded with the first invocation, not with the app. */
export function createTelemetry(options: TelemetryOptions): Telemetry {
  if (options.otlpEndpoint === undefined && options.connectionString === undefined) return off;
  let starting: Promise<void> | undefined;
  let sdk: TelemetrySdk | undefined;
  const flush = createFlush(() => sdk);
  const start = async (): Promise<void> => {
    try {
      const { openSdk } = await import('./otel-sdk.ts');
      sdk = openSdk(options);
    } catch (error) {
      options.log.warn('TelemetryStartError', { error: messageOf(error) });
    }
  };
  return {
    isConfigured: true,
    sdk: () => sdk,
    invocation: async (name, about, run) => {
      starting ??= start();
      await starting;
      if (sdk === undefined) return run();
      try {
        return await runObserved(sdk, name, about, run);
      } finally {
        await flush();
      }
    },
    shutdown: async () => {
      await starting;
      await sdk?.shutdown();
    },
  };
}

const off: Telemetry = {
  isConfigured: false,
  sdk: () => undefined,
  invocation: (_name, _options, run) => run(),
  shutdown: () => Promise.resolve(),
};

async function runObserved<T>(
  sdk: TelemetrySdk,
  name: SpanName,
  options: InvocationOptions,
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await inSpan(sdk, name, options, run);
  } catch (error) {
    sdk.metrics.recordFailure({ stream: options.stream, kind: 'invocation', error: failureOf(error) });
    throw error;
  }
}

/**
 * Sends in the background, one sending at a time; the caller waits a moment where the collector has been quick. So neither a dead nor a
 * slow collector holds ingestion up by more than one wait a minute.
 */
function createFlush(sdk: () => TelemetrySdk | undefined): () => Promise<void> {
  let sending: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  let waitFrom = 0;

  async function send(): Promise<void> {
    const startedAt = Date.now();
    await sdk()?.flush();
    if (Date.now() - startedAt < FLUSH_WAIT_MS) waitFrom = Math.min(waitFrom, startedAt + WAIT_EVERY_MS);
    sending = undefined;
  }

  /** What is sent now was collected before: what came since goes with the next sending. */
  function sendOnceMore(): Promise<void> {
    if (sending === undefined) return (sending = send());
    next ??= sending.then(() => {
      next = undefined;
      return (sending = send());
    });
    return next;
  }

  return async () => {
    const sent = sendOnceMore();
    const now = Date.now();
    if (now < waitFrom) return;
    waitFrom = now + REST_MS;
    await Promise.race([sent, pause(FLUSH_WAIT_MS)]);
  };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}
