import { messageOf } from '../errors.ts';
import { logUnexpected } from '../log-unexpected.ts';
import type { InvocationOptions, SpanName, Telemetry, TelemetryOptions, TelemetrySdk } from './telemetry.ts';
import { inSpan, failureOf } from './trace.ts';

/** An invocation waits so long at most for its telemetry to be sent. */
const FLUSH_WAIT_MS = 500;
/** And no invocation waits when another one did so shortly before. */
const FLUSH_EVERY_MS = 5000;
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
      logUnexpected(options.log, error);
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
 * Sends what has been collected, once in a while, and waits for it a moment at most; what comes between goes out with the SDK's own timers.
 * So neither many invocations nor a dead or slow collector hold ingestion up.
 */
function createFlush(sdk: () => TelemetrySdk | undefined): () => Promise<void> {
  let notBefore = 0;

  async function send(startedAt: number): Promise<void> {
    await sdk()?.flush();
    if (Date.now() - startedAt < FLUSH_WAIT_MS) notBefore = startedAt + FLUSH_EVERY_MS;
  }

  return async () => {
    const now = Date.now();
    if (now < notBefore) return;
    notBefore = now + REST_MS;
    await Promise.race([send(now), pause(FLUSH_WAIT_MS)]);
  };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}
