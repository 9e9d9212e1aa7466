import type * as z from 'zod';
import { checkBackfill } from '../http/check-backfill.ts';
import type { backfillBody } from '../http/requests.ts';
import { startBackfill } from '../pipeline/backfill.ts';
import type { BackfillRecord } from '../pipeline/ports.ts';
import { getServices } from '../services.ts';

/** A backfill that runs now, and whether it was started by this request. */
export interface StartedBackfill {
  readonly backfill: Pick<BackfillRecord, 'id' | 'stream' | 'from' | 'to' | 'status'>;
  readonly isNew: boolean;
}

/** Starts a backfill; the same range while it runs is the same backfill. @throws ProblemError (400, 409). */
export async function requestBackfill(wanted: z.output<typeof backfillBody>): Promise<StartedBackfill> {
  const services = getServices();
  const range = await checkBackfill(wanted, services);
  const { backfills, audit } = services;
  const { backfill, isNew } = await startBackfill(range, backfills);
  const { id, stream, from, to, status } = backfill;
  if (isNew) await audit.write({ action: 'backfill-started', target: `${stream}/${id} ${from} to ${to}` });
  return { backfill: { id, stream, from, to, status }, isNew };
}
