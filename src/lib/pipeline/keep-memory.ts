import { NO_CAUSES, type Causes } from '../cost/causes.ts';
import type { Claim } from './claim.ts';
import { isLate, isLook } from './look-back.ts';
import type { CheckpointStore, WindowRecord } from './ports.ts';
import { CLOCKS_MS, type OpenMemory, type RecordItems, type RecordMemory, type SentMemory } from './record-memory.ts';
import type { RecordSample } from './record-sample.ts';
import type { Progress } from './stream.ts';

/** What a window's reading needs to know what is remembered. */
export interface MemoryDependencies {
  /** Absent where nothing is remembered. */
  readonly memory?: RecordMemory | undefined;
  readonly store: CheckpointStore;
  /** Told why records were sent, once they are accepted. */
  readonly noteCauses?: ((stream: string, causes: Causes) => void) | undefined;
}

/** Keeps the memory in step with what the sink accepts of a window. */
export interface MemoryKeeper {
  /** For the stream; undefined where nothing is remembered. */
  readonly sent: SentMemory | undefined;
  /** Before a step's rows go. A record of which rows are on their way is unknown, so that a crash repeats it and never leaves it out. */
  readonly before: (step: Progress) => Promise<void>;
  /** When they are accepted. What became a dead letter is not remembered. */
  readonly after: (step: Progress, deadLetters: number) => Promise<void>;
}

/** Items that are kept in the process until they are remembered, in bytes. */
const MOST_ITEM_BYTES = 4_000_000;

/** The memory for one reading of a window. */
export function keepMemory({ record }: Pick<Claim, 'record'>, deps: MemoryDependencies): MemoryKeeper {
  const { memory } = deps;
  let opened: OpenMemory | undefined;
  const doubted = new Set<string>();
  /** What is not remembered, whatever of it is accepted. */
  const refused = new Set<string>();
  const accepted = new Map<string, string>();
  const items = new Map<string, RecordItems>();
  let itemBytes = 0;
  return {
    sent: memory && {
      open: async (scope) => (opened = await memory.open(record.stream, scope)),
      leave: () => memory.leave(record.stream),
      isReadBeside: (overlaps) => isReadBeside(record, overlaps, deps),
      sample: sampleOf(record.stream, deps),
    },
    before: async ({ sent }) => {
      const fresh = (sent?.touched ?? []).filter((id) => !doubted.has(id));
      if (fresh.length === 0) return;
      await opened?.doubt(fresh, sent?.bases);
      for (const id of fresh) doubted.add(id);
    },
    after: async ({ pageDone, sent }, deadLetters) => {
      if (deadLetters > 0) for (const id of sent?.touched ?? []) refused.add(id);
      if (opened !== undefined && sent?.causes !== undefined) deps.noteCauses?.(record.stream, sent.causes);
      for (const [id, digest] of sent?.whole ?? []) {
        if (digest === undefined) refused.add(id);
        else accepted.set(id, digest);
      }
      for (const [id, each] of sent?.items ?? []) {
        items.set(id, each);
        itemBytes += each.bytes.length;
      }
      if (items.size > 0 && (pageDone === true || itemBytes > MOST_ITEM_BYTES)) {
        await opened?.rememberItems(items);
        items.clear();
        itemBytes = 0;
      }
      if (pageDone !== true) return;
      for (const id of refused) accepted.delete(id);
      if (accepted.size > 0) await opened?.remember(accepted);
      for (const set of [doubted, refused, accepted]) set.clear();
    },
  };
}

function sampleOf(stream: string, { memory, noteCauses }: MemoryDependencies): RecordSample | undefined {
  const sample = memory?.sample;
  return (
    sample && {
      list: () => sample.list(stream),
      read: (first, last) => sample.read(stream, first, last),
      save: (changed, removed) => sample.save(stream, changed, removed),
      note: (found) => noteCauses?.(stream, { ...NO_CAUSES, sample: found }),
    }
  );
}

/**
 * Whether another window of the stream is being read that was taken up before this one was planned, and so before all of this one was visible. It
 * may have an earlier state of a record in hand, and send it when this reading has found the later one unchanged. Slices of one time share no
 * record; a row that reads what was late may share some with all of them.
 */
async function isReadBeside(
  { from, plannedAt, run, stream, to }: WindowRecord,
  overlaps: (slice: string | undefined) => boolean,
  { store }: MemoryDependencies,
): Promise<boolean> {
  const running = await store.listRunning(stream);
  const since = Date.parse(plannedAt) + CLOCKS_MS;
  return running.some(
    (other) =>
      !isLook(other) &&
      !(other.run === run && other.from === from && other.to === to && !isLate(other)) &&
      Date.parse(other.startedAt ?? plannedAt) < since &&
      overlaps(other.slice),
  );
}
