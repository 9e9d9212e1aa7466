import { ClaimLostError, failureOf } from '../errors.ts';

/** Waits for the storing of a record that no claim protects. @returns false when somebody else has changed it meanwhile. */
export async function isStored(storing: Promise<void>): Promise<boolean> {
  return (await failureOf(ClaimLostError, storing)) === undefined;
}
