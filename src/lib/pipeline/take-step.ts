import type { Claim } from './claim.ts';
import { deliverChunk, type DeliverDependencies } from './deliver-chunk.ts';
import type { WindowRecord } from './ports.ts';
import type { Progress } from './stream.ts';
import { book, countRows } from './window-state.ts';

/** Uploads a step and stores its checkpoint: rows are accepted by the sink before the checkpoint records them. */
export async function storeStep(step: Progress, claim: Claim, deps: DeliverDependencies): Promise<void> {
  const { record } = claim;
  const deadLetters = await deliver(step, claim, deps);
  const takeBack = book(record, step, deadLetters);
  try {
    await claim.save(step.ledger);
  } catch (error) {
    // The keys were not booked, so what they count must not be booked with the recovery either, nor the page as a success.
    if (step.ledger !== undefined) takeBack();
    throw error;
  }
  logPage(step, record, deps);
}

/** Uploads the last step and books it in the record, which is stored with the end of its window. */
export async function takeLastStep(step: Progress, claim: Claim, deps: DeliverDependencies): Promise<void> {
  book(claim.record, step, await deliver(step, claim, deps));
  logPage(step, claim.record, deps);
}

/** Uploads a step's rows; returns how many became dead letters, which is booked with the step: a chunk that comes again puts the same aside. */
async function deliver({ chunk }: Progress, claim: Claim, deps: DeliverDependencies): Promise<number> {
  const startedAt = Date.now();
  claim.throwIfLost();
  if (chunk === undefined || chunk.rows === 0) return 0;
  const deadLetters = await deliverChunk(chunk, claim, deps);
  const rows = chunk.rows - deadLetters;
  countRows(claim.record, rows);
  deps.log.info('RowsUploaded', { rows, bytes: chunk.json.length, durationMs: Date.now() - startedAt });
  return deadLetters;
}

function logPage(
  { pageDone }: Progress,
  { counts: { pages, fetched } }: WindowRecord,
  { log }: DeliverDependencies,
): void {
  if (pageDone === true) log.info('PageFetched', { page: pages, fetched });
}
