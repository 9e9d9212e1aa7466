import { app } from '@azure/functions';
import { QUEUE_NAME } from '../lib/azure/names.ts';
import { lazy } from '../lib/load-handlers.ts';

app.storageQueue('process-window', {
  connection: 'AzureWebJobsStorage',
  queueName: QUEUE_NAME,
  handler: lazy((handlers) => handlers.processWindow.processWorkItem),
});
