import type { InvocationContext } from '@azure/functions';
import { ConfigError, failureOf, messageOf, NewerReleaseError } from '../errors.ts';
import { ambientLog, withLogTarget } from '../log.ts';
import { isCancelled } from '../pipeline/backfill.ts';
import { failWindow } from '../pipeline/operate-window.ts';
import type { WorkItem } from '../pipeline/ports.ts';
import { processWindow } from '../pipeline/process-window.ts';
import { LEFT_FOR_SECONDS } from '../pipeline/read-message.ts';
import { parseWorkItem } from '../pipeline/work-item.ts';
import { getServices } from '../services.ts';
import type { InvocationOptions } from '../telemetry/telemetry.ts';

/**
 * Works on the window that a queue message calls for; `traceparent` is the trace context of the host's invocation. What a newer release has
 * sent or stored is put back: while two releases run side by side, an instance of the other one takes it.
 */
export async function processMessage(message: unknown, traceparent?: string): Promise<void> {
  const newer = await failureOf(NewerReleaseError, processItem(message, traceparent));
  if (newer === undefined) return;
  ambientLog.warn('WorkItemLeft', { error: messageOf(newer) });
  await getServices().queue.send(message as WorkItem, LEFT_FOR_SECONDS);
}

async function processItem(message: unknown, traceparent: string | undefined): Promise<void> {
  const item = parseWorkItem(message);
  const services = getServices();
  const stream = services.streams.find(({ name }) => name === item.stream);
  if (stream === undefined) throw new ConfigError(`stream ${item.stream} is not enabled: see QUALYS_STREAMS`);
  if (await isCancelled(item.run, services.store)) ambientLog.info('WorkItemDropped', { ...item, reason: 'cancelled' });
  else
    await services.telemetry
      .invocation('window', aboutWindow(item, traceparent), () => processWindow(item, services.processing(stream)))
      .finally(() => services.sent.flush());
}

/** The window hangs under the tick that planned it, wherever it runs and however often it is taken up again. */
function aboutWindow({ stream, run, window, traceparent }: WorkItem, host: string | undefined): InvocationOptions {
  return { stream, attributes: { stream, run, window }, parent: traceparent, origin: traceparent, link: host };
}

/** Handles a message of the work queue. */
export function processWorkItem(message: unknown, context: InvocationContext): Promise<void> {
  return withLogTarget(context, () => processMessage(message, context.traceContext?.traceParent));
}

/**
 * Marks the window of a poisoned work item as failed, so that the planner brings it back.
 * A message that is not ours throws: a poison queue has no poison queue of its own, so it stays where it is.
 */
export async function recordPoison(message: unknown): Promise<void> {
  const item = parseWorkItem(message);
  const reason = 'its work item failed five times and went to the poison queue';
  const isFailed = await failWindow(item, reason, getServices());
  ambientLog.error('PoisonMessageRecorded', { ...item, failed: isFailed });
}

/** Handles a message of the poison queue. */
export function recordPoisonMessage(message: unknown, context: InvocationContext): Promise<void> {
  return withLogTarget(context, () => recordPoison(message));
}
