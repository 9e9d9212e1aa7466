import { app, type InvocationContext } from '@azure/functions';
import { QUEUE_NAME } from '../lib/azure/names.ts';
import { ConfigError } from '../lib/errors.ts';
import { ambientLog, withLogTarget } from '../lib/log.ts';
import { isCancelled } from '../lib/pipeline/backfill.ts';
import type { WorkItem } from '../lib/pipeline/ports.ts';
import { processWindow } from '../lib/pipeline/process-window.ts';
import { parseWorkItem } from '../lib/pipeline/work-item.ts';
import { getServices } from '../lib/services.ts';
import type { InvocationOptions } from '../lib/telemetry/telemetry.ts';

/** Works on the window that a queue message calls for; `traceparent` is the trace context of the host's invocation. */
export async function processMessage(message: unknown, traceparent?: string): Promise<void> {
  const item = parseWorkItem(message);
  const services = getServices();
  const stream = services.streams.find(({ name }) => name === item.stream);
  if (stream === undefined) throw new ConfigError(`stream ${item.stream} is not enabled: see QUALYS_STREAMS`);
  if (await isCancelled(item.run, services.store)) ambientLog.info('WorkItemDropped', { ...item, reason: 'cancelled' });
  else
    await services.telemetry.invocation('window', aboutWindow(item, traceparent), () =>
      processWindow(item, services.processing(stream)),
    );
}

/** The window hangs under the tick that planned it, wherever it runs and however often it is taken up again. */
function aboutWindow({ stream, run, window, traceparent }: WorkItem, host: string | undefined): InvocationOptions {
  return { stream, attributes: { stream, run, window }, parent: traceparent, origin: traceparent, link: host };
}

app.storageQueue('process-window', {
  connection: 'AzureWebJobsStorage',
  queueName: QUEUE_NAME,
  handler: (message: unknown, context: InvocationContext) =>
    withLogTarget(context, () => processMessage(message, context.traceContext?.traceParent)),
});
