import { app } from '@azure/functions';
import { ALERT_POISON_QUEUE_NAME, ALERT_QUEUE_NAME } from '../lib/azure/names.ts';
import { lazy } from '../lib/load-handlers.ts';

app.storageQueue('push-alert', {
  connection: 'AzureWebJobsStorage',
  queueName: ALERT_QUEUE_NAME,
  handler: lazy((handlers) => handlers.pushAlert.pushOne),
});
app.storageQueue('record-alert-poison', {
  connection: 'AzureWebJobsStorage',
  queueName: ALERT_POISON_QUEUE_NAME,
  handler: lazy((handlers) => handlers.pushAlert.recordPoison),
});
