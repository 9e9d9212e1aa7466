import type { DeadLetterView } from '../pipeline/dead-letter-answers.ts';
import { getServices } from '../services.ts';

/** Lists what could not be ingested, and why; at most so many. */
export async function listDeadLetters(limit: number): Promise<DeadLetterView[]> {
  const letters: DeadLetterView[] = [];
  for await (const { json: rows, ...about } of getServices().deadLetters.list(limit)) {
    letters.push({ ...about, bytes: rows.byteLength });
  }
  return letters;
}
