import { type ChunkRefusedError, ConfigError } from '../errors.ts';
import { nameOfRows, toChunk } from './chunk-rows.ts';
import type { Chunk } from './stream.ts';

/** What was refused: a row on its own, or rows of which none was accepted. */
export interface Refused {
  readonly chunk: Chunk;
  readonly error: ChunkRefusedError;
}

/** The upload of a refused chunk in parts. */
export interface Parts {
  readonly table: string;
  /** Dead letters that the window may have beside those it has; infinite where an operator takes them all. */
  readonly allowed: number;
  /** Uploads rows; the error when they are refused. Sets `isTableProven` when they are accepted. */
  readonly send: (chunk: Chunk) => Promise<ChunkRefusedError | undefined>;
  /** A row that was accepted before this chunk; undefined when none is known. */
  readonly acceptedRow: () => Chunk | undefined;
  /** Keeps the names of rows that are refused, too many to be put aside: by them the next try begins. */
  readonly noteStoppers: (names: readonly string[]) => void;
  /** What goes to the dead letters, when all is tried. */
  readonly refused: Refused[];
  /** Whether something was accepted since the refusal: the table takes rows, and what is refused is so for itself. */
  isTableProven: boolean;
}

/** Rows tried alone to see whether the table takes any: more than a window may always put aside, so that one of them must pass. */
const SAMPLES = 11;
/** Names kept at most, so that a checkpoint stays small. */
const MAX_STOPPERS = 100;
const OPERATORS_ACT = 'or retry the window with accept=dead-letters, which puts them aside';

/**
 * Uploads rows that were refused together: in halves, down to single rows. Where the content is refused, only while something else of the
 * table is accepted: a rule or a table at fault refuses all rows alike, and must not make dead letters of them.
 * @throws ConfigError when all is refused, or more than the window may put aside.
 */
export async function uploadParts(rows: readonly Buffer[], error: ChunkRefusedError, parts: Parts): Promise<void> {
  if (rows.length === 1) return keep(rows, error, parts);
  const left = error.isForContent && !parts.isTableProven ? await proveTable(rows, error, parts) : rows;
  const middle = Math.ceil(left.length / 2);
  await sendRows(left.slice(0, middle), parts);
  await sendRows(left.slice(middle), parts);
}

/**
 * The same for rows of which some stopped the window before. These go first: while they are all refused, nothing else is sent, because it
 * would come again with each try.
 */
export async function uploadRest(
  rows: readonly Buffer[],
  error: ChunkRefusedError,
  parts: Parts,
  stoppedBy: ReadonlySet<string>,
): Promise<void> {
  const known = rows.filter((row) => stoppedBy.has(nameOfRows(toChunk([row]).json)));
  if (known.length === 0) return uploadParts(rows, error, parts);
  const tried = await trySome(known, parts);
  if (parts.refused.length === known.length) stop(error, parts);
  await sendRows(without(rows, tried), parts);
}

/** Whether the table is known to take rows now: if need be, a row that was accepted before is sent once more. */
export async function isProven(parts: Parts): Promise<boolean> {
  const row = parts.isTableProven ? undefined : parts.acceptedRow();
  if (row !== undefined) await parts.send(row);
  return parts.isTableProven;
}

/** The error of a chunk of which nothing is accepted, nor another row of the table. */
export function refusedAll(error: ChunkRefusedError, { table }: Parts): ConfigError {
  return new ConfigError(
    `Azure refuses all rows of a chunk for ${table}: check the data collection rule and its stream Custom-${table}, ${OPERATORS_ACT}`,
    { cause: error },
  );
}

/** More rows are refused than become dead letters without an operator. */
function stop(error: ChunkRefusedError, { noteStoppers, refused, table }: Parts): never {
  noteStoppers(refused.slice(0, MAX_STOPPERS).map(({ chunk }) => nameOfRows(chunk.json)));
  throw new ConfigError(
    `Azure refuses more rows of the window for ${table} than become dead letters by themselves (1 %, at least 10): repair what it says, ${OPERATORS_ACT}`,
    { cause: error },
  );
}

async function sendRows(rows: readonly Buffer[], parts: Parts): Promise<void> {
  if (rows.length === 0) return;
  const error = await parts.send(toChunk(rows));
  if (error !== undefined) await uploadParts(rows, error, parts);
}

/** Tries rows alone to find one that is accepted; returns those that are left. */
async function proveTable(rows: readonly Buffer[], error: ChunkRefusedError, parts: Parts): Promise<readonly Buffer[]> {
  const left = without(rows, await trySome(spread(rows), parts));
  if (await isProven(parts)) {
    if (parts.refused.length > parts.allowed) stop(error, parts);
    return left;
  }
  if (parts.allowed !== Infinity) throw refusedAll(error, parts);
  if (left.length > 0) parts.refused.push({ chunk: toChunk(left), error });
  return [];
}

/** Sends rows alone until one is accepted; returns those that were sent. */
async function trySome(rows: readonly Buffer[], parts: Parts): Promise<ReadonlySet<Buffer>> {
  const tried = new Set<Buffer>();
  for (const row of rows) {
    tried.add(row);
    const error = await parts.send(toChunk([row]));
    if (error === undefined) break;
    parts.refused.push({ chunk: toChunk([row]), error });
  }
  return tried;
}

/** Some rows from the first to the last, evenly. */
function spread(rows: readonly Buffer[]): Buffer[] {
  const step = Math.max(1, rows.length / SAMPLES);
  return rows.filter((_, place) => Math.floor(place / step) !== Math.floor((place - 1) / step));
}

function without(rows: readonly Buffer[], tried: ReadonlySet<Buffer>): readonly Buffer[] {
  return rows.filter((row) => !tried.has(row));
}

/** Keeps a row as refused. */
async function keep(rows: readonly Buffer[], error: ChunkRefusedError, parts: Parts): Promise<void> {
  parts.refused.push({ chunk: toChunk(rows), error });
  if (parts.refused.length <= parts.allowed) return;
  if (error.isForContent && !(await isProven(parts))) throw refusedAll(error, parts);
  stop(error, parts);
}
