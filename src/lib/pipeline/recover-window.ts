import { FatalError, messageOf, PageFaultError, WaitError } from '../errors.ts';
import { logUnexpected } from '../log-unexpected.ts';
import type { Claim } from './claim.ts';
import type { WindowDependencies, WorkItem } from './ports.ts';
import { recoverFrom } from './recovery.ts';
import { startOver } from './start-over.ts';
import { countReadFailure, handOver, noteRecovery, noteStartedOver } from './window-state.ts';

/** Stores what becomes of a window after an error, and puts its item back. */
export async function recoverWindow(
  claim: Claim,
  item: WorkItem,
  error: unknown,
  isContinued: boolean,
  deps: WindowDependencies,
): Promise<void> {
  const { record } = claim;
  // Only a page that fails while its route answers: no outage, upload, setting or storage at fault may let a reader give records up.
  if (error instanceof PageFaultError) countReadFailure(record);
  const recovery = recoverFrom(error, record, isContinued);
  noteRecovery(record, recovery);
  // What is refused is not asked again: a cursor may have run out, and the next try asks by the settings as they are then, perhaps repaired.
  if (error instanceof FatalError && record.cursor !== undefined) {
    noteStartedOver(record);
    await startOver(record, deps.store);
  }
  const fields = { attempts: record.attempts, retryInMs: recovery.delayMs, error: messageOf(error) };
  logUnexpected(deps.log, error);
  if (recovery.state === 'failed') deps.log.error('WindowFailed', fields);
  else if (error instanceof WaitError) deps.log.info('WindowWaits', fields);
  else deps.log.warn('PageFetchFailed', fields);
  await storeHandOver(claim, item, deps, recovery.delayMs, recovery.state);
}

/** Gives the window up until later. The wait is stored first: an item lost after that is found by the planner. */
export async function storeHandOver(
  claim: Claim,
  item: WorkItem,
  deps: WindowDependencies,
  delayMs: number,
  state: 'planned' | 'failed' = 'planned',
): Promise<void> {
  const { record } = claim;
  await claim.stop();
  handOver(record, deps.clock.now(), delayMs, state);
  await deps.store.saveWindow(record);
  if (state === 'planned') await deps.queue.send(item, delayMs / 1000);
}
