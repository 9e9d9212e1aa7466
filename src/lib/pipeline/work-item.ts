import * as z from 'zod';
import { FatalError } from '../errors.ts';
import type { WindowRecord, WorkItem, WorkQueue } from './ports.ts';

const schema = z.strictObject({
  version: z.literal(1),
  stream: z.string().min(1).max(100),
  run: z.string().min(1).max(100),
  window: z.string().min(1).max(500),
  traceparent: z.exactOptional(z.string().regex(/^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/)),
});

/** Messages sent at once. */
const SEND_AT_ONCE = 16;

/** Queues many windows, about in their order. @throws what the first failed message throws; the planner finds what was not sent. */
export async function sendAll(queue: WorkQueue, windows: readonly WindowRecord[]): Promise<void> {
  const items = windows.map(({ stream, run, key }): WorkItem => ({ version: 1, stream, run, window: key }));
  for (let at = 0; at < items.length; at += SEND_AT_ONCE) {
    await Promise.all(items.slice(at, at + SEND_AT_ONCE).map((item) => queue.send(item)));
  }
}

/**
 * Reads a queue message.
 * @throws FatalError for one that is not ours or of another version: the host puts it into the poison queue, where it stays.
 */
export function parseWorkItem(message: unknown): WorkItem {
  const parsed = schema.safeParse(message);
  if (parsed.success) return parsed.data;
  const version: unknown =
    typeof message === 'object' && message !== null && 'version' in message ? message.version : undefined;
  if (version !== undefined && version !== 1) {
    throw new FatalError(
      `the work item is of version ${JSON.stringify(version).slice(0, 40)}, this connector reads version 1`,
    );
  }
  const problems = parsed.error.issues.map(({ path, message: text }) => `${path.join('.') || 'message'}: ${text}`);
  throw new FatalError(`the message is not a work item of this connector: ${problems.join('; ').slice(0, 500)}`);
}
