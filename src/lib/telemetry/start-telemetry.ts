import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../errors.ts';
import { logUnexpected } from '../log-unexpected.ts';
import type { Telemetry, TelemetryOptions, TelemetrySdk } from './telemetry.ts';
import { inSpan, classOf } from './trace.ts';

/** An invocation waits so long at most for its telemetry to be sent. */
const FLUSH_WAIT_MS = 500;
/** And no invocation waits when another one did so shortly before. */
const FLUSH_EVERY_MS = 5000;
/** A collector that did not answer in time is not waited for again for so long. */
const REST_MS = 60_000;

/** Telemetry that is off until an exporter is configured. Its SDK is loaded with the first invocation, not with the app. */
export function createTelemetry(options: TelemetryOptions): Telemetry {
  const isConfigured = options.otlpEndpoint !== undefined || options.connectionString !== undefined;
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
    isConfigured,
    sdk: () => sdk,
    invocation: async (name, about, run) => {
      if (isConfigured) await (starting ??= start());
      if (sdk === undefined) return run();
      try {
        return await inSpan(sdk, name, about, run);
      } catch (error) {
        sdk.metrics.recordFailure({ stream: about.stream, kind: 'invocation', error: classOf(error) });
        throw error;
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
    await Promise.race([send(now), sleep(FLUSH_WAIT_MS, undefined, { ref: false })]);
  };
}
