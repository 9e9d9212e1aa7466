import { fraction } from './random.ts';

/** Where and how densely the generated events lie. */
export interface EventSpan {
  readonly seed: number;
  readonly count: number;
  /** First instant of the span, milliseconds since 1970. */
  readonly start: number;
  /** First instant after it. */
  readonly end: number;
}

/** In each block of events a run of them falls into one second, several of those into one millisecond. */
const BLOCK = 500;
const BURST_START = 250;
const BURST_SIZE = 120;
const SAME_INSTANT = 6;

/** A block shorter than this has no room for a second of its own. */
const SHORTEST_BLOCK_MS = 6_000;

/**
 * When the event of this index was processed, milliseconds since 1970. Times never fall from one index to the next,
 * so that a window is found by binary search.
 */
export function processedTimeAt(span: EventSpan, index: number): number {
  const slot = (span.end - span.start) / span.count;
  const evenTime = (at: number): number => Math.floor(span.start + (at + fraction(span.seed, at, 1)) * slot);
  const inBlock = index % BLOCK;
  if (inBlock < BURST_START || slot * BLOCK < SHORTEST_BLOCK_MS) return Math.min(evenTime(index), span.end - 1);
  const second = Math.ceil(evenTime(index - inBlock + BURST_START) / 1_000) * 1_000;
  const turn = inBlock - BURST_START;
  const time =
    turn < BURST_SIZE
      ? second + Math.floor(turn / SAME_INSTANT) * SAME_INSTANT * Math.floor(1_000 / BURST_SIZE)
      : Math.max(evenTime(index), second + 1_000);
  return Math.min(time, span.end - 1);
}
