import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { STREAMS } from '../../src/lib/streams/index.ts';
import type { StreamDefinition } from '../../src/lib/streams/stream-definition.ts';
import type { Feed } from './feeds.ts';

const STREAM_TESTS = join(import.meta.dirname, '../lib/streams');

/** What the faults must know of a stream lies beside its tests. */
interface Declared {
  readonly feed: Feed;
  /** Other ways in which it is read: they meet only what the vendor may say. */
  readonly variants?: readonly Feed[];
}

async function declarationOf(stream: StreamDefinition) {
  const { name } = stream;
  if (!existsSync(join(STREAM_TESTS, name, 'matrix-feed.ts'))) {
    throw new Error(
      `write test/lib/streams/${name}/matrix-feed.ts: what the faults must know of the stream (docs/add-a-stream.md, step 5)`,
    );
  }
  const { feed, variants = [] } = (await import(`../lib/streams/${name}/matrix-feed.ts`)) as Declared;
  return { stream, feed, variants };
}

/** The feeds of all streams of the registry, in its order, each with its variants. */
export const FEEDS = await Promise.all(STREAMS.map(declarationOf));
