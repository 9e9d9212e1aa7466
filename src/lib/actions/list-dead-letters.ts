import type { StoredDeadLetter } from '../pipeline/replay-dead-letters.ts';
import { getServices } from '../services.ts';

/** What is known of a dead letter, without its rows. */
export type DeadLetterView = Omit<StoredDeadLetter, 'json'> & {
  /** Size of its rows. */
  readonly bytes: number;
};

/** Lists what could not be ingested, and why; at most so many. */
export async function listDeadLetters(limit: number): Promise<DeadLetterView[]> {
  const letters: DeadLetterView[] = [];
  for await (const { json: rows, ...about } of getServices().deadLetters.list(limit)) {
    letters.push({ ...about, bytes: rows.byteLength });
  }
  return letters;
}
