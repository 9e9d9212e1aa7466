import type { Causes } from '../cost/causes.ts';
import type { RecordSample, SampleStore } from './record-sample.ts';

/** Clocks of two instances may differ by so much, in milliseconds. */
export const CLOCKS_MS = 60_000;

/** What was sent last of each record of a stream, as a digest. Methods throw RetryableError or ConfigError when the storage fails. */
export interface RecordMemory {
  /**
   * The memory as it counts for what is read and written now.
   * @param scope all on which a digest depends beside the record, and where rows go: what was remembered for another scope counts as unknown.
   */
  readonly open: (stream: string, scope: string) => Promise<OpenMemory>;
  /** For who sends without remembering: what is remembered no longer holds. */
  readonly leave: (stream: string) => Promise<void>;
  /** Forgets records by their ids, or all of a stream. */
  readonly forget: (stream: string, ids?: readonly bigint[]) => Promise<void>;
  /** Some records in more detail; absent where nobody asks what makes them changed. */
  readonly sample?: SampleStore;
}

/** A memory that is in use by one worker. Ids that are no numbers are never remembered. */
export interface OpenMemory {
  /** Reads what is remembered of these records. */
  readonly recall: (ids: Iterable<bigint>) => Promise<void>;
  /** What was sent of a record; undefined where that is not known, or was not recalled. */
  readonly known: (id: string) => Sent | undefined;
  /** What is remembered of the items of these records, where it is of the state with this digest. */
  readonly recallItems: (digests: ReadonlyMap<string, string>) => Promise<ReadonlyMap<string, Uint8Array>>;
  /**
   * To be called before rows of these records go: until they are remembered, nobody knows what the sink holds of them.
   * @param bases digests of those whose rows build upon what was sent before. @throws WaitError where that is no longer what is known.
   */
  readonly doubt: (ids: Iterable<string>, bases?: ReadonlyMap<string, string>) => Promise<void>;
  /** Remembers items of records, each with the state that they are of: they say nothing of what the sink holds. */
  readonly rememberItems: (items: ReadonlyMap<string, RecordItems>) => Promise<void>;
  /** To be called when all their rows are accepted. Nothing becomes known of a record that another worker has doubted or sent as well. */
  readonly remember: (digests: ReadonlyMap<string, string>) => Promise<void>;
}

/** A record that the sink has accepted whole. */
export interface Sent {
  /** 32 hex digits. */
  readonly digest: string;
  /** When, in epoch milliseconds. */
  readonly at: number;
}

/** What a record has many of, in a form of the stream's own. */
export interface RecordItems {
  /** Of the state of the record. */
  readonly digest: string;
  readonly bytes: Uint8Array;
}

/** Records of a chunk, for the memory. */
export interface SentRecords {
  /** Ids of those of which a row is in the chunk. */
  readonly touched: readonly string[];
  /** Digests of those whose last row is in the chunk, all others before it, by id; undefined for one that came in parts, which is not remembered. */
  readonly whole: ReadonlyMap<string, string | undefined>;
  /** Digests that their rows build upon, of those whose rows do not tell them whole. */
  readonly bases?: ReadonlyMap<string, string>;
  /** Items of those whose last row is in the chunk, where they are remembered. */
  readonly items?: ReadonlyMap<string, RecordItems>;
  /** Why those were sent whose last row is in the chunk; absent where nothing is remembered. */
  readonly causes?: Causes | undefined;
}

/** What was sent before, for a stream that leaves out what is unchanged. */
export interface SentMemory {
  /** Opens it; see `RecordMemory`. */
  readonly open: (scope: string) => Promise<OpenMemory>;
  /** To be called instead by who sends everything. */
  readonly leave: () => Promise<void>;
  /** Whether another window is being read that may send an earlier state of the same records. `overlaps` tells whether a slice may hold them. */
  readonly isReadBeside: (overlaps: (slice: string | undefined) => boolean) => Promise<boolean>;
  readonly sample: RecordSample | undefined;
}
