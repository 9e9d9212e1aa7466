import type { InvocationContext } from '@azure/functions';
import { ambientLog, withLogTarget } from '../log.ts';
import { failWindow } from '../pipeline/operate-window.ts';
import { parseWorkItem } from '../pipeline/work-item.ts';
import { getServices } from '../services.ts';

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

/** Handles a message of the poison queue. */
export function recordPoisonMessage(message: unknown, context: InvocationContext): Promise<void> {
  return withLogTarget(context, () => recordPoison(message));
}
