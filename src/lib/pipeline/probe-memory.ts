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
  /** `skewMs`: how far the clock of the storage is ahead of ours. */
  readonly read: () => Promise<{ readonly state: ProbeState; readonly etag?: string; readonly skewMs: number }>;
  /** Creates without an ETag, replaces with one; false when another instance was faster. */
  readonly store: (state: ProbeState, etag: string | undefined) => Promise<boolean>;
}
