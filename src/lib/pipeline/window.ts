/** Arithmetic of half-open time intervals `[from, to)` in ISO 8601 UTC with whole seconds. */

import type { Span } from './stream.ts';

/** A half-open interval in epoch milliseconds. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

const SECOND_MS = 1000;

/** The instant as ISO 8601 with whole seconds, e.g. `2026-01-31T00:00:00Z`. */
export function isoSeconds(time: number | Date): string {
  return new Date(floorSecond(Number(time))).toISOString().replace('.000Z', 'Z');
}

/** The last whole second at or before the instant, in epoch milliseconds. */
export function floorSecond(time: number): number {
  return Math.floor(time / SECOND_MS) * SECOND_MS;
}

/** The first whole second at or after the instant, in epoch milliseconds. */
export function ceilSecond(time: number): number {
  return Math.ceil(time / SECOND_MS) * SECOND_MS;
}

/** Time that spans take together, in milliseconds; slices of one time count each. */
export function lengthOf(spans: readonly Span[]): number {
  return spans.map(toInterval).reduce((sum, { from, to }) => sum + to - from, 0);
}

/** Parses what `isoSeconds` wrote. */
export function toInterval(window: Pick<Span, 'from' | 'to'>): Interval {
  return { from: Date.parse(window.from), to: Date.parse(window.to) };
}

/**
 * Key of a window in its run: sorts by time, holds no character that table keys or URLs forbid.
 * E.g. `20260131T000000Z-20260131T001500Z` or with a slice `…~type.file`.
 */
export function windowKey(window: Span): string {
  const bounds = `${compactTime(window.from)}-${compactTime(window.to)}`;
  return window.slice === undefined ? bounds : `${bounds}~${window.slice.replace(/[^A-Za-z0-9.,-]/g, '.')}`;
}

/** When a window of this key ends, ISO 8601. */
export function endOf(key: string): string {
  return key.replace(/^[^-]*-(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ).*$/, '$1-$2-$3:$4:$5');
}

/** An ISO time without punctuation, as window keys hold it. */
export function compactTime(iso: string): string {
  return iso.replace(/[-:]/g, '');
}

/** Cuts an interval into consecutive pieces of at most `length` milliseconds. */
export function chop(interval: Interval, length: number): Interval[] {
  const pieces: Interval[] = [];
  for (let from = interval.from; from < interval.to; from += length) {
    pieces.push({ from, to: Math.min(from + length, interval.to) });
  }
  return pieces;
}

/** Cuts an interval in two at a whole second; undefined when it is a single second. */
export function halve(interval: Interval): readonly [Interval, Interval] | undefined {
  const middle = floorSecond((interval.from + interval.to) / 2);
  if (middle <= interval.from || middle >= interval.to) return undefined;
  return [
    { from: interval.from, to: middle },
    { from: middle, to: interval.to },
  ];
}

/** The parts of `within` that none of the intervals covers, in order. */
export function gaps(within: Interval, intervals: readonly Interval[]): Interval[] {
  const found: Interval[] = [];
  let reached = within.from;
  for (const { from, to } of [...intervals].sort((left, right) => left.from - right.from)) {
    if (from >= within.to) break;
    if (from > reached) found.push({ from: reached, to: from });
    reached = Math.max(reached, to);
  }
  if (reached < within.to) found.push({ from: reached, to: within.to });
  return found;
}
