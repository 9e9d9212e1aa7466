import { app } from '@azure/functions';
import { poisonNameOf, QUEUE_NAME } from '../lib/azure/names.ts';
import { lazy } from '../lib/load-handlers.ts';
import { ownName } from '../lib/subscription-name.ts';

app.storageQueue('record-poison', {
  connection: 'AzureWebJobsStorage',
  queueName: ownName(poisonNameOf(QUEUE_NAME), process.env.QUALYS_SUBSCRIPTION),
  handler: lazy((handlers) => handlers.recordPoison.recordPoisonMessage),
});
