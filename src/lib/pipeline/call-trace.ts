import type { CallTrace } from './trace-answers.ts';

/** Keeps traces of calls, as many as are wanted over all instances. */
export interface CallTraces {
  /** Takes a place for a call and gives what stores its end; undefined when all are taken. Never throws. */
  readonly open: (begun: CallTrace) => Promise<((ended: CallTrace) => void) | undefined>;
  /** Secrets of the connector's settings, which no trace may hold. */
  readonly secrets: () => readonly string[];
}
