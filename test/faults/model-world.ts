import { ChunkRefusedError } from '../../src/lib/errors.ts';
import {
  feedNext,
  isCancelled,
  startBackfill,
  tendBackfills,
  type BackfillDependencies,
} from '../../src/lib/pipeline/backfill.ts';
import { moveWatermark } from '../../src/lib/pipeline/move-watermark.ts';
import { failWindow } from '../../src/lib/pipeline/operate-window.ts';
import type { Sink, WindowRecord, WorkItem } from '../../src/lib/pipeline/ports.ts';
import { processWindow } from '../../src/lib/pipeline/process-window.ts';
import { runPlanner } from '../../src/lib/pipeline/run-planner.ts';
import type { DeadLetterSource } from '../../src/lib/pipeline/replay-dead-letters.ts';
import type { Stream } from '../../src/lib/pipeline/stream.ts';
import { fixedClock, keptLog, keptStarts, type FixedClock } from '../support/pipeline.ts';
import { startActor, type Actor, type OperationFault } from './actor.ts';
import { createMemoryStore, type MemoryStore } from './memory-store.ts';
import { createInvariants, type Invariants } from './model-invariants.ts';
import { createLetters, type Letters } from './model-letters.ts';
import { createModelQueue, type Message } from './model-queue.ts';
import { readModel, SOUND, type Kind, type Mood, type Query } from './model-vendor.ts';

export const STREAM = 'model';
export const START = '2026-05-01T12:00:00Z';
const LAG_SECONDS = 20;

/** What operators may change at any time. */
export interface ModelSettings {
  windowMinutes: number;
  pageSize: number;
  query: Query;
  incompleteAfterHours: number;
  staleSeconds: number;
  parallel: number;
}

export const USUAL: ModelSettings = {
  windowMinutes: 5,
  pageSize: 4,
  query: 'all',
  incompleteAfterHours: 24,
  staleSeconds: 900,
  parallel: 2,
};

/** Which rows the sink refuses for their content. */
export type Refusal = 'none' | 'some' | 'all';

/** The connector over a world of memory, in which everything happens only when it is told to. */
export interface World {
  readonly clock: FixedClock;
  readonly store: MemoryStore;
  readonly letters: Letters;
  readonly messages: Message[];
  readonly actors: Actor[];
  readonly settings: ModelSettings;
  readonly mood: Mood;
  readonly refusal: { rows: Refusal };
  /** What strikes the next call of a method, by port and method. */
  readonly strikes: Map<string, OperationFault>;
  readonly invariants: Invariants;
  readonly startPlanner: () => Actor;
  /** The planner, woken between two ticks. */
  readonly startWakeUp: () => Actor;
  /** Hands the visible message at the place to a worker; undefined when none is visible. */
  readonly startWorker: (place: number) => Actor | undefined;
  /** The item that a worker works on; undefined for other processes. */
  readonly itemOf: (actor: Actor) => WorkItem | undefined;
  /** Starts the process of an operator's request. */
  readonly startRequest: (name: string, request: Request) => Actor;
  /** Requests that were answered with an error, or not at all: the operator will repeat them. */
  readonly owed: Request[];
  readonly startBackfill: (fromSeconds: number, seconds: number) => Actor;
}

export type Request = (ports: RequestPorts) => Promise<void>;

/** What a request of an operator works with. */
export interface RequestPorts {
  readonly backfills: BackfillDependencies;
  readonly audit: { readonly write: () => Promise<void> };
  readonly letters: DeadLetterSource;
  readonly sink: Sink;
}

/** How a world begins. */
export interface Beginning {
  readonly settings: Partial<ModelSettings>;
  readonly mood: Partial<Mood>;
  readonly rows: Refusal;
}

/** Makes a world in which nothing has happened yet, a quarter of an hour after the time from which it is to be ingested. */
export function createWorld(kind: Kind = 'plain', beginning: Partial<Beginning> = {}): World {
  const clock = fixedClock(START);
  clock.forward(900_000);
  const invariants = createInvariants(STREAM, kind, () => store);
  const store: MemoryStore = createMemoryStore(invariants.watch);
  const letters = createLetters(invariants.putAside, invariants.letterRemoved);
  const starts = keptStarts();
  const log = keptLog().log;
  const actors: Actor[] = [];
  const settings = { ...USUAL, ...beginning.settings };
  const mood = { ...SOUND, ...beginning.mood };
  const refusal = { rows: beginning.rows ?? 'none' };
  const strikes: World['strikes'] = new Map();
  const items = new Map<string, WorkItem>();
  const owed: Request[] = [];
  const queue = createModelQueue(clock, (item) => failWindow(item, 'poison', { store, clock }));

  const strikeAt =
    (port: string) =>
    (method: string): OperationFault | undefined => {
      const fault = strikes.get(`${port}.${method}`);
      strikes.delete(`${port}.${method}`);
      return fault;
    };

  /** A port of which each method is an operation, and may fail. */
  const gate = <T extends object>(actor: Actor, port: string, real: T): T => actor.wrap(real, strikeAt(port));

  function storeFor(actor: Actor): MemoryStore {
    const gated = gate(actor, 'store', store);
    return {
      ...gated,
      ledger: (record) => gate(actor, 'ledger', store.ledger(record)),
      saveWindow: (record, ledger) =>
        gated.saveWindow(record, ledger).catch((error: unknown) => {
          if (items.has(actor.name)) invariants.disturb(record);
          throw error;
        }),
    };
  }

  function sinkFor(actor: Actor, item: WorkItem | undefined): Sink {
    const isRefused = (id: string): boolean => refusal.rows === 'all' || (refusal.rows === 'some' && id.endsWith('.4'));
    return gate(actor, 'sink', {
      upload: (_table, { json }) => {
        const rows = JSON.parse(Buffer.from(json).toString()) as { id: string; RowKey: string }[];
        if (rows.some(({ id }) => isRefused(id)))
          return Promise.reject(new ChunkRefusedError('400', { isForContent: true }));
        if (item !== undefined) invariants.sending(actor.name, { ...item, key: item.window }, rows);
        const ids = rows.map(({ id }) => id);
        invariants.accepted(item?.run ?? 'replay', ids);
        return Promise.resolve();
      },
    } satisfies Sink);
  }

  function backfillDeps(actor: Actor): BackfillDependencies {
    const { staleSeconds, parallel, windowMinutes } = settings;
    return {
      store: storeFor(actor),
      queue: gate(actor, 'queue', queue.port),
      clock,
      log,
      staleSeconds,
      parallel,
      windowMinutes: () => windowMinutes,
    };
  }

  function start(name: string, run: (actor: Actor) => Promise<void>, onEnd?: (error: unknown) => void): Actor {
    const actor = startActor(`${name}-${actors.length}`, run, onEnd);
    actors.push(actor);
    return actor;
  }

  function streamFor(actor: Actor): Stream {
    const { windowMinutes, query, pageSize } = settings;
    const calls = { count: () => Promise.resolve(), page: () => Promise.resolve() };
    const vendor = gate(actor, 'vendor', calls);
    return {
      name: STREAM,
      table: 'Model_CL',
      api: 'edr',
      plan: () => ({ windowMinutes, safetyLagSeconds: LAG_SECONDS }),
      read: (task) =>
        readModel(task, {
          kind,
          mood,
          query,
          pageSize,
          vendor,
          onRead: invariants.reading,
          onWhole: invariants.readWhole,
        }),
    };
  }

  async function work(actor: Actor, item: WorkItem): Promise<void> {
    const backfills = backfillDeps(actor);
    if (await isCancelled(item.run, backfills.store)) return;
    await processWindow(item, {
      ...backfills,
      stream: streamFor(actor),
      sink: sinkFor(actor, item),
      deadLetters: gate(actor, 'deadLetters', letters.port),
      owner: actor.name,
      incompleteAfterHours: settings.incompleteAfterHours,
      budgetMs: 60_000,
      onFinished: (record: WindowRecord) => (record.run === 'live' ? Promise.resolve() : feedNext(record, backfills)),
    });
  }

  return {
    clock,
    store,
    letters,
    messages: queue.messages,
    actors,
    settings,
    mood,
    refusal,
    strikes,
    invariants,
    startPlanner: () =>
      start('planner', (actor) => {
        const backfills = backfillDeps(actor);
        const plan = { windowMinutes: settings.windowMinutes, safetyLagSeconds: LAG_SECONDS, start: new Date(START) };
        return runPlanner({
          ...backfills,
          starts: gate(actor, 'starts', starts),
          stream: STREAM,
          plan,
          sharedTime: gate(actor, 'clock', { now: () => Promise.resolve(clock.now()) }).now,
          tendBackfills: () => tendBackfills(STREAM, backfills),
        });
      }),
    startWakeUp: () =>
      start('wake-up', (actor) => {
        const { store, log } = backfillDeps(actor);
        const wakeUps = gate(actor, 'wakeUps', { ask: () => Promise.resolve(), take: () => Promise.resolve() });
        return moveWatermark({ store, clock, log, stream: STREAM, wakeUps });
      }),
    itemOf: (actor) => items.get(actor.name),
    startWorker: (place) => {
      const message = queue.take(place);
      if (message === undefined) return undefined;
      const name = `worker-${actors.length}`;
      items.set(name, message.item);
      return start(
        'worker',
        (actor) => work(actor, message.item),
        (error) => queue.settle(message, error),
      );
    },
    owed,
    startRequest: (name, request) =>
      start(
        name,
        (actor) =>
          request({
            backfills: backfillDeps(actor),
            audit: gate(actor, 'audit', { write: () => Promise.resolve() }),
            letters: letters.source((reals) => gate(actor, 'letters', reals)),
            sink: sinkFor(actor, undefined),
          }),
        (error) => {
          if (error !== undefined) owed.push(request);
        },
      ),
    startBackfill: (fromSeconds, seconds) => {
      const from = new Date(Date.parse(START) + fromSeconds * 1000);
      const to = new Date(from.getTime() + seconds * 1000);
      return start('backfill', async (actor) => {
        await startBackfill({ stream: STREAM, from, to }, backfillDeps(actor));
      });
    },
  };
}
