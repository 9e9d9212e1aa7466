import { ChunkRefusedError, failureOf, messageOf, RetryableError } from '../errors.ts';
import { redact } from '../log.ts';
import { acceptedRow, keepAccepted } from './accepted-row.ts';
import { rowsOf } from './chunk-rows.ts';
import type { Claim } from './claim.ts';
import type { DeadLetters, Sink, WindowDependencies, WindowRecord } from './ports.ts';
import type { Chunk, Stream } from './stream.ts';
import { isProven, type Parts, type Refused, refusedAll, uploadRest } from './upload-parts.ts';
import { noteStoppers } from './window-state.ts';

/** What an upload needs. */
export interface UploadDependencies extends Pick<WindowDependencies, 'clock' | 'log'> {
  readonly stream: Stream;
  readonly sink: Sink;
  readonly deadLetters: DeadLetters;
}

/** Failures of the window before rows are put aside for their size alone: a refusal may be a passing fault. */
const ATTEMPTS_BEFORE_DEAD_LETTER = 3;
/** What a window may lose to dead letters without an operator: a share of its rows, or a few. */
const MOST_DEAD_LETTERS = { share: 0.01, rows: 10 };

/**
 * Uploads a chunk; returns how many of its rows became dead letters. One that is refused goes in parts, so that a row never holds others.
 * @throws ConfigError when the table seems to be at fault, or more is refused than may be put aside: the window waits, with nothing put aside.
 */
export async function uploadChunk(chunk: Chunk, claim: Claim, deps: UploadDependencies): Promise<number> {
  const { record } = claim;
  const parts = createParts(chunk, claim, deps);
  const error = await parts.send(chunk);
  if (error !== undefined) {
    deps.log.warn('ChunkHalved', { rows: chunk.rows, bytes: chunk.json.length, error: error.message });
    await uploadRest(rowsOf(chunk), error, parts, new Set(parts.allowed === Infinity ? [] : record.stoppedBy));
    if (parts.allowed !== Infinity) await demandProof(parts, record);
    if (parts.isTableProven) await tryAgain(parts);
  }
  for (const each of parts.refused) await putAside(each, record, deps);
  noteStoppers(record);
  return parts.refused.reduce((rows, each) => rows + each.chunk.rows, 0);
}

/** Nothing is put aside while all may be refused for a reason that is not the rows' own. */
async function demandProof(parts: Parts, { attempts }: WindowRecord): Promise<void> {
  const [first] = parts.refused;
  if (first === undefined || parts.isTableProven) return;
  const forContent = parts.refused.find(({ error }) => error.isForContent);
  if (forContent !== undefined && !(await isProven(parts))) throw refusedAll(forContent.error, parts);
  if (forContent === undefined && attempts < ATTEMPTS_BEFORE_DEAD_LETTER) {
    throw new RetryableError('the sink refuses a single row', { cause: first.error });
  }
}

/** A refusal may have passed meanwhile: what was refused is sent once more. */
async function tryAgain({ refused, send }: Parts): Promise<void> {
  for (const each of refused.splice(0)) {
    const error = await send(each.chunk);
    if (error !== undefined) refused.push({ chunk: each.chunk, error });
  }
}

function createParts(chunk: Chunk, { record, signal }: Claim, { sink, stream }: UploadDependencies): Parts {
  const { table } = stream;
  const parts: Parts = {
    table,
    allowed: record.acceptsDeadLetters === true ? Infinity : allowedDeadLetters(record, chunk),
    refused: [],
    isTableProven: false,
    send: async (part) => {
      const error = await failureOf(ChunkRefusedError, sink.upload(table, part, signal));
      if (error !== undefined) return error;
      parts.isTableProven = true;
      keepAccepted(sink, table, part);
      return undefined;
    },
    acceptedRow: () => acceptedRow(sink, table),
    noteStoppers: (names) => noteStoppers(record, names),
  };
  return parts;
}

/** Dead letters that the window may have beside those it has. Of its rows those count that are known of by now. */
function allowedDeadLetters({ counts }: WindowRecord, chunk: Chunk): number {
  const { deadLetters = 0, expected = 0 } = counts;
  const rows = Math.max(expected, counts.rows + deadLetters + chunk.rows);
  return Math.max(MOST_DEAD_LETTERS.rows, Math.floor(rows * MOST_DEAD_LETTERS.share)) - deadLetters;
}

async function putAside({ chunk, error }: Refused, record: WindowRecord, deps: UploadDependencies): Promise<void> {
  const { stream, run, key } = record;
  const reason = redact(messageOf(error));
  const at = deps.clock.now().toISOString();
  await deps.deadLetters.put({ stream, run, window: key, table: deps.stream.table, reason, at, json: chunk.json });
  deps.log.error('RowDeadLettered', { rows: chunk.rows, bytes: chunk.json.length, reason });
}
