import { app } from '@azure/functions';
import { QUEUE_NAME } from '../lib/azure/names.ts';
import { lazy } from '../lib/load-handlers.ts';
import { ownName } from '../lib/subscription-name.ts';

app.storageQueue('process-window', {
  connection: 'AzureWebJobsStorage',
  queueName: ownName(QUEUE_NAME, process.env.QUALYS_SUBSCRIPTION),
  handler: lazy((handlers) => handlers.processWindow.processWorkItem),
});
