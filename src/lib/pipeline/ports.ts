import type { RepairCause } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Account } from './account.ts';
import type { DeadLetterView } from './dead-letter-answers.ts';
import type { RouteName, Routes } from './routes.ts';
import type { StreamStatus } from './status-answer.ts';
import type { ApiName, Chunk, Json, Priority, Window, WindowCounts } from './stream.ts';

export type { Priority } from './stream.ts';

/** The right to make one vendor call; given back when the answer is read. */
export interface Permit {
  /** Given back once, however often it is called. */
  readonly release: () => void;
}

/** What an answer's headers say about the vendor's limits; absent where the vendor does not say. */
export interface LimitHeaders {
  /** Calls allowed at once (`X-Concurrency-Limit-Limit`). */
  readonly concurrencyLimit?: number;
  /** Calls allowed a window (`X-RateLimit-Limit`). */
  readonly rateLimit?: number;
  /** Calls left in the window (`X-RateLimit-Remaining`). */
  readonly rateRemaining?: number;
  /** Length of the window, in seconds (`X-RateLimit-Window-Sec`). */
  readonly rateWindowSeconds?: number;
}

/** Shares the vendor's limits over all instances. */
export interface Limiter {
  readonly routes: Routes;
  readonly account: Account;
  /**
   * Gets a permit, waiting a moment at most.
   * @throws WaitError when the API is paused, its budget is spent or no permit is free; OutageError as `routes.enter`.
   */
  readonly acquire: (api: ApiName, priority: Priority, signal?: AbortSignal, route?: RouteName) => Promise<Permit>;
  /** Learns from an answer's headers. */
  readonly observe: (api: ApiName, headers: LimitHeaders) => void;
  /** Stops calls to the API on all instances for so long. */
  readonly pause: (api: ApiName, milliseconds: number, reason: string) => Promise<void>;
}

/** Where rows go. */
export interface Sink {
  /**
   * Uploads one chunk; resolves when it was accepted.
   * @throws ChunkRefusedError, RetryableError, WaitError, ConfigError or FatalError.
   */
  readonly upload: (table: string, chunk: Chunk, signal?: AbortSignal) => Promise<void>;
}

/** Rows that could not be ingested, kept with the reason. */
export interface DeadLetter extends Omit<DeadLetterView, 'name' | 'version' | 'bytes' | 'broken'> {
  /** UTF-8 JSON text of the array of rows. */
  readonly json: Uint8Array;
}

/** Where rows go that the sink refuses for good. */
export interface DeadLetters {
  readonly put: (letter: DeadLetter) => Promise<void>;
}

/** The queue message: a call to work on a window. All state is in the window's checkpoint. */
export interface WorkItem {
  readonly version: 1;
  readonly stream: string;
  readonly run: string;
  /** Key of the window in its run. */
  readonly window: string;
  /** W3C trace context of what planned it; absent without telemetry. */
  readonly traceparent?: string;
}

/** Where work items wait. */
export interface WorkQueue {
  /** Adds an item, visible after `delaySeconds` (at most seven days). */
  readonly send: (item: WorkItem, delaySeconds?: number) => Promise<void>;
}

/** The message that wakes the planner of a stream between two ticks. */
export interface WakeUp {
  readonly version: 1;
  readonly stream: string;
}

/** Wakes planners when windows have ended. Methods throw RetryableError or ConfigError when the storage fails. */
export interface WakeUps {
  /** Wakes the planner of a stream in a moment, unless a wake-up is on its way: many endings make one. */
  readonly ask: (stream: string) => Promise<void>;
  /** Called by the planner before it looks: what ends from now on wakes it again. */
  readonly take: (stream: string) => Promise<void>;
}

/** The time; replaced in tests. */
export interface Clock {
  readonly now: () => Date;
}

/** What all acts on windows need. */
export interface WindowDependencies {
  readonly store: CheckpointStore;
  readonly queue: WorkQueue;
  readonly clock: Clock;
  readonly log: Log;
}

/** Life of a window. */
export const WINDOW_STATES = ['planned', 'running', 'closed', 'incomplete', 'failed', 'waived'] as const;
export type WindowState = (typeof WINDOW_STATES)[number];

/** The checkpoint of a window. Only the transitions of `window-state.ts` write it. */
export interface WindowRecord extends Window {
  /** Key in its run: bounds and slice. */
  readonly key: string;
  readonly state: WindowState;
  readonly cursor?: Json;
  /** The cursor that it begins with, however often: what was late is asked for as it was found, whatever becomes of the settings. */
  readonly begin?: Json;
  /** What its stream keeps of it, to see later whether more of it has become visible. */
  readonly witness?: Json;
  readonly counts: WindowCounts;
  /** Failed attempts since the last success. */
  readonly attempts: number;
  /** Those of them in which a page could not be read although its route answered; outages, settings, uploads and storage have no part in them. */
  readonly readFailures?: number;
  /** Waits asked for since the last whole page; a wait without a figure doubles with each. */
  readonly waits: number;
  /** Reads that ended with fewer records than the vendor counts. */
  readonly shortReads: number;
  /** When the first such read ended. */
  readonly shortSince?: string;
  /** Whether it began anew by itself because the vendor refused to go on; the next refusal fails it. */
  readonly startedOver?: boolean;
  /** Not to be worked on before this time. */
  readonly notBefore?: string;
  /** Worker that holds the window, and until when. */
  readonly claim?: { readonly owner: string; readonly until: string };
  /** Last time something was stored for this window. */
  readonly progressAt: string;
  /** When an item was put in the queue for it; absent until then. */
  readonly queuedAt?: string;
  readonly plannedAt: string;
  /** When a worker first took it; absent again where it had to wait before anything was asked. */
  readonly startedAt?: string;
  readonly closedAt?: string;
  /** Why it failed or waits, without secrets. */
  readonly lastError?: string;
  /** Whose repair it waits for since that error; absent where it waits for none. */
  readonly repair?: RepairCause;
  /** An operator takes records of another time than the window's, however many they are. */
  readonly acceptsOutside?: boolean;
  /** Vendor's count missed at the end, shown until an operator acknowledges it. */
  readonly acknowledged?: boolean;
  /** Names of refused rows, too many to be put aside: while they are all refused, the window waits. */
  readonly stoppedBy?: readonly string[];
  /** An operator lets everything that the sink refuses become dead letters. */
  readonly acceptsDeadLetters?: boolean;
  /** ETag of the stored checkpoint. */
  readonly etag?: string;
}

/** Time before which a stream is wholly ingested, and the planner's tick. */
export interface WatermarkRecord {
  readonly stream: string;
  watermark: string;
  /** Where the stream began. */
  readonly start: string;
  /** Last time the planner ran. */
  lastTick: string;
  /** True while a planner opens windows: when the next one finds it, the last one died before its windows were in the queue. */
  opening?: boolean;
  etag?: string;
}

/**
 * How a stream without a watermark began, or what it waits for. `waiting`: what its table holds is not known, so it has not begun. `assumed`:
 * it began as on a first installation, because nobody could tell. `known`: it began where a setting or the table says. The note has no secrets.
 */
export interface StartRecord extends NonNullable<StreamStatus['start']> {
  readonly stream: string;
}

/** How streams began. Methods throw RetryableError or ConfigError when the storage fails. */
export interface StartStore {
  /** Undefined before the first tick of a stream, and where an earlier version began it. */
  readonly read: (stream: string) => Promise<StartRecord | undefined>;
  readonly save: (record: StartRecord) => Promise<void>;
}

/** Life of a backfill. */
export type BackfillStatus = 'planning' | 'running' | 'succeeded' | 'failed' | 'cancelled';

/** A range an operator asked to be read again. */
export interface BackfillRecord {
  readonly id: string;
  readonly stream: string;
  readonly from: string;
  readonly to: string;
  status: BackfillStatus;
  readonly startedAt: string;
  updatedAt: string;
  etag?: string;
}

/**
 * Watermarks, windows and backfills. Every write of an existing record is conditional on its ETag.
 * All methods throw RetryableError when the storage fails.
 */
export interface CheckpointStore {
  readonly readWatermark: (stream: string) => Promise<WatermarkRecord | undefined>;
  /** @throws ClaimLostError when somebody else changed it. */
  readonly saveWatermark: (record: WatermarkRecord) => Promise<void>;
  /** Windows of a run in order of time, from the one that starts at or after `since` on; at most `limit`. */
  readonly listWindows: (stream: string, run: string, since?: string, limit?: number) => Promise<WindowRecord[]>;
  readonly readWindow: (stream: string, run: string, key: string) => Promise<WindowRecord | undefined>;
  /** Windows of a stream, live ones and those of backfills, that a worker has in hand, or had when it died. */
  readonly listRunning: (stream: string) => Promise<WindowRecord[]>;
  /** Which state the plan of a stream is in; to be read before its live windows are listed. Undefined before any were opened. */
  readonly readPlanTag: (stream: string) => Promise<string | undefined>;
  /**
   * Adds live windows of one stream to the plan that `planTag` was read from: a planner that was held up must not open time again which
   * another one has opened since.
   * @throws ClaimLostError when the plan has changed since; with over 99 windows, some may have been added.
   */
  readonly openWindows: (records: readonly WindowRecord[], planTag: string | undefined) => Promise<void>;
  /** Adds windows; those that exist already stay as they are. */
  readonly insertWindows: (records: readonly WindowRecord[]) => Promise<void>;
  /**
   * Stores a checkpoint, with the keys to append to its ledgers, as one transaction; updates its ETag.
   * @throws ClaimLostError when somebody else changed it.
   */
  readonly saveWindow: (record: WindowRecord, ledger?: Readonly<Record<string, Uint8Array>>) => Promise<void>;
  /** Replaces a window by its slices, as one transaction. @throws ClaimLostError when somebody else changed it. */
  readonly splitWindow: (record: WindowRecord, slices: readonly WindowRecord[]) => Promise<void>;
  /** The ledgers of a window: the keys it has booked so far, 16 bytes each, as latin1 strings. */
  readonly ledger: (record: WindowRecord) => { readonly load: (name: string) => Promise<Set<string>> };
  /** Deletes the ledgers of a window, as far as they were opened for this very record. */
  readonly clearLedger: (record: WindowRecord) => Promise<void>;
  /** One ledger of many live windows, by the key of the window: of those that begin in a time, `until` excluded. */
  readonly ledgersOf: (stream: string, name: string, since: string, until: string) => Promise<Map<string, Set<string>>>;
  /**
   * Deletes finished windows of a run that ended before `before`; unacknowledged incomplete ones stay. Of closed windows that began before
   * `ledgersBefore` it deletes the ledgers.
   */
  readonly pruneWindows: (stream: string, run: string, before: string, ledgersBefore: string) => Promise<void>;
  readonly readBackfill: (id: string) => Promise<BackfillRecord | undefined>;
  readonly listBackfills: () => Promise<BackfillRecord[]>;
  /** Adds or, with an ETag, changes a backfill. @throws ClaimLostError when somebody else changed it. */
  readonly saveBackfill: (record: BackfillRecord) => Promise<void>;
}
