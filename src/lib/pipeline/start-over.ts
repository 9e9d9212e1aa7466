import type { CheckpointStore, WindowRecord } from './ports.ts';
import { readFromStart } from './window-state.ts';

/** Ledgers that tell what a window has received or uploaded. */
const LEDGERS = ['uploaded', 'fetched', 'documents'] as const;

/**
 * Has a window read from its start. With ledgers what it uploaded or put aside before does not come again, and stays counted; without them
 * it comes with the same keys, and is counted anew.
 */
export async function startOver(record: WindowRecord, store: CheckpointStore): Promise<void> {
  readFromStart(record, await hasLedger(record, store));
}

/** Whether it is known what the window received. Streams without ledgers do not know. */
async function hasLedger(record: WindowRecord, store: CheckpointStore): Promise<boolean> {
  for (const name of LEDGERS) if ((await store.ledger(record).load(name)).size > 0) return true;
  return false;
}
