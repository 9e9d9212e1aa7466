import { createHash } from 'node:crypto';
import { ClaimLostError, RetryableError, WaitError } from '../../src/lib/errors.ts';
import { feedNext, startBackfill, tendBackfills, type BackfillDependencies } from '../../src/lib/pipeline/backfill.ts';
import { moveWatermark } from '../../src/lib/pipeline/move-watermark.ts';
import { failWindow } from '../../src/lib/pipeline/operate-window.ts';
import { isFinished } from '../../src/lib/pipeline/plan-windows.ts';
import type { Sink, WindowRecord, WorkItem, WorkQueue } from '../../src/lib/pipeline/ports.ts';
import { processWindow } from '../../src/lib/pipeline/process-window.ts';
import { runPlanner } from '../../src/lib/pipeline/run-planner.ts';
import type { Chunk, Outcome, Progress, Stream, WindowTask } from '../../src/lib/pipeline/stream.ts';
import { gaps, halve, isoSeconds, toInterval } from '../../src/lib/pipeline/window.ts';
import { chunkOf, fixedClock, keptLog, keptStarts, type FixedClock } from '../support/pipeline.ts';
import { CRASHED, startActor, type Actor, type OperationFault } from './actor.ts';
import { createMemoryStore, type MemoryStore } from './memory-store.ts';

export const STREAM = 'model';
export const START = '2026-05-01T12:00:00Z';
const STALE_SECONDS = 900;
const LAG_SECONDS = 20;
const WINDOW_MINUTES = 5;
const PAGE = 4;
const CHUNK = 2;
const SPLIT_ABOVE = 12;
const HOST_RETRY_MS = 30_000;
const DEAD_HOST_MS = 600_000;
const MAX_DEQUEUES = 5;

/** A message as the queue keeps it. */
export interface Message {
  readonly item: WorkItem;
  visibleAt: number;
  dequeues: number;
  isTaken: boolean;
}

/** Faults that strike the next operation of a kind. */
export interface NextFaults {
  store?: { readonly isDone: boolean; readonly asConflict: boolean };
  queue?: { readonly isDone: boolean };
  sink?: 'refuse' | 'accept-then-fail' | 'wait';
  vendor?: Error;
}

/** The connector over a world of memory, in which everything happens only when it is told to. */
export interface World {
  readonly clock: FixedClock;
  readonly store: MemoryStore;
  readonly messages: Message[];
  readonly actors: Actor[];
  readonly faults: NextFaults;
  /** How often each record was accepted, live and by backfills. */
  readonly accepted: Map<string, number>;
  /** What must never have happened. */
  readonly violations: string[];
  readonly startPlanner: () => Actor;
  /** The planner, woken between two ticks. */
  readonly startWakeUp: () => Actor;
  /** Hands the visible message at the place to a worker; undefined when none is visible. */
  readonly startWorker: (place: number) => Actor | undefined;
  /** The item that a worker works on; undefined for other processes. */
  readonly itemOf: (actor: Actor) => WorkItem | undefined;
  readonly startBackfill: (fromSeconds: number, seconds: number) => Actor;
  /** Live records of a half-open span of the vendor. */
  readonly recordsIn: (window: { readonly from: string; readonly to: string }) => string[];
}

/** One in 45 seconds, and six more in one second of five minutes. */
function recordsIn({ from, to }: { readonly from: string; readonly to: string }): string[] {
  const ids: string[] = [];
  for (let second = Date.parse(from) / 1000; second < Date.parse(to) / 1000; second++) {
    const count = (second % 45 === 0 ? 1 : 0) + (second % 300 === 150 ? 6 : 0);
    for (let place = 0; place < count; place++) ids.push(`${second}.${place}`);
  }
  return ids;
}

function rowOf(id: string): { readonly id: string; readonly RowKey: string } {
  return { id, RowKey: createHash('sha256').update(id).digest('hex').slice(0, 32) };
}

interface Vendor {
  readonly call: () => Promise<void>;
}

/** Reads pages of four records in chunks of two; large windows are cut in halves, and some end with their last step. */
async function* read(task: WindowTask, vendor: Vendor): AsyncGenerator<Progress, Outcome> {
  const { from, to } = task.window;
  const ids = recordsIn(task.window);
  if (task.cursor === undefined) {
    await vendor.call();
    const pieces = ids.length > SPLIT_ABOVE ? halve(toInterval({ from, to })) : undefined;
    if (pieces !== undefined) {
      const slices = pieces.map((piece) => ({ from: isoSeconds(piece.from), to: isoSeconds(piece.to) }));
      return { kind: 'split', slices, reason: `${ids.length} records` };
    }
  }
  for (let at = positionOf(task.cursor); at < ids.length;) {
    await vendor.call();
    const pageEnd = Math.min(ids.length, at - (at % PAGE) + PAGE);
    while (at < pageEnd) {
      const rows = ids.slice(at, Math.min(at + CHUNK, pageEnd)).map(rowOf);
      at += rows.length;
      const step = { chunk: chunkOf(...rows), cursor: { at }, fetched: rows.length, pageDone: at === pageEnd };
      if (at === ids.length && ids.length % 2 === 0) return { kind: 'complete', last: step };
      yield step;
    }
  }
  return { kind: 'complete' };
}

function positionOf(cursor: unknown): number {
  return (cursor as { at: number } | undefined)?.at ?? 0;
}

/** Makes an empty world. */
export function createWorld(): World {
  const clock = fixedClock(START);
  const store = createMemoryStore();
  const starts = keptStarts();
  const log = keptLog().log;
  const messages: Message[] = [];
  const actors: Actor[] = [];
  const faults: NextFaults = {};
  const accepted = new Map<string, number>();
  const rowKeys = new Map<string, string>();
  const recorded = new Map<string, Set<string>>();
  const violations: string[] = [];
  /** Workers that have sent a chunk of a window which was no longer theirs. */
  const overtaken = new Set<string>();
  const items = new Map<string, WorkItem>();
  const now = (): number => clock.now().getTime();

  const queue: WorkQueue = {
    send: (item, delaySeconds = 0) => {
      messages.push({ item, visibleAt: now() + delaySeconds * 1000, dequeues: 0, isTaken: false });
      return Promise.resolve();
    },
  };

  function takeStoreFault(method: string): OperationFault | undefined {
    const fault = faults.store;
    if (fault === undefined || !method.startsWith('save')) return undefined;
    delete faults.store;
    const error = (): Error =>
      fault.asConflict ? new ClaimLostError('412 at the second try') : new RetryableError('storage failed');
    return { isDone: fault.isDone, error };
  }

  function takeQueueFault(): OperationFault | undefined {
    const fault = faults.queue;
    delete faults.queue;
    return fault === undefined ? undefined : { isDone: fault.isDone, error: () => new RetryableError('queue failed') };
  }

  function checkWatermark(): void {
    const mark = store.watermarkOf(STREAM);
    if (mark === undefined || mark.watermark === mark.start) return;
    const records = store.windowsOf(STREAM, 'live');
    const finished = records.filter(isFinished).map(toInterval);
    const open = gaps({ from: Date.parse(mark.start), to: Date.parse(mark.watermark) }, finished);
    if (open.length > 0) violations.push(`watermark ${mark.watermark} is ahead of an unfinished window`);
    const missing = recordsIn({ from: mark.start, to: mark.watermark }).filter((id) => !accepted.has(id));
    if (missing.length > 0) violations.push(`watermark ${mark.watermark} is ahead of ${missing.length} records`);
  }

  /** The write may have failed: what counts is what is stored. */
  function noteStored({ run, key }: WindowRecord): void {
    const stored = store.windowsOf(STREAM, run).find((record) => record.key === key);
    if (stored !== undefined) noteCheckpoint(stored);
  }

  function noteCheckpoint(record: WindowRecord): void {
    const ids = recordsIn(record);
    const stored = record.state === 'closed' ? ids : ids.slice(0, positionOf(record.cursor));
    const known = recorded.get(record.run) ?? new Set();
    recorded.set(record.run, known);
    // What the vendor refused is read again from its start; without a ledger all of it comes again, with the same keys.
    const isAnew = record.startedOver === true || record.state === 'failed';
    if (isAnew && record.cursor === undefined) for (const id of ids) known.delete(id);
    for (const id of stored) {
      known.add(id);
      if (!accepted.has(id)) violations.push(`the checkpoint of ${record.key} records ${id}, which nobody accepted`);
    }
  }

  function sinkFor(actor: string, item: WorkItem): Sink {
    return {
      upload: (_table: string, chunk: Chunk) => {
        const fault = faults.sink;
        delete faults.sink;
        if (fault === 'refuse') return Promise.reject(new RetryableError('500'));
        if (fault === 'wait') return Promise.reject(new WaitError('429', 30_000));
        const rows = JSON.parse(Buffer.from(chunk.json).toString()) as { id: string; RowKey: string }[];
        checkUpload(actor, item, rows);
        for (const { id, RowKey } of rows) {
          accepted.set(id, (accepted.get(id) ?? 0) + 1);
          if ((rowKeys.get(id) ?? RowKey) !== RowKey) violations.push(`${id} has two row keys`);
          rowKeys.set(id, RowKey);
        }
        return fault === undefined ? Promise.resolve() : Promise.reject(new RetryableError('reset after acceptance'));
      },
    };
  }

  /**
   * A worker that holds its claim must not send a stored page again. One whose window was taken over learns it when it stores: by then it
   * may have sent one chunk, never two.
   */
  function checkUpload(actor: string, item: WorkItem, rows: readonly { id: string }[]): void {
    const { run, window } = item;
    const record = store.windowsOf(STREAM, run).find(({ key }) => key === window);
    if (record?.claim?.owner !== actor) {
      if (overtaken.has(actor)) violations.push(`${actor} goes on with ${window}, which was taken over`);
      overtaken.add(actor);
      return;
    }
    const again = rows.filter(({ id }) => recorded.get(run)?.has(id) === true);
    if (again.length > 0) violations.push(`${again.length} records of ${window} were sent after their checkpoint`);
  }

  const storeFor = (actor: Actor): MemoryStore => {
    const gated = actor.wrap(store, takeStoreFault);
    return new Proxy(gated, {
      get: (target, method) => {
        const value: unknown = Reflect.get(target, method);
        if (method !== 'saveWindow' && method !== 'saveWatermark') return value;
        const call = value as (record: WindowRecord, ledger?: Readonly<Record<string, Uint8Array>>) => Promise<void>;
        return (record: WindowRecord, ledger?: Readonly<Record<string, Uint8Array>>) =>
          call(record, ledger).finally(() => (method === 'saveWindow' ? noteStored(record) : checkWatermark()));
      },
    });
  };
  const backfillDeps = (actor: Actor): BackfillDependencies => ({
    store: storeFor(actor),
    queue: actor.wrap(queue, takeQueueFault),
    clock,
    log,
    staleSeconds: STALE_SECONDS,
    parallel: 2,
    windowMinutes: () => WINDOW_MINUTES,
  });
  const start = (name: string, run: (actor: Actor) => Promise<void>, onEnd?: (error: unknown) => void): Actor => {
    const actor = startActor(`${name}-${actors.length}`, run, onEnd);
    actors.push(actor);
    return actor;
  };

  function streamFor(actor: Actor): Stream {
    const vendor: Vendor = actor.wrap({
      call: () => {
        const fault = faults.vendor;
        delete faults.vendor;
        return fault === undefined ? Promise.resolve() : Promise.reject(fault);
      },
    });
    return {
      name: STREAM,
      table: 'Model_CL',
      api: 'edr',
      plan: () => ({ windowMinutes: WINDOW_MINUTES, safetyLagSeconds: LAG_SECONDS }),
      read: (task) => {
        task.onCall();
        return read(task, vendor);
      },
    };
  }

  async function work(actor: Actor, item: WorkItem): Promise<void> {
    const backfills = backfillDeps(actor);
    await processWindow(item, {
      ...backfills,
      stream: streamFor(actor),
      sink: actor.wrap(sinkFor(actor.name, item)),
      deadLetters: { put: () => Promise.resolve() },
      owner: actor.name,
      incompleteAfterHours: 24,
      budgetMs: 60_000,
      onFinished: (record) => (record.run === 'live' ? Promise.resolve() : feedNext(record, backfills)),
    });
  }

  /** What the Functions host does with a message when its function has ended. */
  async function settle(message: Message, error: unknown): Promise<void> {
    message.isTaken = false;
    if (error === CRASHED) message.visibleAt = now() + DEAD_HOST_MS;
    else if (error !== undefined && message.dequeues < MAX_DEQUEUES) message.visibleAt = now() + HOST_RETRY_MS;
    else {
      messages.splice(messages.indexOf(message), 1);
      if (error !== undefined) await failWindow(message.item, 'poison', { store, clock });
    }
  }

  return {
    clock,
    store,
    messages,
    actors,
    faults,
    accepted,
    violations,
    recordsIn,
    startPlanner: () =>
      start('planner', (actor) => {
        const backfills = backfillDeps(actor);
        return runPlanner({
          ...backfills,
          starts,
          stream: STREAM,
          plan: { windowMinutes: WINDOW_MINUTES, safetyLagSeconds: LAG_SECONDS, start: new Date(START) },
          tendBackfills: () => tendBackfills(STREAM, backfills),
        });
      }),
    startWakeUp: () =>
      start('wake-up', (actor) => {
        const { store, log } = backfillDeps(actor);
        const taken = { ask: () => Promise.resolve(), take: () => Promise.resolve() };
        return moveWatermark({ store, clock, log, stream: STREAM, wakeUps: taken });
      }),
    itemOf: (actor) => items.get(actor.name),
    startWorker: (place) => {
      const visible = messages.filter(({ isTaken, visibleAt }) => !isTaken && visibleAt <= now());
      const message = visible[place % Math.max(1, visible.length)];
      if (message === undefined) return undefined;
      message.isTaken = true;
      message.dequeues++;
      const worker = start(
        'worker',
        (actor) => work(actor, message.item),
        (error) => void settle(message, error),
      );
      items.set(worker.name, message.item);
      return worker;
    },
    startBackfill: (fromSeconds, seconds) => {
      const from = new Date(Date.parse(START) + fromSeconds * 1000);
      const to = new Date(from.getTime() + seconds * 1000);
      return start('backfill', async (actor) => {
        await startBackfill({ stream: STREAM, from, to }, backfillDeps(actor));
      });
    },
  };
}
