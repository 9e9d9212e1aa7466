import type { SimulatorClock } from './clock.ts';
import type { LiveSettings } from './settings.ts';

/** Keeps when searchAfter cursors were given out. */
export interface CursorBook {
  readonly issue: (cursor: string) => void;
  /** Whether a cursor was given out longer ago than cursors live. One that never was is taken as it is. */
  readonly isExpired: (cursor: string) => boolean;
}

const MOST_KEPT = 100_000;

export function createCursorBook(settings: Pick<LiveSettings, 'cursorTtlSeconds'>, clock: SimulatorClock): CursorBook {
  const issued = new Map<string, number>();
  return {
    issue: (cursor) => {
      if (issued.size >= MOST_KEPT) issued.clear();
      issued.set(cursor, clock.now());
    },
    isExpired: (cursor) => {
      const { cursorTtlSeconds } = settings;
      const at = issued.get(cursor);
      return cursorTtlSeconds > 0 && at !== undefined && clock.now() - at > cursorTtlSeconds * 1_000;
    },
  };
}
