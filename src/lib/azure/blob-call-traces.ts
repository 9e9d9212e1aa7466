import type { ContainerClient } from '@azure/storage-blob';
import { messageOf } from '../errors.ts';
import { jsonIn } from '../json/json-in.ts';
import type { Log } from '../log.ts';
import type { CallTraces } from '../pipeline/call-trace.ts';
import type { CallTrace } from '../pipeline/trace-answers.ts';
import type { Clock } from '../pipeline/ports.ts';
import { TRACE_CONTAINER } from './names.ts';
import { attempt, ifNew, ifThere } from './storage-errors.ts';
import type { Storage } from './storage.ts';

/** Longest blob that is read: three texts of 2 KB and headers. */
const MOST_TRACE_BYTES = 100_000;
/** After so long it is looked again whether somebody has deleted traces. */
const LOOK_AGAIN_MS = 60_000;

/** Traces of calls, and what is kept of them. */
export interface StoredTraces extends CallTraces {
  /** All of them, the oldest first. */
  readonly list: () => Promise<CallTrace[]>;
  /** Deletes all; as many calls as are asked for are traced again. @returns how many there were. */
  readonly clear: () => Promise<number>;
}

/** What traces need. */
interface TraceOptions {
  /** Calls to trace, over all instances; none for 0. */
  readonly most: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly secrets: () => readonly string[];
}

/**
 * Traces as blobs, one a call. Their names are the numbers from 1 to `most`, each made once by whoever is first, so that instances together
 * never keep more.
 */
export function createBlobCallTraces(storage: Storage, { most, clock, log, secrets }: TraceOptions): StoredTraces {
  const opened = (): Promise<ContainerClient> => storage.container(TRACE_CONTAINER);
  const wanted = Array.from({ length: most }, (_, index) => `${String(index + 1).padStart(3, '0')}.json`);
  let free: string[] = [];
  let looking: Promise<void> | undefined;
  let lookAgainAt = 0;

  async function look(): Promise<void> {
    lookAgainAt = clock.now().getTime() + LOOK_AGAIN_MS;
    const container = await opened();
    await container.createIfNotExists();
    const taken = new Set(await listNames(container));
    free = wanted.filter((name) => !taken.has(name));
  }

  /** Takes a name that nobody has; undefined when there is none. */
  async function take(begun: CallTrace): Promise<string | undefined> {
    if (free.length === 0) {
      if (looking === undefined && clock.now().getTime() < lookAgainAt) return undefined;
      looking ??= look().finally(() => (looking = undefined));
      await looking;
    }
    const container = await opened();
    for (let name = free.shift(); name !== undefined; name = free.shift()) {
      if (await put(container, name, begun, true)) return name;
    }
    return undefined;
  }

  /** A trace that cannot be stored must not cost the call. */
  const orLost = <T>(run: () => Promise<T | undefined>): Promise<T | undefined> =>
    attempt('storing a trace', run).catch((error: unknown) => {
      log.warn('TraceLost', { error: messageOf(error) });
      return undefined;
    });

  return {
    secrets,
    open: (begun) =>
      orLost(async () => {
        const name = await take(begun);
        if (name === undefined) return undefined;
        return (ended) => void orLost(async () => put(await opened(), name, ended, false));
      }),
    list: () =>
      attempt('reading traces', async () => {
        const container = await opened();
        const names = await listNames(container, MOST_TRACE_BYTES);
        const traces = await Promise.all(names.map((name) => read(container, name)));
        return traces.flat().sort((left, right) => left.at.localeCompare(right.at));
      }),
    clear: () =>
      attempt('deleting traces', async () => {
        const container = await opened();
        const names = await listNames(container);
        await Promise.all(names.map((name) => container.getBlobClient(name).deleteIfExists()));
        lookAgainAt = 0;
        return names.length;
      }),
  };
}

async function listNames(container: ContainerClient, mostBytes = Infinity): Promise<string[]> {
  const blobs = (await ifThere(Array.fromAsync(container.listBlobsFlat()))) ?? [];
  return blobs.filter(({ properties }) => (properties.contentLength ?? 0) <= mostBytes).map(({ name }) => name);
}

/** False where a blob of this name is there already and must be new. */
async function put(container: ContainerClient, name: string, trace: CallTrace, isNew: boolean): Promise<boolean> {
  const body = JSON.stringify(trace);
  const upload = container.getBlockBlobClient(name).upload(body, Buffer.byteLength(body), {
    blobHTTPHeaders: { blobContentType: 'application/json' },
    ...(isNew ? { conditions: { ifNoneMatch: '*' } } : {}),
  });
  return (await (isNew ? ifNew(upload) : upload)) !== undefined;
}

/** None where it has gone meanwhile, or is not ours. */
async function read(container: ContainerClient, name: string): Promise<CallTrace[]> {
  const bytes = await ifThere(container.getBlobClient(name).downloadToBuffer());
  const trace = jsonIn(String(bytes)) as Partial<CallTrace> | null | undefined;
  return trace?.version === 1 ? [trace as CallTrace] : [];
}
