import type { WindowView } from '../answers.ts';
import { placeOf, type DayRange } from './day-range.ts';
import { isLookBack } from './window-words.ts';

/** Where a window is drawn; all numbers are shares of the strip, 0 to 1. */
export interface StripBar {
  readonly window: WindowView;
  readonly left: number;
  readonly width: number;
  /** Slices of one window share its time and stand above each other. */
  readonly top: number;
  readonly height: number;
}

/**
 * Lays windows out on the strip, in order of time. Windows wholly outside the range are left out, and those that look back: they would hide
 * the others, and the lists below name them where they fail.
 */
export function layOutStrip(windows: readonly WindowView[], range: DayRange): StripBar[] {
  const visible = windows.filter(
    (window) => !isLookBack(window) && Date.parse(window.to) > range.start && Date.parse(window.from) < range.end,
  );
  const groups = Map.groupBy(visible, ({ from, to }) => `${from}/${to}`);
  const bars = [...groups.values()].flatMap((slices) =>
    slices.map((window, index) => toBar(window, index, slices.length, range)),
  );
  return bars.sort((one, two) => one.left - two.left || one.top - two.top);
}

function toBar(window: WindowView, index: number, count: number, range: DayRange): StripBar {
  const left = placeOf(Date.parse(window.from), range);
  const right = placeOf(Date.parse(window.to), range);
  return { window, left, width: right - left, top: index / count, height: 1 / count };
}

/** The bar at a point of the strip, or the nearest one in time; undefined when there is none. */
export function barAt(bars: readonly StripBar[], x: number, y: number): StripBar | undefined {
  const distance = ({ left, width, top, height }: StripBar): number => {
    const aside = Math.max(left - x, x - (left + width), 0);
    const above = Math.max(top - y, y - (top + height), 0);
    return aside * 1000 + above;
  };
  return bars.reduce<StripBar | undefined>(
    (best, bar) => (best === undefined || distance(bar) < distance(best) ? bar : best),
    undefined,
  );
}

/** A sign above the strip. */
export interface StripMark {
  readonly state: WindowView['state'];
  /** Middle of what it stands for, as a share of the strip. */
  readonly at: number;
  /** Windows it stands for: those too near to each other share one. */
  readonly count: number;
}

/** Signs of the windows that are to be seen at once, however narrow they are; at least `apart` from others of the same state. */
export function stripMarks(
  bars: readonly StripBar[],
  isMarked: (window: WindowView) => boolean,
  apart: number,
): StripMark[] {
  const runs: { state: WindowView['state']; first: number; last: number; count: number }[] = [];
  for (const { window, left, width } of bars.filter((bar) => isMarked(bar.window))) {
    const at = left + width / 2;
    const near = runs.findLast(({ state }) => state === window.state);
    if (near === undefined || at - near.last >= apart)
      runs.push({ state: window.state, first: at, last: at, count: 1 });
    else Object.assign(near, { last: at, count: near.count + 1 });
  }
  return runs.map(({ state, first, last, count }) => ({ state, at: (first + last) / 2, count }));
}
