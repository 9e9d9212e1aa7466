import type { Settings } from '../config.ts';
import type { Log } from '../log.ts';
import type { SentMemory, SentRecords } from './record-memory.ts';

/** A JSON value, as stored in a checkpoint. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Names of the vendor's APIs; each has its own limits, permits and pause. */
export type ApiName = 'edr' | 'vm';

/** A half-open interval `[from, to)` with edges on whole seconds, or a slice of one. */
export interface Span {
  /** Its first instant, ISO 8601 UTC. */
  readonly from: string;
  /** The first instant after it, ISO 8601 UTC. */
  readonly to: string;
  /** What is asked beside its time (a host-id range, an event type, everything); absent for all of it. */
  readonly slice?: string | undefined;
}

/** A span of a stream: the unit of planning. */
export interface Window extends Span {
  /** Key of the stream in the registry. */
  readonly stream: string;
  /** `live`, or the id of the backfill that asked for it. */
  readonly run: string;
  /** Whether its run begins with it: no window before it reads what lies before its first instant. */
  readonly isFirst?: boolean;
}

/** What people are to be told at once, beside its row. */
export interface Alert {
  /** Identity of what happened; told once. */
  readonly id: string;
  /** When the vendor learned of it, ISO 8601. */
  readonly time: string;
  /** JSON text to be posted, at most 30,000 bytes. */
  readonly payload: string;
}

/** A JSON array of rows that goes to the sink in one call. */
export interface Chunk {
  /** UTF-8 JSON text of the array, brackets included; at most 950,000 bytes. */
  readonly json: Uint8Array;
  /** Rows in the array. */
  readonly rows: number;
  /** To be put in the queue of alerts once the rows are accepted. */
  readonly alerts?: readonly Alert[];
}

/** Counts of one window; they only grow. */
export interface WindowCounts {
  /** Answers fetched whole. */
  readonly pages: number;
  /** Calls made to the vendor. */
  readonly calls: number;
  /** Rows accepted by the sink. */
  readonly rows: number;
  /** Rows put aside as dead letters; absent for none. */
  readonly deadLetters?: number;
  /** Records the vendor says the window holds; absent where it does not say. */
  readonly expected?: number;
  /** Distinct records received. */
  readonly fetched: number;
  /** Records that the vendor lists for the window, where that is no proof of what it holds (VM: hosts, also those without detections). */
  readonly listed?: number;
  /** What the records hold in turn, where a stream counts it (VM: detections of hosts). */
  readonly parts?: number;
  /** Records ingested although their time lies outside of the window; absent for none. */
  readonly outside?: number;
  /** Records ingested after characters of theirs were repaired; absent for none. */
  readonly repaired?: number;
  /** Records received that were not sent, because the table has them as they are; absent for none. */
  readonly unchanged?: number;
  /** How long after its time a record was still missing that was found late, in seconds: the longest. */
  readonly missingSeconds?: number;
}

/**
 * One step of reading a window. The pipeline uploads the chunk, then stores everything else as the checkpoint;
 * only then it asks for the next step. Its counts are those of this step; `listed` and `expected` stand where it has learnt them.
 */
export interface Progress extends Partial<Omit<WindowCounts, 'pages' | 'calls' | 'rows' | 'deadLetters'>> {
  /** Rows to upload before the checkpoint is stored. */
  readonly chunk?: Chunk;
  /** Where a later worker goes on once this step is stored; opaque to the pipeline. */
  readonly cursor: Json;
  /** True at the end of a page. */
  readonly pageDone?: boolean;
  /** What is to be remembered of the chunk; absent where the stream remembers nothing. */
  readonly sent?: SentRecords;
  /** What is kept of the window, to see later whether more of it has become visible. */
  readonly witness?: Json;
  /** Keys to append to the window's ledgers, 16 bytes each, concatenated. */
  readonly ledger?: Readonly<Record<string, Uint8Array>>;
}

/** How reading a window ended. */
export type Outcome =
  /** All is uploaded. A last step that comes with it is uploaded first, and stored with the window's end instead of on its own. */
  | { readonly kind: 'complete'; readonly last?: Progress }
  /** Too large: the slices replace the window; each becomes a window of its own. */
  | { readonly kind: 'split'; readonly slices: readonly WindowSlice[]; readonly reason: string }
  /** The vendor counts more than it gave: read again later, from the cursor; from the start without one. */
  | { readonly kind: 'short'; readonly cursor?: Json }
  /** What cannot be read after many tries is left out, visibly: the window closes as incomplete. */
  | { readonly kind: 'skipped'; readonly reason: string };

/** A part of a window that replaces it. */
export interface WindowSlice extends Span {
  /** Records that the vendor lists for it. */
  readonly listed?: number;
  /** Where the slice starts reading; absent for its beginning. */
  readonly cursor?: Json;
}

/** A window of the past, for a look back. */
export interface PastWindow extends Span {
  readonly key: string;
  /** When it ended, and what its stream kept of it; absent where it has not ended, or nothing was kept. */
  readonly read?: { readonly at: string; readonly witness: Json };
  /** Where its reading stands; absent once it has ended. */
  readonly cursor?: Json;
}

/** What a look back goes by. */
export interface Past {
  /** When was looked back before this, in epoch milliseconds; 0: never. */
  readonly lookedAt: number;
  /** Up to which time that was, in epoch milliseconds; 0: never. */
  readonly lookedTo: number;
  /** In order of their beginning; what was read again is among them twice. */
  readonly windows: readonly PastWindow[];
  /** A ledger of theirs, by their keys. */
  readonly keys: (name: string) => Promise<ReadonlyMap<string, ReadonlySet<string>>>;
}

/** What a stream gets to read one window. */
export interface WindowTask {
  readonly window: Window;
  /** The stored cursor; absent at the first read. */
  readonly cursor?: Json;
  /** Counts so far. */
  readonly counts: WindowCounts;
  /** How many reads of this window ended `short` before. */
  readonly shortReads: number;
  /** How often a page could not be read since the last whole one, although its route answered. */
  readonly attempts: number;
  /** How often in a row it was told to wait. */
  readonly waits: number;
  /** Why it failed last. */
  readonly lastError?: string;
  /** Whether an operator takes what the stream would refuse as not being of the window. */
  readonly acceptsOutside?: boolean;
  /** What was sent before; absent where nothing is remembered. */
  readonly memory?: SentMemory;
  /** Loads the named ledger: keys of 16 bytes, as latin1 strings. */
  readonly ledger: (name: string) => Promise<Set<string>>;
  /** The live windows over the time of this one. */
  readonly past: () => Promise<Past>;
  /** To be called once for each call made to the vendor. */
  readonly onCall: () => void;
  /** Aborted when the worker must stop: claim lost. */
  readonly signal: AbortSignal;
  /** `live` work goes before `backfill` work. */
  readonly priority: 'live' | 'backfill';
  readonly log: Log;
}

/** When and how windows of a stream are planned. */
export interface PlanSettings {
  /** Largest window planned, in minutes; Infinity: time that no window covers becomes one window, however long. */
  readonly windowMinutes: number;
  /** Windows end only on multiples of so many minutes since 1970 (1440: at midnight UTC); absent: on any second. */
  readonly gridMinutes?: number;
  /** A window's end stays this many seconds behind now. */
  readonly safetyLagSeconds: number;
  /** Time from which a new stream ingests; absent: 24 hours before the first tick, or a stretch of the grid before what that tick plans to. */
  readonly start?: Date;
  /** Slice of a window that is planned; `isFirst` for the one with which the stream begins. Absent: none has one. */
  readonly sliceOf?: (window: Pick<Window, 'from' | 'to'>, isFirst: boolean) => string | undefined;
}

/** Where a stream goes on whose watermark is lost with its storage account. */
export interface Restart {
  /** The setting that tells it. */
  readonly setting: keyof Settings & `${string}_START`;
  /** Column whose largest value in the table is never after the end of what was ingested; a value that is too early costs repeats only. */
  readonly column: (settings: Settings) => string;
}

/** One Qualys feed and its destination: what differs per feed. */
export interface Stream {
  /** Kebab-case key, the same everywhere. */
  readonly name: string;
  /** Log Analytics table; the DCR stream is `Custom-<table>`. */
  readonly table: string;
  readonly api: ApiName;
  readonly plan: (settings: Settings) => PlanSettings;
  /** What the slices of its windows look like; absent: it has none. A window of another slice was planned by a newer release. */
  readonly slices?: RegExp;
  /** Absent where the first window brings all there is, so that nothing can be left out. */
  readonly restart?: Restart;
  /** True where the vendor tells the present state only: a range of the past cannot be read again. */
  readonly isSnapshot?: boolean;
  /** Whether it looks back every hour for what has become visible late: windows of the slices `look.<n>` and `late.<n>`. */
  readonly looksBack?: boolean;
  /** Whether it leaves out records that it has sent before as they are. */
  readonly remembers?: boolean;
  /** Reads a window from its cursor. Throws the classes of `errors.ts`. */
  readonly read: (task: WindowTask) => AsyncGenerator<Progress, Outcome>;
}

/**
 * Who asks: live windows go first, then enrichment for playbooks and agents, then backfills; these two leave the reserve of the call
 * budget to the live windows. A person at the HTTP routes waits for neither permits nor pauses.
 */
export type Priority = 'live' | 'enrichment' | 'backfill' | 'interactive';
