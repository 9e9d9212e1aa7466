import type { TableClient, TransactionAction } from '@azure/data-tables';
import { createHash, randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { RetryableError, WaitError } from '../errors.ts';
import { groupsOf, runInGroups } from '../groups.ts';
import { CLOCKS_MS, type OpenMemory, type RecordMemory } from '../pipeline/record-memory.ts';
import { createItemTable, type ItemMemory } from './item-table.ts';
import { byNumber, decodeShard, encodeShard, type Entry, SHARD_IDS, shardOf } from './memory-shard.ts';
import { TABLE_NAMES } from './names.ts';
import { attempt, unlessBeaten } from './storage-errors.ts';
import type { Storage } from './storage.ts';
import { getEntity, listEntities, openTable, putAction, putEntity, rowsBetween } from './table-entities.ts';
import { createTableSample } from './table-sample.ts';

/** A transaction holds at most 100 actions. */
const TRANSACTION_SIZE = 100;
/** Rows nobody asked for that are read rather than asked around: what they weigh takes less time than a request. */
const LARGEST_GAP = 8n;
const QUERIES_AT_ONCE = 8;
/** Other workers write the same rows for hosts beside: a few tries are enough for that. */
const MOST_TRIES = 8;
/** A doubt that is younger may be of a worker that is still sending; one that is older was left by a crash. */
const DOUBT_MS = 3_600_000;
/** When to look again at a record that another worker sends as well, in milliseconds. */
const BESIDE_MS = 60_000;
/** Sorts behind every shard. Its generation is a part of the scope: with another one nothing is known. */
const STATE_KEY = '~state';
const ID = /^\d{1,19}$/;

/** A row of the table: what is remembered of the ids from one multiple of {@link SHARD_IDS} to the next. */
interface Shard {
  readonly scope: string;
  readonly etag: string | undefined;
  readonly entries: ReadonlyMap<number, Entry>;
}

/** Changes the entry of an id; undefined deletes it. */
type Edit = (entry: Entry | undefined, id: bigint) => Entry | undefined;

/** What was sent last, in Table Storage: 22 bytes a record, up to 256 records a row, so that neighbours are read and written together. */
export function createTableMemory(storage: Storage, now: () => Date): RecordMemory {
  const inTable = openTable(storage, TABLE_NAMES.memory);
  return {
    open: (stream, scope) =>
      inTable('opening the memory', async (table) => {
        const generation = await changeState(table, stream, (state) => ({ ...state, isUsed: true }));
        const own = createHash('sha256').update(`${generation}\n${scope}`).digest('hex').slice(0, 32);
        const isCurrent = async (): Promise<boolean> =>
          (await getEntity(table, stream, STATE_KEY))?.generation === generation;
        return openMemory(createShards(table, stream, own), createItemTable(table, stream), isCurrent, now);
      }),
    leave: (stream) =>
      inTable('leaving the memory', async (table) => {
        await changeState(table, stream, renewed);
      }),
    forget: (stream, ids) =>
      inTable('forgetting', async (table) => {
        if (ids === undefined) await changeState(table, stream, renewed);
        else await createShards(table, stream).edit(ids, () => undefined);
      }),
    sample: createTableSample(storage),
  };
}

interface State {
  readonly generation: string;
  /** Whether somebody remembers: as long as nobody does, there is nothing to be made void. */
  readonly isUsed: boolean;
}

function renewed({ generation, isUsed }: State): State {
  return isUsed ? { generation: newGeneration(), isUsed: false } : { generation, isUsed };
}

function newGeneration(): string {
  return randomBytes(8).toString('hex');
}

/** @returns the generation that counts from now on. */
async function changeState(table: TableClient, stream: string, change: (state: State) => State): Promise<string> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const row = await getEntity(table, stream, STATE_KEY);
    const stored = row?.generation;
    const generation = typeof stored === 'string' ? stored : newGeneration();
    const before = { generation, isUsed: row?.isUsed === true };
    const after = change(before);
    if (row !== undefined && isDeepStrictEqual(after, before)) return after.generation;
    const put = putEntity(table, { partitionKey: stream, rowKey: STATE_KEY, ...after }, row?.etag);
    if ((await unlessBeaten(put)) !== undefined) return after.generation;
  }
  throw new RetryableError(`the memory of ${stream} is changed by others all the time`, { scope: 'storage' });
}

type Shards = ReturnType<typeof createShards>;

/** The rows of a stream. Without a scope those of any scope are changed as they are. */
function createShards(table: TableClient, stream: string, scope?: string) {
  const shards = new Map<bigint, Shard>();

  async function readRange(first: bigint, last: bigint, found: Map<bigint, Shard>): Promise<void> {
    const filter = rowsBetween(stream, keyOf(first), keyOf(last + 1n));
    for (const { etag, rowKey, scope: own, p0 } of await listEntities(table, { filter })) {
      const isKnown = p0 instanceof Uint8Array && (scope === undefined || own === scope);
      found.set(BigInt(`0x${rowKey}`), {
        scope: scope ?? String(own),
        etag,
        entries: isKnown ? decodeShard(p0) : new Map(),
      });
    }
  }

  async function readNumbers(numbers: readonly bigint[]): Promise<void> {
    const found = new Map<bigint, Shard>();
    const ranges = rangesOf(numbers);
    await runInGroups(ranges, QUERIES_AT_ONCE, ([first, last]) => readRange(first, last, found));
    const none = { scope: scope ?? '', etag: undefined, entries: new Map() };
    for (const number of numbers) shards.set(number, found.get(number) ?? none);
  }

  /** @returns the rows that others have changed. */
  async function store(changes: ReadonlyMap<bigint, Shard>): Promise<bigint[]> {
    const lost: bigint[] = [];
    for (const some of groupsOf([...changes], TRANSACTION_SIZE)) {
      const stored = await unlessBeaten(table.submitTransaction(some.map((each) => actionOf(stream, ...each))));
      if (stored === undefined) lost.push(...some.map(([number]) => number));
      else
        for (const [index, [number, shard]] of some.entries())
          shards.set(number, { ...shard, etag: stored.subResponses[index]?.etag });
    }
    return lost;
  }

  /** Changes entries and stores their rows, each under its ETag: of those that others have changed meanwhile the new state is taken. */
  async function edit(ids: Iterable<bigint>, change: Edit): Promise<void> {
    let left = Map.groupBy(ids, shardOf);
    await readNumbers([...left.keys()].filter((number) => !shards.has(number)));
    for (let tries = 0; left.size > 0; tries++) {
      if (tries >= MOST_TRIES)
        throw new RetryableError(`rows of the memory of ${stream} are changed by others all the time`, {
          scope: 'storage',
        });
      const changes = new Map<bigint, Shard>();
      for (const [number, own] of left) {
        const changed = changeShard(shards.get(number), own, change);
        if (changed !== undefined) changes.set(number, changed);
      }
      const lost = await store(changes);
      if (lost.length > 0) await readNumbers(lost);
      left = new Map([...left].filter(([number]) => lost.includes(number)));
    }
  }

  return {
    /** Reads the rows of these ids. */
    read: (ids: Iterable<bigint>) => readNumbers([...new Set([...ids].map(shardOf))]),
    /** The entry of an id, where its row was read and is of this scope. */
    entry: (id: bigint) => shards.get(shardOf(id))?.entries.get(Number(id % SHARD_IDS)),
    edit,
  };
}

function openMemory(shards: Shards, items: ItemMemory, isCurrent: () => Promise<boolean>, now: () => Date): OpenMemory {
  /** Whether all was forgotten since. */
  let isVoid = false;
  /** Names of this worker's doubts, and what it has remembered. */
  const own = new Map<bigint, string>();
  const remembered = new Map<bigint, string>();
  const openedAt = now().getTime();
  /** Whether somebody else may be sending a record, or has sent it since this worker began: which state came last is not known then. */
  const isContested = ({ at, digest, kind }: Entry, id: bigint): boolean => {
    if (kind !== 'sent') return at > now().getTime() - DOUBT_MS;
    return at > openedAt - CLOCKS_MS && remembered.get(id) !== digest;
  };
  return {
    recall: (ids) =>
      attempt('reading the memory', async () => {
        await shards.read(ids);
        isVoid ||= !(await isCurrent());
      }),
    known: (text) => {
      const entry = ID.test(text) && !isVoid ? shards.entry(BigInt(text)) : undefined;
      return entry?.kind === 'sent' ? { at: entry.at, digest: entry.digest } : undefined;
    },
    recallItems: (digests) => attempt('reading remembered items', () => items.read(digests)),
    rememberItems: (records) =>
      attempt('remembering items', () => items.write(new Map([...records].filter(([id]) => ID.test(id))))),
    doubt: (texts, bases) =>
      attempt('doubting what is remembered', () => {
        const ids = [...texts].filter((text) => ID.test(text)).map(BigInt);
        for (const id of ids) own.set(id, randomBytes(16).toString('hex'));
        const at = now().getTime();
        return shards.edit(ids, (entry, id) => {
          const name = own.get(id) ?? '';
          // A doubt of its own: the answer to its storing was lost.
          if (entry?.digest === name) return entry;
          const base = bases?.get(String(id));
          if (base !== undefined && (entry?.kind !== 'sent' || entry.digest !== base))
            throw new WaitError(`record ${id} is sent by another worker as well: it is compared anew`, BESIDE_MS);
          const kind = entry !== undefined && isContested(entry, id) ? 'contested' : 'doubted';
          return { kind, at, digest: name };
        });
      }),
    remember: (digests) =>
      attempt('remembering', async () => {
        const at = now().getTime();
        const known = [...digests].filter(([text]) => ID.test(text));
        const byId = new Map(known.map(([text, digest]) => [BigInt(text), digest]));
        for (const [id, digest] of byId) remembered.set(id, digest);
        await shards.edit(byId.keys(), (entry, id) => {
          const digest = byId.get(id) ?? '';
          const isOwn = entry?.kind === 'doubted' && entry.digest === own.get(id);
          return isOwn ? { kind: 'sent', at, digest } : entry;
        });
      }),
  };
}

/** A row with its entries changed; undefined where nothing is another than before. */
function changeShard(shard: Shard | undefined, ids: readonly bigint[], change: Edit): Shard | undefined {
  if (shard === undefined) return undefined;
  const entries = new Map(shard.entries);
  for (const id of ids) {
    const place = Number(id % SHARD_IDS);
    const entry = change(shard.entries.get(place), id);
    if (entry === undefined) entries.delete(place);
    else entries.set(place, entry);
  }
  return isDeepStrictEqual(entries, shard.entries) ? undefined : { ...shard, entries };
}

function actionOf(stream: string, number: bigint, { entries, etag, scope }: Shard): TransactionAction {
  return putAction({ partitionKey: stream, rowKey: keyOf(number), scope, p0: encodeShard(entries) }, etag);
}

function keyOf(number: bigint): string {
  return number.toString(16).padStart(16, '0');
}

/** Rows to be read in one go each. */
function rangesOf(numbers: readonly bigint[]): (readonly [bigint, bigint])[] {
  const sorted = [...numbers].sort(byNumber);
  const ranges: [bigint, bigint][] = [];
  for (const number of sorted) {
    const last = ranges.at(-1);
    if (last !== undefined && number - last[1] <= LARGEST_GAP) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges;
}
