import { ChunkRefusedError, messageOf, RetryableError } from '../errors.ts';
import { redact, type Log } from '../log.ts';
import type { Claim } from './claim.ts';
import type { Clock, DeadLetters, Sink } from './ports.ts';
import type { Chunk, Stream } from './stream.ts';

/** What an upload needs. */
export interface UploadDependencies {
  readonly sink: Sink;
  readonly deadLetters: DeadLetters;
  readonly clock: Clock;
  readonly log: Log;
  readonly stream: Stream;
}

/** Failures of the window before a row that the sink refuses on its own is put aside: a refusal may be a passing fault. */
const ATTEMPTS_BEFORE_DEAD_LETTER = 3;

/**
 * Uploads a chunk. One that the sink refuses for its size goes in halves, down to single rows;
 * a row that is still refused after several attempts becomes a dead letter.
 */
export async function uploadChunk(chunk: Chunk, claim: Claim, deps: UploadDependencies): Promise<void> {
  try {
    await deps.sink.upload(deps.stream.table, chunk, claim.signal);
  } catch (error) {
    if (!(error instanceof ChunkRefusedError)) throw error;
    if (chunk.rows === 1) return putAside(chunk, claim, error, deps);
    deps.log.warn('ChunkHalved', { rows: chunk.rows, bytes: chunk.json.length, error: error.message });
    for (const half of halves(chunk)) await uploadChunk(half, claim, deps);
  }
}

/** The rows keep their text: numbers beyond 2^53 must not pass through `JSON.parse`. */
function halves(chunk: Chunk): Chunk[] {
  const rows = elementsOf(chunk.json);
  const middle = Math.ceil(rows.length / 2);
  return [rows.slice(0, middle), rows.slice(middle)].map((half) => ({
    json: Buffer.from(`[${half.map((row) => row.toString('utf8')).join(',')}]`),
    rows: half.length,
  }));
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const OPENING: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const CLOSING: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/** The elements of a JSON array, as they stand in its text. */
function elementsOf(json: Uint8Array): Buffer[] {
  const bytes = Buffer.from(json.buffer, json.byteOffset, json.byteLength);
  const elements: Buffer[] = [];
  let [depth, start, isInString] = [0, 1, false];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === BACKSLASH) at++;
    else if (byte === QUOTE) isInString = !isInString;
    else if (isInString) continue;
    else if (OPENING.has(byte)) depth++;
    else if (CLOSING.has(byte)) depth--;
    if ((byte === COMMA && depth === 1 && !isInString) || depth === 0) {
      elements.push(bytes.subarray(start, at));
      start = at + 1;
    }
    if (depth === 0) break;
  }
  return elements;
}

async function putAside(
  row: Chunk,
  { record }: Claim,
  error: ChunkRefusedError,
  deps: UploadDependencies,
): Promise<void> {
  if (record.attempts < ATTEMPTS_BEFORE_DEAD_LETTER) {
    throw new RetryableError('the sink refuses a single row', { cause: error });
  }
  const { stream, run, key } = record;
  const reason = redact(messageOf(error));
  const at = deps.clock.now().toISOString();
  await deps.deadLetters.put({ stream, run, window: key, table: deps.stream.table, reason, at, json: row.json });
  deps.log.error('RowDeadLettered', { bytes: row.json.length, reason });
}
