import { app } from '@azure/functions';
import { ALERT_QUEUE_NAME, poisonNameOf } from '../lib/azure/names.ts';
import { lazy } from '../lib/load-handlers.ts';
import { ownName } from '../lib/subscription-name.ts';

app.storageQueue('push-alert', {
  connection: 'AzureWebJobsStorage',
  queueName: ownName(ALERT_QUEUE_NAME, process.env.QUALYS_SUBSCRIPTION),
  handler: lazy((handlers) => handlers.pushAlert.pushOne),
});
app.storageQueue('record-alert-poison', {
  connection: 'AzureWebJobsStorage',
  queueName: ownName(poisonNameOf(ALERT_QUEUE_NAME), process.env.QUALYS_SUBSCRIPTION),
  handler: lazy((handlers) => handlers.pushAlert.recordPoison),
});
