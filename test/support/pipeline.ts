import { createTableCheckpointStore } from '../../src/lib/azure/table-checkpoint-store.ts';
import { createTableMemory } from '../../src/lib/azure/table-memory.ts';
import { createLog, type Log } from '../../src/lib/log.ts';
import type {
  CheckpointStore,
  DeadLetter,
  Sink,
  StartRecord,
  StartStore,
  WindowRecord,
  WorkItem,
  WorkQueue,
} from '../../src/lib/pipeline/ports.ts';
import { processWindow, type ProcessDependencies } from '../../src/lib/pipeline/process-window.ts';
import type { Chunk, Outcome, Progress, Stream, WindowTask } from '../../src/lib/pipeline/stream.ts';
import { newWindow } from '../../src/lib/pipeline/new-window.ts';
import { testStorage, uniqueName } from './storage.ts';

/** How streams began, in memory. */
export function keptStarts(): StartStore {
  const records = new Map<string, StartRecord>();
  return {
    read: (stream) => Promise.resolve(records.get(stream)),
    save: (record) => Promise.resolve(void records.set(record.stream, record)),
  };
}

/** A clock that stands still until it is moved. */
export interface FixedClock {
  readonly now: () => Date;
  readonly forward: (milliseconds: number) => void;
}

/** Starts a clock at an ISO time. */
export function fixedClock(start = '2026-05-01T12:00:00Z'): FixedClock {
  let time = Date.parse(start);
  return { now: () => new Date(time), forward: (milliseconds) => void (time += milliseconds) };
}

/** A log that keeps its lines. */
export function keptLog(): { log: Log; events: () => string[]; lines: string[] } {
  const lines: string[] = [];
  const keep = (line: string): void => void lines.push(line);
  return {
    log: createLog({ info: keep, warn: keep, error: keep }),
    lines,
    events: () => lines.map((line) => (JSON.parse(line) as { event: string }).event),
  };
}

/** A queue that keeps what was sent. */
export function keptQueue(): WorkQueue & { readonly sent: { item: WorkItem; delaySeconds: number }[] } {
  const sent: { item: WorkItem; delaySeconds: number }[] = [];
  return { sent, send: (item, delaySeconds = 0) => Promise.resolve(void sent.push({ item, delaySeconds })) };
}

/** A sink that keeps rows, and fails when told to. */
export function keptSink(): Sink & {
  readonly rows: unknown[];
  failNext: Error | undefined;
  readonly uploads: number[];
} {
  const sink = {
    rows: [] as unknown[],
    uploads: [] as number[],
    failNext: undefined as Error | undefined,
    upload: (_table: string, chunk: Chunk): Promise<void> => {
      const failure = sink.failNext;
      sink.failNext = undefined;
      if (failure !== undefined) return Promise.reject(failure);
      sink.uploads.push(chunk.rows);
      sink.rows.push(...(JSON.parse(Buffer.from(chunk.json).toString()) as unknown[]));
      return Promise.resolve();
    },
  };
  return sink;
}

/** Rows as a chunk. */
export function chunkOf(...rows: unknown[]): Chunk {
  return { json: Buffer.from(JSON.stringify(rows)), rows: rows.length };
}

/** A stream of its own whose windows are read by `read`. */
export function testStream(read: (task: WindowTask) => AsyncGenerator<Progress, Outcome>, name = uniqueName()): Stream {
  return {
    name,
    table: 'Test_CL',
    api: 'edr',
    plan: () => ({ windowMinutes: 15, safetyLagSeconds: 120 }),
    read,
  };
}

/** A stream that reads numbered pages of one row each, and books how often each page was read. */
export function pagedStream(pages: number): {
  stream: Stream;
  reads: number[];
  tasks: WindowTask[];
  failAt: { page: number; error: Error }[];
} {
  const reads: number[] = [];
  const tasks: WindowTask[] = [];
  const failAt: { page: number; error: Error }[] = [];
  const stream = testStream(async function* (task) {
    tasks.push(task);
    const start = (task.cursor as { page: number } | undefined)?.page ?? 0;
    for (let page = start; page < pages; page++) {
      task.onCall();
      reads.push(page);
      const failure = failAt[0]?.page === page ? failAt.shift() : undefined;
      if (failure !== undefined) throw failure.error;
      yield { chunk: chunkOf({ page }), cursor: { page: page + 1 }, pageDone: true, fetched: 1 };
      await Promise.resolve();
    }
    return { kind: 'complete' };
  });
  return { stream, reads, tasks, failAt };
}

/** A pipeline over real tables, with everything else in the test's hands. */
export interface Bench {
  readonly deps: ProcessDependencies;
  readonly store: CheckpointStore;
  readonly queue: ReturnType<typeof keptQueue>;
  readonly sink: ReturnType<typeof keptSink>;
  readonly clock: FixedClock;
  readonly log: ReturnType<typeof keptLog>;
  readonly deadLetters: DeadLetter[];
  /** Opens a window, as the planner does. */
  readonly open: (from: string, to: string, more?: Partial<WindowRecord>) => Promise<WindowRecord>;
  readonly process: (record: WindowRecord, changes?: Partial<ProcessDependencies>) => Promise<void>;
  readonly read: (record: WindowRecord) => Promise<WindowRecord | undefined>;
}

/** Sets a pipeline up for one stream. */
export async function setUp(stream: Stream): Promise<Bench> {
  const storage = await testStorage();
  const store = createTableCheckpointStore(storage);
  const [queue, sink, clock, log] = [keptQueue(), keptSink(), fixedClock(), keptLog()];
  const deadLetters: DeadLetter[] = [];
  const deps: ProcessDependencies = {
    store,
    memory: createTableMemory(storage, clock.now),
    queue,
    sink,
    clock,
    stream,
    log: log.log,
    owner: uniqueName('worker'),
    staleSeconds: 900,
    incompleteAfterHours: 24,
    budgetMs: 60_000,
    deadLetters: { put: (letter) => Promise.resolve(void deadLetters.push(letter)) },
  };
  return {
    deps,
    store,
    queue,
    sink,
    clock,
    log,
    deadLetters,
    open: async (from, to, more = {}) => {
      const record = { ...newWindow({ stream: stream.name, run: 'live', from, to }, clock.now()), ...more };
      await store.insertWindows([record]);
      return record;
    },
    process: ({ run, key }, changes = {}) =>
      processWindow({ version: 1, stream: stream.name, run, window: key }, { ...deps, ...changes }),
    read: ({ run, key }) => store.readWindow(stream.name, run, key),
  };
}
