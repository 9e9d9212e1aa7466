/** What a check of an API found. */
export interface ProbeAnswer {
  readonly ok: boolean;
  readonly latencyMs: number;
  readonly detail: string;
  /** ISO 8601. */
  readonly at: string;
}

/** What the checks of an API found last, whichever instance asked. */
export interface ProbeState {
  /** When the API was last asked; ISO 8601. */
  readonly askedAt?: string;
  /** By the name of the check. */
  readonly answers: Readonly<Record<string, ProbeAnswer>>;
}

/** Keeps that for all instances. Its methods throw RetryableError when the storage fails. */
export interface ProbeMemory {
  /** The time that all instances go by, in epoch milliseconds. */
  readonly now: () => number;
  /** Changes what is kept, anew where another instance was faster. @returns the state as it is then. */
  readonly write: (change: (state: ProbeState) => ProbeState) => Promise<ProbeState>;
}
