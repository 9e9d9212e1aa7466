import * as z from 'zod';
import { FatalError } from '../errors.ts';
import type { WakeUp } from './ports.ts';
import { throwIfNewer } from './work-item.ts';

/** Further fields are those of a newer release, and are ignored. */
const schema = z.object({ version: z.literal(1), stream: z.string().min(1).max(100) });

/** Reads a message that wakes a planner. @throws NewerReleaseError for one of a newer version; FatalError for one that is not ours. */
export function parseWakeUp(message: unknown): WakeUp {
  const parsed = schema.safeParse(message);
  if (parsed.success) return parsed.data;
  throwIfNewer('wake-up', message);
  const problems = parsed.error.issues.map(({ path, message: text }) => `${path.join('.') || 'message'}: ${text}`);
  throw new FatalError(`the message is not a wake-up of this connector: ${problems.join('; ').slice(0, 500)}`);
}
