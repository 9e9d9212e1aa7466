import * as z from 'zod';
import { FatalError, NewerReleaseError } from '../errors.ts';
import { runInGroups } from '../groups.ts';
import type { WindowRecord, WorkItem, WorkQueue } from './ports.ts';

/** Further fields are those of a newer release, and are ignored. */
const schema = z.object({
  version: z.literal(1),
  stream: z.string().min(1).max(100),
  run: z.string().min(1).max(100),
  window: z.string().min(1).max(500),
  traceparent: z.exactOptional(z.string().regex(/^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/)),
});

/** A message of a newer release comes back after so long, for an instance that reads it. */
export const LEFT_FOR_SECONDS = 30;
/** Messages sent at once. */
const SEND_AT_ONCE = 16;

/** Queues many windows, about in their order. @throws what the first failed message throws; the planner finds what was not sent. */
export async function sendAll(queue: WorkQueue, windows: readonly WindowRecord[]): Promise<void> {
  const items = windows.map(({ stream, run, key }): WorkItem => ({ version: 1, stream, run, window: key }));
  await runInGroups(items, SEND_AT_ONCE, (item) => queue.send(item));
}

/**
 * Reads a queue message.
 * @throws NewerReleaseError for one of a newer version; FatalError for one that is not ours: the host puts it into the poison queue, where
 * it stays.
 */
export function parseWorkItem(message: unknown): WorkItem {
  const parsed = schema.safeParse(message);
  if (parsed.success) return parsed.data;
  throwIfNewer('work item', message);
  const problems = parsed.error.issues.map(({ path, message: text }) => `${path.join('.') || 'message'}: ${text}`);
  throw new FatalError(`the message is not a work item of this connector: ${problems.join('; ').slice(0, 500)}`);
}

/** @throws NewerReleaseError for a message of a version after the first. */
export function throwIfNewer(what: string, message: unknown): void {
  const version: unknown =
    typeof message === 'object' && message !== null && 'version' in message ? message.version : undefined;
  if (!Number.isSafeInteger(version) || Number(version) <= 1) return;
  throw new NewerReleaseError(`the ${what} is of version ${Number(version)}, this connector reads version 1`);
}
