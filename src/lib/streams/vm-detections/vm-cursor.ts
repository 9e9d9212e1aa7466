import type { OpenMemory } from '../../pipeline/record-memory.ts';
import type { Json, WindowTask } from '../../pipeline/stream.ts';
import type { CallOptions } from '../../qualys/call/call-qualys.ts';
import type { IdBounds, IdRange } from '../../qualys/vm/id-ranges.ts';
import type { HostSelection } from '../../qualys/vm/vm-parameters.ts';
import type { StreamServices } from '../stream-definition.ts';
import type { HostSampler } from './memory/host-sampler.ts';
import type { VmResume } from './resume-host.ts';

/** Where reading a window or slice stands. */
export interface VmCursor {
  /** Lowest host id still to be read; absent for the start of the slice. */
  readonly idMin?: string;
  /** A host that was uploaded in part. */
  readonly resume?: VmResume;
  /** What is asked of the vendor: the same for all pages and slices, whatever becomes of the settings meanwhile. */
  readonly filters: string;
  /** Ids from `idMin` on that the list names, packed; absent where it could not be had or is too long. */
  readonly listed?: string;
  /** Ids that the list names and that the pages passed by, packed. */
  readonly missing?: string;
  /** Set once the last page is read: only `missing` is still to be asked for. */
  readonly isRead?: boolean;
  /** When none of the listed hosts had come, though asked for again. */
  readonly emptySince?: string;
}

/** What the list of ids names in a slice, and what of it has come. */
export interface HostBook {
  /** Ids that no page has passed yet; undefined where no list is at hand. */
  listed: readonly IdRange[] | undefined;
  /** Ids that pages have passed by. */
  readonly missing: Set<bigint>;
  /** Ids that came on the page being read. */
  readonly came: Set<bigint>;
  /** Whether any host of the slice has come. */
  hasCome: boolean;
}

/** What is remembered of the hosts of a reading. */
export interface WindowMemory {
  readonly open: OpenMemory;
  /** Finds fields in which a host may differ and is still unchanged. */
  readonly passing: RegExp;
  /** Whether unchanged hosts are left out of its pages. */
  readonly isLeavingOut: boolean;
  /** Finds out what makes hosts changed; absent where nobody asks. */
  readonly sampler: HostSampler | undefined;
}

/** What stays the same for all pages of a window. */
export interface Reading {
  readonly task: WindowTask;
  readonly services: StreamServices;
  readonly range: IdBounds;
  readonly options: CallOptions;
  /** What the list of ids names, as pages bring it. */
  readonly book: HostBook;
  /** What is remembered of hosts; undefined: nothing. */
  readonly memory: WindowMemory | undefined;
}

const SLICE = /^ids\.(\d*)-(\d*)$/;

/** The range that a slice names; open for a whole window. */
export function rangeOf(slice: string | undefined): IdBounds {
  const [, idMin, idMax] = SLICE.exec(slice ?? '') ?? [];
  return { idMin: toId(idMin), idMax: toId(idMax) };
}

function toId(text = ''): bigint | undefined {
  return text === '' ? undefined : BigInt(text);
}

/** The range of a reading that is still to be read. */
export function rangeLeft({ range }: Pick<Reading, 'range'>, { idMin }: VmCursor): IdBounds {
  return { ...range, idMin: toId(idMin) ?? range.idMin };
}

/** The hosts of a window within a range. */
export function selectionOf({ window: { from, to } }: WindowTask, range: IdBounds): HostSelection {
  return { from, to, ...range };
}

/** Whether an id lies behind the end of a range. */
export function isBeyond(id: bigint, { idMax }: IdBounds): boolean {
  return idMax !== undefined && id > idMax;
}

/** The cursor as the checkpoint stores it. */
export function toJson(cursor: VmCursor): Json {
  return { ...cursor } as unknown as Json;
}
