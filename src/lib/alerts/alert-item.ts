import * as z from 'zod';
import { messageReader } from '../pipeline/read-message.ts';
import type { AlertItem } from './ports.ts';

/** Reads a message of the alert queue. */
export const parseAlertItem = messageReader<AlertItem>(
  'an',
  'alert',
  z.object({
    version: z.literal(1),
    id: z.string().min(1).max(1000),
    payload: z.string().min(2).max(60_000),
    queuedAt: z.iso.datetime(),
  }),
);
