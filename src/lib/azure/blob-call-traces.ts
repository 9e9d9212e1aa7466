import type { ContainerClient } from '@azure/storage-blob';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { CallTraces } from '../pipeline/call-trace.ts';
import type { CallTrace } from '../pipeline/trace-answers.ts';
import type { Clock } from '../pipeline/ports.ts';
import { TRACE_CONTAINER } from './names.ts';
import { faultOf, toStorageError } from './storage-errors.ts';
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
  const wanted = Array.from({ length: most }, (_, index) => nameOf(index + 1));
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

  async function store(name: string, ended: CallTrace): Promise<void> {
    try {
      await put(await opened(), name, ended, false);
    } catch (error) {
      log.warn('TraceLost', { error: messageOf(toStorageError('storing a trace', error)) });
    }
  }

  return {
    secrets,
    open: async (begun) => {
      try {
        const name = await take(begun);
        return name === undefined ? undefined : (ended) => void store(name, ended);
      } catch (error) {
        log.warn('TraceLost', { error: messageOf(toStorageError('storing a trace', error)) });
        return undefined;
      }
    },
    list: () =>
      guarded('reading traces', async () => {
        const container = await opened();
        const names = await listNames(container, MOST_TRACE_BYTES);
        const traces = await Promise.all(names.map((name) => read(container, name)));
        return traces.flat().sort((left, right) => left.at.localeCompare(right.at));
      }),
    clear: () =>
      guarded('deleting traces', async () => {
        const container = await opened();
        const names = await listNames(container);
        await Promise.all(names.map((name) => container.getBlobClient(name).deleteIfExists()));
        lookAgainAt = 0;
        return names.length;
      }),
  };
}

async function listNames(container: ContainerClient, mostBytes = Infinity): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name, properties } of container.listBlobsFlat()) {
      if ((properties.contentLength ?? 0) <= mostBytes) names.push(name);
    }
  } catch (thrown) {
    if (faultOf(thrown).status !== 404) throw thrown;
  }
  return names;
}

async function guarded<T>(action: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (thrown) {
    throw toStorageError(action, thrown);
  }
}

function nameOf(number: number): string {
  return `${String(number).padStart(3, '0')}.json`;
}

/** False where a blob of this name is there already and must be new. */
async function put(container: ContainerClient, name: string, trace: CallTrace, isNew: boolean): Promise<boolean> {
  const body = JSON.stringify(trace);
  try {
    await container.getBlockBlobClient(name).upload(body, Buffer.byteLength(body), {
      blobHTTPHeaders: { blobContentType: 'application/json' },
      ...(isNew ? { conditions: { ifNoneMatch: '*' } } : {}),
    });
    return true;
  } catch (thrown) {
    if (isNew && faultOf(thrown).status === 409) return false;
    throw thrown;
  }
}

/** None where it has gone meanwhile, or is not ours. */
async function read(container: ContainerClient, name: string): Promise<CallTrace[]> {
  try {
    const text = (await container.getBlobClient(name).downloadToBuffer()).toString('utf8');
    const trace = JSON.parse(text) as { readonly version?: unknown };
    return trace.version === 1 ? [trace as CallTrace] : [];
  } catch (thrown) {
    if (faultOf(thrown).status === 404 || thrown instanceof SyntaxError) return [];
    throw thrown;
  }
}
