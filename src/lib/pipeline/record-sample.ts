import type { SampledCauses } from '../cost/causes.ts';

/**
 * What is remembered of some records of a stream in more detail, to tell what has changed in them. Nothing that is sent goes by it. Methods throw
 * RetryableError or ConfigError when the storage fails.
 */
export interface SampleStore {
  /** Ids of the sample, and when each was stored last, in epoch milliseconds. */
  readonly list: (stream: string) => Promise<ReadonlyMap<bigint, number>>;
  /** What is stored of the ids from one to another, both included. */
  readonly read: (stream: string, first: bigint, last: bigint) => Promise<ReadonlyMap<bigint, Uint8Array>>;
  /** Stores some, at most 60,000 bytes each, in the place of what was there, and removes others. */
  readonly save: (
    stream: string,
    changed: ReadonlyMap<bigint, Uint8Array>,
    removed: readonly bigint[],
  ) => Promise<void>;
}

/** The sample of a stream. */
export interface RecordSample {
  readonly list: () => ReturnType<SampleStore['list']>;
  readonly read: (first: bigint, last: bigint) => ReturnType<SampleStore['read']>;
  readonly save: (changed: ReadonlyMap<bigint, Uint8Array>, removed: readonly bigint[]) => Promise<void>;
  /** Takes what comparing records of the sample has shown. */
  readonly note: (causes: SampledCauses) => void;
}
