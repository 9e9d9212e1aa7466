import { app, type InvocationContext } from '@azure/functions';
import { settingsSchema, type ScheduleSetting } from '../lib/config.ts';
import { ambientLog, withLogTarget } from '../lib/log.ts';
import { runPlanner } from '../lib/pipeline/run-planner.ts';
import { getServices } from '../lib/services.ts';
import { STREAMS } from '../lib/streams/index.ts';

/** Plans the windows of one stream; `traceparent` is the trace context of the host's invocation. */
export async function planStream(name: string, traceparent?: string): Promise<void> {
  const services = getServices();
  const stream = services.streams.find((each) => each.name === name);
  if (stream === undefined) ambientLog.info('PlannerSkipped', { stream: name, reason: 'disabled' });
  else {
    const about = { stream: name, attributes: { stream: name }, parent: traceparent };
    await services.telemetry.invocation('plan', about, () => runPlanner(services.planning(stream)));
  }
}

function defaultSchedule(setting: ScheduleSetting): string {
  return settingsSchema.shape[setting].parse(undefined);
}

for (const { name, scheduleSetting } of STREAMS) {
  // The host resolves %NAME% and refuses to index a timer whose setting is missing.
  const isSet = (process.env[scheduleSetting] ?? '') !== '';
  app.timer(`plan-${name}`, {
    schedule: isSet ? `%${scheduleSetting}%` : defaultSchedule(scheduleSetting),
    handler: (_timer, context: InvocationContext) =>
      withLogTarget(context, () => planStream(name, context.traceContext?.traceParent)),
  });
}
