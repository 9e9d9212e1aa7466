import { app } from '@azure/functions';
import { WAKE_UP_QUEUE_NAME } from '../lib/azure/names.ts';
import { lazy } from '../lib/load-handlers.ts';
import { ownName } from '../lib/subscription-name.ts';
import { SCHEDULES } from '../lib/streams/schedules.ts';

for (const { stream, setting, default: schedule } of SCHEDULES) {
  // The host resolves %NAME% and refuses to index a timer whose setting is missing.
  const isSet = (process.env[setting] ?? '').trim() !== '';
  app.timer(`plan-${stream}`, {
    schedule: isSet ? `%${setting}%` : schedule,
    handler: lazy((handlers) => handlers.planWindows.planner(stream)),
  });
}

app.storageQueue('wake-planner', {
  connection: 'AzureWebJobsStorage',
  queueName: ownName(WAKE_UP_QUEUE_NAME, process.env.QUALYS_SUBSCRIPTION),
  handler: lazy((handlers) => handlers.planWindows.wokenPlanner),
});
