import * as z from 'zod';
import { FatalError } from '../errors.ts';
import type { AlertItem } from './ports.ts';
import { throwIfNewer } from '../pipeline/work-item.ts';

/** Further fields are those of a newer release, and are ignored. */
const schema = z.object({
  version: z.literal(1),
  id: z.string().min(1).max(1000),
  payload: z.string().min(2).max(60_000),
  queuedAt: z.iso.datetime(),
});

/**
 * Reads a message of the alert queue.
 * @throws NewerReleaseError for one of a newer version; FatalError for one that is not ours: the host puts it into the poison queue, where
 * it stays.
 */
export function parseAlertItem(message: unknown): AlertItem {
  const parsed = schema.safeParse(message);
  if (parsed.success) return parsed.data;
  throwIfNewer('alert', message);
  const problems = parsed.error.issues.map(({ path, message: text }) => `${path.join('.') || 'message'}: ${text}`);
  throw new FatalError(`the message is not an alert of this connector: ${problems.join('; ').slice(0, 500)}`);
}
