import { app, type InvocationContext } from '@azure/functions';
import { POISON_QUEUE_NAME } from '../lib/azure/names.ts';
import { ambientLog, withLogTarget } from '../lib/log.ts';
import { failWindow } from '../lib/pipeline/operate-window.ts';
import { parseWorkItem } from '../lib/pipeline/work-item.ts';
import { getServices } from '../lib/services.ts';

/**
 * Marks the window of a poisoned work item as failed, so that the planner brings it back.
 * A message that is not ours throws: a poison queue has no poison queue of its own, so it stays where it is.
 */
export async function recordPoison(message: unknown): Promise<void> {
  const item = parseWorkItem(message);
  const { store, clock } = getServices();
  const isFailed = await failWindow(item, 'its work item failed five times and went to the poison queue', {
    store,
    clock,
  });
  ambientLog.error('PoisonMessageRecorded', { ...item, failed: isFailed });
}

app.storageQueue('record-poison', {
  connection: 'AzureWebJobsStorage',
  queueName: POISON_QUEUE_NAME,
  handler: (message: unknown, context: InvocationContext) => withLogTarget(context, () => recordPoison(message)),
});
