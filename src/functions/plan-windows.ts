import { app, type InvocationContext } from '@azure/functions';
import { ambientLog, withLogTarget } from '../lib/log.ts';
import { runPlanner } from '../lib/pipeline/run-planner.ts';
import { getServices } from '../lib/services.ts';
import { STREAMS } from '../lib/streams/index.ts';

const DEFAULT_SCHEDULE = '0 */5 * * * *';

/** Plans the windows of one stream. */
export async function planStream(name: string): Promise<void> {
  const services = getServices();
  const stream = services.streams.find((each) => each.name === name);
  if (stream === undefined) ambientLog.info('PlannerSkipped', { stream: name, reason: 'disabled' });
  else await runPlanner(services.planning(stream));
}

for (const { name, scheduleSetting } of STREAMS) {
  // The host resolves %NAME% and refuses to index a timer whose setting is missing.
  const isSet = (process.env[scheduleSetting] ?? '') !== '';
  app.timer(`plan-${name}`, {
    schedule: isSet ? `%${scheduleSetting}%` : DEFAULT_SCHEDULE,
    handler: (_timer, context: InvocationContext) => withLogTarget(context, () => planStream(name)),
  });
}
