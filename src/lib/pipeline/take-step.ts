import type { Claim } from './claim.ts';
import { deliverChunk, type DeliverDependencies } from './deliver-chunk.ts';
import type { WindowRecord } from './ports.ts';
import type { Progress } from './stream.ts';

/** Uploads a step and stores its checkpoint: rows are accepted by the sink before the checkpoint records them. */
export async function storeStep(step: Progress, claim: Claim, deps: DeliverDependencies): Promise<void> {
  const { record } = claim;
  const deadLetters = await deliver(step, claim, deps);
  const { cursor, attempts, waits } = record;
  const { deadLetters: putAside = 0, outside = 0, repaired = 0 } = record.counts;
  const counts = { ...record.counts, deadLetters: putAside, outside, repaired };
  book(step, deadLetters, record);
  try {
    await claim.save(step.ledger);
  } catch (error) {
    // The keys were not booked, so what they count must not be booked with the recovery either, nor the page as a success.
    if (step.ledger !== undefined) {
      Object.assign(record, { cursor, attempts, waits, counts: Object.assign(record.counts, counts) });
    }
    throw error;
  }
  logPage(step, record, deps);
}

/** Uploads the last step and books it in the record, which is stored with the end of its window. */
export async function takeLastStep(step: Progress, claim: Claim, deps: DeliverDependencies): Promise<void> {
  book(step, await deliver(step, claim, deps), claim.record);
  logPage(step, claim.record, deps);
}

/** Uploads a step's rows; returns how many became dead letters, which is booked with the step: a chunk that comes again puts the same aside. */
async function deliver({ chunk }: Progress, claim: Claim, deps: DeliverDependencies): Promise<number> {
  const startedAt = Date.now();
  claim.throwIfLost();
  if (chunk === undefined || chunk.rows === 0) return 0;
  const deadLetters = await deliverChunk(chunk, claim, deps);
  const rows = chunk.rows - deadLetters;
  claim.record.counts.rows += rows;
  deps.log.info('RowsUploaded', { rows, bytes: chunk.json.length, durationMs: Date.now() - startedAt });
  return deadLetters;
}

function book(step: Progress, deadLetters: number, record: WindowRecord): void {
  record.cursor = step.cursor;
  if (deadLetters > 0) record.counts.deadLetters = (record.counts.deadLetters ?? 0) + deadLetters;
  record.counts.fetched += step.fetched ?? 0;
  if (step.parts !== undefined) record.counts.parts = (record.counts.parts ?? 0) + step.parts;
  if (step.outside !== undefined && step.outside > 0) {
    record.counts.outside = (record.counts.outside ?? 0) + step.outside;
  }
  if (step.repaired !== undefined && step.repaired > 0) {
    record.counts.repaired = (record.counts.repaired ?? 0) + step.repaired;
  }
  if (step.listed !== undefined) record.counts.listed = step.listed;
  if (step.expected !== undefined) record.counts.expected = step.expected;
  if (step.pageDone !== true) return;
  record.counts.pages++;
  record.attempts = 0;
  record.waits = 0;
  delete record.readFailures;
  delete record.lastError;
  delete record.repair;
}

function logPage(
  { pageDone }: Progress,
  { counts: { pages, fetched } }: WindowRecord,
  { log }: DeliverDependencies,
): void {
  if (pageDone === true) log.info('PageFetched', { page: pages, fetched });
}
