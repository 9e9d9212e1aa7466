import type { SentRecords } from '../../pipeline/record-memory.ts';
import type { ListChunk, ListEnd, ListOptions } from '../decode-list.ts';
import type { HostMemory } from './memory/host-state.ts';
import type { VmResume } from './resume-host.ts';

/** How a page is decoded. */
export interface VmPageOptions extends Omit<ListOptions, 'idMin' | 'shape'> {
  /** `TimeGenerated` of all rows. */
  readonly generatedAt: Date;
  /** Stands in each row, and tells its rows from those of other subscriptions; absent or empty for none. */
  readonly subscription?: string;
  /** Dynamic columns and `RecordPart` stay below this many UTF-8 bytes: 4,096 to 60,000, the default. */
  readonly maxRowBytes?: number;
  /** `RESULTS` of a detection keeps this many UTF-8 bytes, all by default, and says where it was cut. */
  readonly maxResultsBytes?: number;
  /** A host of which an earlier read has sent some rows. */
  readonly resume?: VmResume | undefined;
  /** What is remembered of hosts; absent: all are sent. */
  readonly memory?: HostMemory | undefined;
}

/** What a chunk tells of its hosts, and the end of a page of those that no chunk has told. */
export interface HostsTold {
  /** Detections that start in it. */
  readonly detections: number;
  /** Hosts that need not be sent. */
  readonly unchanged: number;
  /** Hosts of which a part came again on the page, when not all that came before had been sent: they are to be asked for once more. */
  readonly again: readonly bigint[];
  /** For the memory; without one it holds nothing of use. */
  readonly sent: SentRecords;
  /** Set when the chunk ends inside a host: what of it is contained. */
  readonly partial?: VmResume;
}

/** Rows ready to send. */
export type VmChunk = HostsTold & ListChunk;

/** What is known at the end of a page. */
export type VmPageEnd = HostsTold & ListEnd;
