import { nameOfRows } from '../../src/lib/pipeline/chunk-rows.ts';
import type { DeadLetter, DeadLetters } from '../../src/lib/pipeline/ports.ts';
import type { DeadLetterSource, StoredDeadLetter } from '../../src/lib/pipeline/replay-dead-letters.ts';

/** The calls by which dead letters are replayed; a list comes in one. */
interface LetterCalls {
  readonly list: () => Promise<readonly StoredDeadLetter[]>;
  readonly markRefused: (name: string) => Promise<void>;
  readonly remove: (name: string) => Promise<void>;
}

/** Dead letters in memory, named by the keys of their rows, as blobs are. */
export interface Letters {
  readonly port: DeadLetters;
  readonly names: () => string[];
  /** Somebody deletes one by hand. */
  readonly delete: (name: string) => void;
  /** What a replay reads, with its calls behind a gate. */
  readonly source: (gate: (calls: LetterCalls) => LetterCalls) => DeadLetterSource;
}

/** Makes an empty container. */
export function createLetters(onPut: (letter: DeadLetter) => void, onRemove: (letter: DeadLetter) => void): Letters {
  const letters = new Map<string, StoredDeadLetter>();
  const calls: LetterCalls = {
    list: () => Promise.resolve([...letters.values()]),
    markRefused: (name) => {
      const letter = letters.get(name);
      letters.delete(name);
      if (letter !== undefined) letters.set(name, letter);
      return Promise.resolve();
    },
    remove: (name) => {
      const letter = letters.get(name);
      if (letter !== undefined) onRemove(letter);
      return Promise.resolve(void letters.delete(name));
    },
  };
  return {
    port: {
      put: (letter) => {
        const name = `${letter.stream}/${letter.run}/${letter.window}/${nameOfRows(letter.json)}`;
        letters.set(name, { ...letter, version: 1, name });
        onPut(letter);
        return Promise.resolve();
      },
    },
    names: () => [...letters.keys()],
    delete: (name) => void letters.delete(name),
    source: (gate) => {
      const { list, markRefused, remove } = gate(calls);
      return {
        list: async function* (limit) {
          yield* (await list()).slice(0, limit);
        },
        markRefused,
        remove,
      };
    },
  };
}
