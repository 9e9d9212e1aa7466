import type { Settings } from '../../config.ts';
import type { PlanSettings } from '../../pipeline/stream.ts';

/** Slice of a window in which everything is loaded, whenever it was changed. */
export const EVERYTHING = 'everything';

const DAY_MS = 86_400_000;

/**
 * Windows of changes of any length, as they are paged by QID; the first one, and then one in so many days, is a load of everything: rows age
 * out of the table, and rules see two weeks of it at most.
 */
export function planKnowledgeBase(
  settings: Pick<Settings, 'KB_FULL_DAYS' | 'KB_SAFETY_LAG_SECONDS' | 'KB_WINDOW_MINUTES'>,
): PlanSettings {
  return {
    windowMinutes: Number.POSITIVE_INFINITY,
    gridMinutes: settings.KB_WINDOW_MINUTES,
    safetyLagSeconds: settings.KB_SAFETY_LAG_SECONDS,
    sliceOf: (window, isFirst) => (isFirst || isFull(window, settings.KB_FULL_DAYS) ? EVERYTHING : undefined),
  };
}

/** Whether a multiple of so many days since 1970 lies in the window `(from, to]`. */
function isFull({ from, to }: { readonly from: string; readonly to: string }, days: number): boolean {
  if (days === 0) return false;
  const periods = [from, to].map((time) => Math.floor(Date.parse(time) / (days * DAY_MS)));
  return periods[0] !== periods[1];
}
