import { FatalError, messageOf } from '../errors.ts';
import { redact, type Log } from '../log.ts';
import { logUnexpected } from '../log-unexpected.ts';
import type { DeadLetterView, ReplayResult } from './dead-letter-answers.ts';
import type { DeadLetter, Sink } from './ports.ts';

/** A stored dead letter. */
export type StoredDeadLetter = DeadLetter & Omit<DeadLetterView, 'bytes'>;

/** Stored dead letters. */
export interface DeadLetterSource {
  /** At most so many, those that were refused again last. */
  readonly list: (limit: number) => AsyncGenerator<StoredDeadLetter>;
  /** Puts a letter behind those that were not sent since. */
  readonly markRefused: (name: string) => Promise<void>;
  readonly remove: (name: string) => Promise<void>;
}

/** What a replay needs. */
export interface ReplayDependencies {
  readonly source: DeadLetterSource;
  readonly sink: Sink;
  readonly log: Log;
}

/** Letters that fail before a replay ends: where all are refused, it must not take longer than a request may. */
const MOST_FAILED = 100;

/**
 * Sends dead letters again, until `limit` were accepted; each goes only after its rows were accepted. One that is refused holds no other:
 * it goes to the end.
 */
export async function replayDeadLetters(limit: number, deps: ReplayDependencies): Promise<ReplayResult> {
  const { source } = deps;
  let [replayed, rows] = [0, 0];
  const failed: { name: string; error: string }[] = [];
  for await (const letter of source.list(limit + MOST_FAILED)) {
    try {
      rows += await replay(letter, deps);
      replayed++;
    } catch (error) {
      failed.push({ name: letter.name, error: redact(messageOf(error)) });
      logUnexpected(deps.log, error);
      await source.markRefused(letter.name);
    }
    if (replayed >= limit || failed.length >= MOST_FAILED) break;
  }
  return { replayed, rows, failed };
}

/** Returns the number of its rows. @throws when it is broken or refused. */
async function replay(letter: StoredDeadLetter, { source, sink, log }: ReplayDependencies): Promise<number> {
  const { name, table, json, broken } = letter;
  if (broken !== undefined) throw new FatalError(`broken: ${broken}`);
  const { length: rows } = JSON.parse(Buffer.from(json).toString('utf8')) as unknown[];
  await sink.upload(table, { json, rows });
  await source.remove(name);
  log.info('DeadLetterReplayed', { stream: letter.stream, window: letter.window, rows });
  return rows;
}
