import { app } from '@azure/functions';
import { ALERT_POISON_QUEUE_NAME, ALERT_QUEUE_NAME } from '../lib/azure/names.ts';
import { lazy } from '../lib/load-handlers.ts';
import { ownName } from '../lib/subscription-name.ts';

app.storageQueue('push-alert', {
  connection: 'AzureWebJobsStorage',
  queueName: ownName(ALERT_QUEUE_NAME, process.env.QUALYS_SUBSCRIPTION),
  handler: lazy((handlers) => handlers.pushAlert.pushOne),
});
app.storageQueue('record-alert-poison', {
  connection: 'AzureWebJobsStorage',
  queueName: ownName(ALERT_POISON_QUEUE_NAME, process.env.QUALYS_SUBSCRIPTION),
  handler: lazy((handlers) => handlers.pushAlert.recordPoison),
});
