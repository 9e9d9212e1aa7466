import type { Claim } from './claim.ts';
import { deliverChunk, type DeliverDependencies } from './deliver-chunk.ts';
import type { MemoryKeeper } from './keep-memory.ts';
import type { Chunk, Progress } from './stream.ts';
import { book, countRows } from './window-state.ts';

/** What taking a step needs. */
export interface StepDependencies extends DeliverDependencies {
  readonly keeper: MemoryKeeper;
  /** Called with the window's run before rows are asked for, and before each chunk; throws a WaitError where they have to wait. */
  readonly throwIfFull?: ((run: string) => Promise<void>) | undefined;
}

/** Uploads a step and stores its checkpoint: rows are accepted by the sink before the memory and the checkpoint record them. */
export async function storeStep(step: Progress, claim: Claim, deps: StepDependencies): Promise<void> {
  const takeBack = book(claim.record, step, await deliver(step, claim, deps));
  try {
    await claim.save(step.ledger);
  } catch (error) {
    // The keys were not booked, so what they count must not be booked with the recovery either, nor the page as a success.
    if (step.ledger !== undefined) takeBack();
    throw error;
  }
  logPage(step, claim, deps);
}

/** Uploads the last step and books it in the record, which is stored with the end of its window. */
export async function takeLastStep(step: Progress, claim: Claim, deps: StepDependencies): Promise<void> {
  book(claim.record, step, await deliver(step, claim, deps));
  logPage(step, claim, deps);
}

/** Uploads a step's rows; returns how many became dead letters, which is booked with the step: a chunk that comes again puts the same aside. */
async function deliver(step: Progress, claim: Claim, deps: StepDependencies): Promise<number> {
  const { chunk } = step;
  if (chunk !== undefined && chunk.rows > 0) await deps.throwIfFull?.(claim.record.run);
  await deps.keeper.before(step);
  // Only behind that: a worker that has taken the window over finds what is doubted, or this one has to stop here.
  claim.throwIfLost();
  const deadLetters = chunk === undefined || chunk.rows === 0 ? 0 : await upload(chunk, claim, deps);
  await deps.keeper.after(step, deadLetters);
  return deadLetters;
}

async function upload(chunk: Chunk, claim: Claim, deps: DeliverDependencies): Promise<number> {
  const startedAt = Date.now();
  const deadLetters = await deliverChunk(chunk, claim, deps);
  const rows = chunk.rows - deadLetters;
  countRows(claim.record, rows);
  deps.log.info('RowsUploaded', { rows, bytes: chunk.json.length, durationMs: Date.now() - startedAt });
  return deadLetters;
}

function logPage({ pageDone }: Progress, { record: { counts } }: Claim, { log }: StepDependencies): void {
  if (pageDone === true) log.info('PageFetched', { page: counts.pages, fetched: counts.fetched });
}
