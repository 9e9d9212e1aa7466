import { messageOf } from '../errors.ts';
import { redact, type Log } from '../log.ts';
import type { DeadLetter, Sink } from './ports.ts';

/** Stored dead letters. */
export interface DeadLetterSource {
  readonly list: (limit: number) => AsyncGenerator<DeadLetter & { readonly name: string }>;
  readonly remove: (name: string) => Promise<void>;
}

/** What a replay did. */
export interface ReplayResult {
  readonly replayed: number;
  readonly rows: number;
  /** Letters that are still refused; they stay. */
  readonly failed: readonly { readonly name: string; readonly error: string }[];
}

/** Sends dead letters again; each goes only after its rows were accepted. */
export async function replayDeadLetters(
  limit: number,
  { source, sink, log }: { readonly source: DeadLetterSource; readonly sink: Sink; readonly log: Log },
): Promise<ReplayResult> {
  let [replayed, rows] = [0, 0];
  const failed: { name: string; error: string }[] = [];
  for await (const letter of source.list(limit)) {
    const { name, table, json } = letter;
    const count = (JSON.parse(Buffer.from(json).toString('utf8')) as unknown[]).length;
    try {
      await sink.upload(table, { json, rows: count });
    } catch (error) {
      failed.push({ name, error: redact(messageOf(error)) });
      continue;
    }
    await source.remove(name);
    replayed++;
    rows += count;
    log.info('DeadLetterReplayed', { stream: letter.stream, window: letter.window, rows: count });
  }
  return { replayed, rows, failed };
}
