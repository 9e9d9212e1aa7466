import type { Settings } from '../../config.ts';
import type { Outcome, Progress, WindowTask } from '../../pipeline/stream.ts';
import { halve, isoSeconds, toInterval, type Interval } from '../../pipeline/window.ts';
import { typeSlices } from '../../qualys/edr/qql.ts';
import { hearCount } from './count-memory.ts';
import { firstCursor, partOf, queryOf, toJson, TYPE_SLICE, type EdrCursor, type WindowQuery } from './edr-cursor.ts';
import { MAX_DEPTH, SPLIT_ABOVE } from './page-depth.ts';

/** What cutting a window needs. */
export interface Splitting {
  readonly task: WindowTask;
  readonly settings: Settings;
  /** Asks how many events there are. */
  readonly count: (query: WindowQuery) => Promise<number>;
}

/** Times that a window is halved at once: its pieces must fit one transaction. What is still too large is cut again. */
const MAX_HALVINGS = 6;

/**
 * Cuts a window that holds too much: by time down to a second, then by event type. Each piece is counted first, and starts with that count.
 * Pieces that hold less than the window was counted to hold are no way to read it whole.
 * @returns undefined when the window is to be read as it is.
 */
export async function* splitWindow(
  { task, settings, count }: Splitting,
  cursor: EdrCursor,
): AsyncGenerator<Progress, Outcome | undefined> {
  const expected = cursor.counted?.greatest ?? 0;
  const pieces = piecesOf(task, settings, expected);
  if (pieces.length < 2) return undefined;
  const counts = [...(cursor.pieces ?? [])];
  for (const piece of pieces.slice(counts.length)) {
    counts.push(await count(queryOfPiece(piece, task, cursor, settings)));
    yield { cursor: toJson({ ...cursor, pieces: [...counts] }), expected };
  }
  const sum = counts.reduce((total, each) => total + each, 0);
  if (sum < expected) {
    task.log.warn('SplitRefused', { expected, pieces: pieces.length, sum });
    return undefined;
  }
  const slices = pieces.map((piece, index) => {
    const counted = hearCount(undefined, counts[index] ?? 0);
    const query = queryOfPiece(piece, task, cursor, settings);
    return { ...piece, cursor: toJson(firstCursor({ query, counted, read: 0 }, settings)) };
  });
  return { kind: 'split', slices, reason: `${expected} events` };
}

interface Piece {
  readonly from: string;
  readonly to: string;
  readonly slice?: string;
}

/** A piece by time asks what its window asked. */
function queryOfPiece(piece: Piece, { window }: WindowTask, { query }: EdrCursor, settings: Settings): WindowQuery {
  return piece.slice === window.slice ? partOf(query, piece) : queryOf(piece, settings);
}

function piecesOf({ window }: WindowTask, settings: Settings, expected: number): Piece[] {
  const { from, to, slice } = window;
  const halvings = Math.min(MAX_HALVINGS, Math.ceil(Math.log2(expected / SPLIT_ABOVE)));
  const intervals = cut(toInterval(window), halvings);
  if (intervals.length > 1) {
    const kept = slice === undefined ? {} : { slice };
    return intervals.map((piece) => ({ from: isoSeconds(piece.from), to: isoSeconds(piece.to), ...kept }));
  }
  if (expected <= MAX_DEPTH || slice !== undefined || settings.EDR_PAGING === 'searchAfter') return [];
  return typeSlices(settings).map((type) => ({ from, to, slice: `${TYPE_SLICE}${type}` }));
}

/** Halves an interval so many times over, as far as whole seconds allow. */
function cut(interval: Interval, times: number): Interval[] {
  const halves = times > 0 ? halve(interval) : undefined;
  return halves === undefined ? [interval] : halves.flatMap((half) => cut(half, times - 1));
}
