import { app, type StorageQueueHandler } from '@azure/functions';
import { ALERT_QUEUE_NAME, poisonNameOf, QUEUE_NAME, WAKE_UP_QUEUE_NAME } from '../lib/azure/names.ts';
import { lazy, type Handlers } from '../lib/load-handlers.ts';
import { ownName } from '../lib/subscription-name.ts';

function onMessage(queue: string, name: string, pick: (all: Handlers) => StorageQueueHandler): void {
  app.storageQueue(name, {
    connection: 'AzureWebJobsStorage',
    queueName: ownName(queue, process.env.QUALYS_SUBSCRIPTION),
    handler: lazy(pick),
  });
}

onMessage(WAKE_UP_QUEUE_NAME, 'wake-planner', (all) => all.planWindows.wokenPlanner);
onMessage(QUEUE_NAME, 'process-window', (all) => all.processWindow.processWorkItem);
onMessage(poisonNameOf(QUEUE_NAME), 'record-poison', (all) => all.processWindow.recordPoisonMessage);
onMessage(ALERT_QUEUE_NAME, 'push-alert', (all) => all.pushAlert.pushOne);
onMessage(poisonNameOf(ALERT_QUEUE_NAME), 'record-alert-poison', (all) => all.pushAlert.recordPoison);
