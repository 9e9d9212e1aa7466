import { ClaimLostError } from '../errors.ts';

/** Waits for the storing of a record that no claim protects. @returns false when somebody else has changed it meanwhile. */
export async function isStored(storing: Promise<void>): Promise<boolean> {
  try {
    await storing;
    return true;
  } catch (error) {
    if (error instanceof ClaimLostError) return false;
    throw error;
  }
}
