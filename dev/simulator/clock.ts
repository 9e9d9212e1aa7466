/** The simulator's own time, which tests and other processes may set, move on or stop. */
export interface SimulatorClock {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Sets the time; it runs on from there unless it is stopped. */
  readonly set: (instant: number) => void;
  /** Moves the time by so many milliseconds, backwards when negative. */
  readonly advance: (milliseconds: number) => void;
  readonly stop: () => void;
  readonly resume: () => void;
}

/** Starts a clock that runs beside the machine's, `offsetMs` ahead of it. */
export function createClock(offsetMs = 0): SimulatorClock {
  let offset = offsetMs;
  let stoppedAt: number | undefined;
  const now = (): number => stoppedAt ?? Date.now() + offset;
  const set = (instant: number): void => {
    offset = instant - Date.now();
    if (stoppedAt !== undefined) stoppedAt = instant;
  };
  return {
    now,
    set,
    advance: (milliseconds) => set(now() + milliseconds),
    stop: () => {
      stoppedAt = now();
    },
    resume: () => {
      if (stoppedAt !== undefined) offset = stoppedAt - Date.now();
      stoppedAt = undefined;
    },
  };
}
