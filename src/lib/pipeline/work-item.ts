import * as z from 'zod';
import { runInGroups } from '../groups.ts';
import type { WindowRecord, WorkItem, WorkQueue } from './ports.ts';
import { messageReader } from './read-message.ts';

/** Messages sent at once. */
const SEND_AT_ONCE = 16;

/** The item that calls for a window. */
export function itemOf({ stream, run, key }: Pick<WindowRecord, 'stream' | 'run' | 'key'>): WorkItem {
  return { version: 1, stream, run, window: key };
}

/** Queues many windows, about in their order. @throws what the first failed message throws; the planner finds what was not sent. */
export async function sendAll(queue: WorkQueue, windows: readonly WindowRecord[]): Promise<void> {
  await runInGroups(windows, SEND_AT_ONCE, (record) => queue.send(itemOf(record)));
}

/** Reads a message of the work queue. */
export const parseWorkItem = messageReader<WorkItem>(
  'a',
  'work item',
  z.object({
    version: z.literal(1),
    stream: z.string().min(1).max(100),
    run: z.string().min(1).max(100),
    window: z.string().min(1).max(500),
    traceparent: z.exactOptional(z.string().regex(/^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/)),
  }),
);
