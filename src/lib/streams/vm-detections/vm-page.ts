import type { SendReason } from '../../cost/causes.ts';
import type { SentRecords } from '../../pipeline/record-memory.ts';
import type { Chunk } from '../../pipeline/stream.ts';
import type { VmResume } from './resume-host.ts';

/** How a page is decoded. */
export interface VmPageOptions {
  /** `TimeGenerated` of all rows. */
  readonly generatedAt: Date;
  /** Stands in each row, and tells its rows from those of other subscriptions; absent or empty for none. */
  readonly subscription?: string;
  /** Dynamic columns and `RecordPart` stay below this many UTF-8 bytes: 4,096 to 60,000, the default. */
  readonly maxRowBytes?: number;
  /** Size of a chunk at most, 950,000 by default. */
  readonly maxChunkBytes?: number;
  /** `RESULTS` of a detection keeps this many UTF-8 bytes, all by default, and says where it was cut. */
  readonly maxResultsBytes?: number;
  /** Whether a host was asked for, where that does not go by `idMax`: others are left out. */
  readonly isAskedFor?: (id: string) => boolean;
  /** Last host id of the slice: hosts beyond it belong to others and are left out. */
  readonly idMax?: string;
  /** A host of which an earlier read has sent some rows. */
  readonly resume?: VmResume;
  /** What is remembered of hosts; absent: all are sent. */
  readonly memory?: HostMemory;
}

/** `unchanged`: it need not be sent. */
export type HostVerdict = 'unchanged' | SendReason;

/** What was sent before. */
export interface HostMemory {
  /** Finds the fields in which a host may differ and is still unchanged. */
  readonly passing: RegExp;
  /** Whether a host of this digest need not be sent, and why not otherwise. */
  readonly judge: (id: string, digest: string) => HostVerdict;
}

/** Rows ready to send. */
export interface VmChunk extends Chunk {
  /** Hosts whose last row is in this chunk, and unchanged ones between them. */
  readonly hosts: number;
  readonly unchanged: number;
  /** For the memory; without one it holds nothing of use. */
  readonly sent: SentRecords;
  /** Their ids, as far as they have one. */
  readonly ids: readonly string[];
  /** Detections that start in this chunk. */
  readonly detections: number;
  /** Every host up to this id is wholly contained in this or earlier chunks. Absent once ids have not ascended. */
  readonly lastHostId?: string;
  /** Set when the chunk ends inside a host: what of it is contained. */
  readonly partial?: VmResume;
}

/** What is known at the end of a page. */
export interface VmPageEnd {
  /** Ids of hosts that no chunk has told. */
  readonly ids: readonly string[];
  /** Hosts of the page, without those beyond `idMax`. */
  readonly hosts: number;
  /** Those among them that no chunk has told, because they need not be sent. */
  readonly unchanged: number;
  /** Detections of these hosts. */
  readonly detections: number;
  /** `id_min` of the warning's URL: where the next page starts. */
  readonly nextIdMin?: string;
  /** Illegal characters and ill-formed UTF-8 that became U+FFFD. */
  readonly illegalCharacters: number;
  /** Whether host ids did not strictly ascend. */
  readonly isOutOfOrder: boolean;
  /** Whether there were hosts beyond `idMax`. */
  readonly isBeyondIdMax: boolean;
}
