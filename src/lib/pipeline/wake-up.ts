import * as z from 'zod';
import type { WakeUp } from './ports.ts';
import { messageReader } from './read-message.ts';

/** Reads a message that wakes a planner. */
export const parseWakeUp = messageReader<WakeUp>(
  'a',
  'wake-up',
  z.object({ version: z.literal(1), stream: z.string().min(1).max(100) }),
);
