import type { InvocationContext } from '@azure/functions';
import { viewConnector } from '../actions/view-connector.ts';
import { messageOf, NewerReleaseError, RetryableError } from '../errors.ts';
import { ambientLog, withLogTarget } from '../log.ts';
import { logUnexpected } from '../log-unexpected.ts';
import { moveWatermark } from '../pipeline/move-watermark.ts';
import { runPlanner } from '../pipeline/run-planner.ts';
import { parseWakeUp } from '../pipeline/wake-up.ts';
import type { Stream } from '../pipeline/stream.ts';
import { getServices, type Services } from '../services.ts';
import { edrEvents } from '../streams/edr-events/index.ts';

/** Plans the windows of one stream; `traceparent` is the trace context of the host's invocation. */
export function planStream(name: string, traceparent?: string): Promise<void> {
  return onStream(name, traceparent, async (stream, services) => {
    // Kept before the tick: what comes after a webhook is set is told, however late the first event of a high score comes.
    if (name === edrEvents.name) await services.alerts.from?.();
    await runPlanner(services.planning(stream));
  });
}

async function onStream(
  name: string,
  traceparent: string | undefined,
  run: (stream: Stream, services: Services) => Promise<void>,
): Promise<void> {
  const services = getServices();
  const stream = services.streams.find((each) => each.name === name);
  const about = { stream: name, attributes: { stream: name }, parent: traceparent };
  if (stream === undefined) ambientLog.info('PlannerSkipped', { stream: name, reason: 'disabled' });
  else await services.telemetry.invocation('plan', about, () => run(stream, services));
}

/** The host gives a message up after so many tries (`maxDequeueCount` in host.json). */
const MAX_TRIES = 5;

/**
 * Wakes the planner that a message names, between two ticks. All that can get lost here is a moment: what is not ours, or of a newer
 * release, is dropped, and a storage that fails is tried again by the host, but for the last time.
 */
export async function wakePlanner(message: unknown, tries = 1, traceparent?: string): Promise<void> {
  try {
    const { stream: name } = parseWakeUp(message);
    await onStream(name, traceparent, (stream, services) => moveWatermark(services.moving(stream)));
  } catch (error) {
    const isPassing = error instanceof RetryableError && !(error instanceof NewerReleaseError);
    if (isPassing && tries < MAX_TRIES) throw error;
    ambientLog.warn('WakeUpDropped', { error: messageOf(error) });
    logUnexpected(ambientLog, error);
  }
}

/** Handles a message of the queue of wake-ups. */
export function wokenPlanner(message: unknown, context: InvocationContext): Promise<void> {
  const { dequeueCount } = context.triggerMetadata ?? {};
  return withLogTarget(context, () =>
    wakePlanner(message, Number(dequeueCount ?? 1), context.traceContext?.traceParent),
  );
}

/** Handles a tick of the timer of a stream. How the whole stands is written down after it, also where it failed. */
export function planner(stream: string): (timer: unknown, context: InvocationContext) => Promise<void> {
  return (_timer, context) =>
    withLogTarget(context, async () => {
      try {
        await planStream(stream, context.traceContext?.traceParent);
      } finally {
        await noteTick();
      }
    });
}

/** A judgement that cannot be made fails no tick. */
async function noteTick(): Promise<void> {
  try {
    await viewConnector(true);
  } catch (error) {
    logUnexpected(ambientLog, error);
  }
}
