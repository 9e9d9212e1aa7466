import type { ContainerClient } from '@azure/storage-blob';
import { createHash } from 'node:crypto';
import type { DeadLetter, DeadLetters } from '../pipeline/ports.ts';
import { DEAD_LETTER_CONTAINER } from './names.ts';
import { faultOf, toStorageError } from './storage-errors.ts';
import type { Storage } from './storage.ts';

/** A stored dead letter. */
export interface StoredDeadLetter extends DeadLetter {
  /** Name of its blob. */
  readonly name: string;
}

/** Counting stops there. */
const MAX_COUNTED = 5000;

/** Dead letters as blobs: one JSON document each, named by stream, window and content, so that the same row is kept once. */
export function createBlobDeadLetters(storage: Storage): DeadLetters & {
  readonly count: () => Promise<number>;
  readonly list: (limit: number) => AsyncGenerator<StoredDeadLetter>;
  readonly remove: (name: string) => Promise<void>;
} {
  const opened = (): Promise<ContainerClient> => storage.container(DEAD_LETTER_CONTAINER);
  const guarded = async <T>(action: string, run: () => Promise<T>): Promise<T> => {
    try {
      return await run();
    } catch (thrown) {
      throw toStorageError(action, thrown);
    }
  };
  return {
    put: (letter) =>
      guarded('storing a dead letter', async () => {
        const container = await opened();
        await container.createIfNotExists();
        const { json, ...about } = letter;
        const body = JSON.stringify({ version: 1, ...about, rows: Buffer.from(json).toString('utf8') });
        const hash = createHash('sha256').update(json).digest('hex').slice(0, 16);
        const blob = container.getBlockBlobClient(`${letter.stream}/${letter.run}/${letter.window}/${hash}.json`);
        await blob.upload(body, Buffer.byteLength(body), { blobHTTPHeaders: { blobContentType: 'application/json' } });
      }),
    count: () => guarded('counting dead letters', async () => countBlobs(await opened())),
    list: (limit) => listLetters(opened, limit),
    remove: (name) =>
      guarded('removing a dead letter', async () => {
        await (await opened()).deleteBlob(name);
      }),
  };
}

async function countBlobs(container: ContainerClient): Promise<number> {
  let count = 0;
  try {
    for await (const _ of container.listBlobsFlat()) if (++count >= MAX_COUNTED) break;
  } catch (thrown) {
    if (faultOf(thrown).status !== 404) throw thrown;
  }
  return count;
}

async function* listLetters(opened: () => Promise<ContainerClient>, limit: number): AsyncGenerator<StoredDeadLetter> {
  let left = limit;
  const container = await opened();
  try {
    for await (const { name } of container.listBlobsFlat()) {
      if (left-- <= 0) return;
      const body = await container.getBlobClient(name).downloadToBuffer();
      const { rows, ...about } = JSON.parse(body.toString('utf8')) as Omit<DeadLetter, 'json'> & { rows: string };
      yield { ...about, name, json: Buffer.from(rows) };
    }
  } catch (thrown) {
    if (faultOf(thrown).status !== 404) throw toStorageError('reading dead letters', thrown);
  }
}
