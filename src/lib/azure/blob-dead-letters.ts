import type { ContainerClient } from '@azure/storage-blob';
import { nameOfRows } from '../pipeline/chunk-rows.ts';
import type { DeadLetters } from '../pipeline/ports.ts';
import type { DeadLetterSource, StoredDeadLetter } from '../pipeline/replay-dead-letters.ts';
import { atMost } from './at-most.ts';
import { DEAD_LETTER_CONTAINER } from './names.ts';
import { brokenLetter, readLetter } from './read-letter.ts';
import { attempt, ifThere } from './storage-errors.ts';
import type { Storage } from './storage.ts';

/** A dead letter in the list of blobs. All that Azure tells of each would take eight times the memory. */
interface ListedLetter {
  readonly name: string;
  readonly bytes: number;
  readonly modifiedAt: Date;
  /** When it was last sent and refused again, ISO 8601; empty for one that was not. */
  readonly refusedAt: string;
}

/** Counting stops there. */
const MAX_COUNTED = 5000;
/** Twice the largest chunk and more: what is longer was not written here. */
const MAX_LETTER_BYTES = 8_000_000;
/** Name of the blob's metadata that holds when it was refused again. */
const REFUSED_AT = 'refusedat';

/**
 * Dead letters as blobs: one JSON document each, named by stream, window and the keys of its rows, so that the same row is kept once.
 * Those that were refused again come last.
 */
export function createBlobDeadLetters(
  storage: Storage,
): DeadLetters & DeadLetterSource & { readonly count: () => Promise<number> } {
  const opened = (): Promise<ContainerClient> => storage.container(DEAD_LETTER_CONTAINER);
  return {
    put: (letter) =>
      attempt('storing a dead letter', async () => {
        const container = await opened();
        await container.createIfNotExists();
        const { json, ...about } = letter;
        const body = JSON.stringify({ version: 1, ...about, rows: Buffer.from(json).toString('utf8') });
        const name = `${letter.stream}/${letter.run}/${letter.window}/${nameOfRows(json)}.json`;
        const blob = container.getBlockBlobClient(name);
        await blob.upload(body, Buffer.byteLength(body), { blobHTTPHeaders: { blobContentType: 'application/json' } });
      }),
    count: () => attempt('counting dead letters', async () => (await listLetters(await opened(), MAX_COUNTED)).length),
    list: async function* (limit) {
      const container = await opened();
      const listed = await attempt('listing dead letters', () => listLetters(container));
      for (const each of inTurn(listed).slice(0, limit)) {
        const letter = await attempt('reading a dead letter', () => download(container, each));
        if (letter !== undefined) yield letter;
      }
    },
    markRefused: (name) =>
      attempt('marking a dead letter', async () => {
        const blob = (await opened()).getBlobClient(name);
        await ifThere(blob.setMetadata({ [REFUSED_AT]: new Date().toISOString() }));
      }),
    remove: (name) =>
      attempt('removing a dead letter', async () => {
        await (await opened()).getBlobClient(name).deleteIfExists();
      }),
  };
}

async function listLetters(container: ContainerClient, most = Infinity): Promise<ListedLetter[]> {
  return (await ifThere(atMost(most, eachLetter(container)))) ?? [];
}

async function* eachLetter(container: ContainerClient): AsyncGenerator<ListedLetter> {
  for await (const { name, properties, metadata } of container.listBlobsFlat({ includeMetadata: true })) {
    const { contentLength: bytes = 0, lastModified: modifiedAt } = properties;
    yield { name, bytes, modifiedAt, refusedAt: metadata?.[REFUSED_AT] ?? '' };
  }
}

/** Letters that nobody has tried yet by name, then the others, the longest ago first. */
function inTurn(letters: readonly ListedLetter[]): ListedLetter[] {
  return letters.toSorted((left, right) => left.refusedAt.localeCompare(right.refusedAt));
}

/** Undefined when it has gone since it was listed. */
async function download(container: ContainerClient, listed: ListedLetter): Promise<StoredDeadLetter | undefined> {
  const { name, bytes, modifiedAt } = listed;
  const problem = `it is ${bytes} bytes long: no dead letter is longer than ${MAX_LETTER_BYTES}`;
  if (bytes > MAX_LETTER_BYTES) return brokenLetter(name, modifiedAt, problem);
  const body = await ifThere(container.getBlobClient(name).downloadToBuffer());
  return body && readLetter(name, modifiedAt, body);
}
