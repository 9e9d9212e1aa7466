import { app } from '@azure/functions';
import { POISON_QUEUE_NAME } from '../lib/azure/names.ts';
import { lazy } from '../lib/load-handlers.ts';

app.storageQueue('record-poison', {
  connection: 'AzureWebJobsStorage',
  queueName: POISON_QUEUE_NAME,
  handler: lazy((handlers) => handlers.recordPoison.recordPoisonMessage),
});
