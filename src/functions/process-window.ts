import { app, type InvocationContext } from '@azure/functions';
import { QUEUE_NAME } from '../lib/azure/names.ts';
import { ConfigError } from '../lib/errors.ts';
import { ambientLog, withLogTarget } from '../lib/log.ts';
import { isCancelled } from '../lib/pipeline/backfill.ts';
import { processWindow } from '../lib/pipeline/process-window.ts';
import { parseWorkItem } from '../lib/pipeline/work-item.ts';
import { getServices } from '../lib/services.ts';

/** Works on the window that a queue message calls for. */
export async function processMessage(message: unknown): Promise<void> {
  const item = parseWorkItem(message);
  const services = getServices();
  const stream = services.streams.find(({ name }) => name === item.stream);
  if (stream === undefined) throw new ConfigError(`stream ${item.stream} is not enabled: see QUALYS_STREAMS`);
  if (await isCancelled(item.run, services.store)) ambientLog.info('WorkItemDropped', { ...item, reason: 'cancelled' });
  else await processWindow(item, services.processing(stream));
}

app.storageQueue('process-window', {
  connection: 'AzureWebJobsStorage',
  queueName: QUEUE_NAME,
  handler: (message: unknown, context: InvocationContext) => withLogTarget(context, () => processMessage(message)),
});
