import type { Priority } from '../pipeline/ports.ts';
import type { EdrQuery, EdrTarget } from '../qualys/edr/edr-api.ts';
import { getServices } from '../services.ts';

/** Longest answer passed through over HTTP, in bytes. */
export const MAX_ANSWER_BYTES = 50_000_000;

/**
 * Makes one of the guide's three calls with our token and gives the answer as it came; empty where the vendor has nothing.
 * @throws the classes of `errors.ts`, also for an answer above `maxBytes`.
 */
export async function lookUpEvents(
  target: EdrTarget,
  query: EdrQuery,
  { priority, maxBytes = MAX_ANSWER_BYTES }: { readonly priority: Priority; readonly maxBytes?: number },
): Promise<Uint8Array> {
  const answer = await getServices().edr.passThrough(target, query, { priority });
  return answer.bytes(maxBytes);
}
