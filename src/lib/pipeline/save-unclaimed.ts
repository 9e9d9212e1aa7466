import { ClaimLostError } from '../errors.ts';
import type { CheckpointStore, WindowRecord } from './ports.ts';

/** Stores a window that no claim protects. @returns false when somebody else has changed it meanwhile. */
export async function saveUnclaimed(store: CheckpointStore, record: WindowRecord): Promise<boolean> {
  try {
    await store.saveWindow(record);
    return true;
  } catch (error) {
    if (error instanceof ClaimLostError) return false;
    throw error;
  }
}
