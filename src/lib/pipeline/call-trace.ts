import type { ApiName } from './stream.ts';

/** What support needs to know of one call to the vendor, without secrets. */
export interface CallTrace {
  readonly version: 1;
  /** When it began, ISO 8601. */
  readonly at: string;
  readonly api: ApiName;
  readonly route: string;
  /** Headers by lower-case names, with the values of harmless ones; the first 2 KB of the body. */
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  };
  /** The same of the answer; null where none came, or the call has not ended. */
  readonly answer: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    /** Bytes of the body that were read, decompressed. */
    readonly bytes: number;
    /** Whether it was read to its end. */
    readonly isWhole: boolean;
  } | null;
  /** Why no answer came. */
  readonly error: string | null;
  /** Time until the headers of the answer came, and until the call was over. */
  readonly firstByteMs: number | null;
  readonly durationMs: number | null;
}

/** Keeps traces of calls, as many as are wanted over all instances. */
export interface CallTraces {
  /** Takes a place for a call and gives what stores its end; undefined when all are taken. Never throws. */
  readonly open: (begun: CallTrace) => Promise<((ended: CallTrace) => void) | undefined>;
  /** Secrets of the connector's settings, which no trace may hold. */
  readonly secrets: () => readonly string[];
}
