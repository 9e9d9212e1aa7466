import type { Claim } from './claim.ts';
import type { AlertQueue } from '../alerts/ports.ts';
import { runInGroups } from '../groups.ts';
import type { Alert, Chunk } from './stream.ts';
import { uploadChunk, type UploadDependencies } from './upload-chunk.ts';

/** What delivering a chunk needs. */
export interface DeliverDependencies extends UploadDependencies {
  /** Absent where nobody wants alerts. */
  readonly alerts?: AlertQueue | undefined;
  /** The time from which on there are alerts; always when left out. */
  readonly alertsFrom?: (() => Promise<Date>) | undefined;
}

const SENDS_AT_ONCE = 8;

/**
 * Uploads a chunk, then puts its alerts in their queue; returns how many rows became dead letters. The checkpoint is stored after both: a
 * crash in between repeats them, and what is posted of them is posted once.
 */
export async function deliverChunk(chunk: Chunk, claim: Claim, deps: DeliverDependencies): Promise<number> {
  const deadLetters = await uploadChunk(chunk, claim, deps);
  const { alerts = [] } = chunk;
  if (deps.alerts !== undefined && alerts.length > 0) await sendDue(alerts, deps.alerts, deps);
  return deadLetters;
}

async function sendDue(alerts: readonly Alert[], queue: AlertQueue, deps: DeliverDependencies): Promise<void> {
  const from = (await deps.alertsFrom?.())?.getTime() ?? -Infinity;
  // What has no sound time is told rather than kept quiet.
  const due = alerts.filter(({ time }) => !(Date.parse(time) < from));
  const queuedAt = deps.clock.now().toISOString();
  await runInGroups(due, SENDS_AT_ONCE, ({ id, payload }) => queue.send({ version: 1, id, payload, queuedAt }));
  if (due.length > 0) deps.log.info('AlertsQueued', { alerts: due.length });
  const tooOld = alerts.length - due.length;
  if (tooOld > 0) deps.log.info('AlertsLeftOut', { alerts: tooOld, before: new Date(from).toISOString() });
}
