import { app } from '@azure/functions';
import { lazy } from '../lib/load-handlers.ts';
import { SCHEDULES } from '../lib/streams/schedules.ts';

for (const { stream, setting, default: schedule } of SCHEDULES) {
  // The host resolves %NAME% and refuses to index a timer whose setting is missing.
  const isSet = (process.env[setting] ?? '').trim() !== '';
  app.timer(`plan-${stream}`, {
    schedule: isSet ? `%${setting}%` : schedule,
    handler: lazy((handlers) => handlers.planWindows.planner(stream)),
  });
}
