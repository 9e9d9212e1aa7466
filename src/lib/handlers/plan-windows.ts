import type { InvocationContext } from '@azure/functions';
import { viewConnector } from '../actions/view-connector.ts';
import { ambientLog, withLogTarget } from '../log.ts';
import { logUnexpected } from '../log-unexpected.ts';
import { runPlanner } from '../pipeline/run-planner.ts';
import { getServices } from '../services.ts';
import { edrEvents } from '../streams/edr-events/index.ts';

/** Plans the windows of one stream; `traceparent` is the trace context of the host's invocation. */
export async function planStream(name: string, traceparent?: string): Promise<void> {
  const services = getServices();
  const stream = services.streams.find((each) => each.name === name);
  if (stream === undefined) ambientLog.info('PlannerSkipped', { stream: name, reason: 'disabled' });
  else {
    const about = { stream: name, attributes: { stream: name }, parent: traceparent };
    await services.telemetry.invocation('plan', about, async () => {
      // Kept before the tick: what comes after a webhook is set is told, however late the first event of a high score comes.
      if (name === edrEvents.name) await services.alerts.from?.();
      await runPlanner(services.planning(stream));
    });
  }
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
