import { STREAMS } from '../../src/lib/streams/index.ts';
import type { Feed } from './feeds.ts';

/** What the faults must know of a stream lies beside its tests. */
interface Declared {
  readonly feed: Feed;
  /** Other ways in which it is read: they meet only what the vendor may say. */
  readonly variants?: readonly Feed[];
}

const declared = await Promise.all(
  STREAMS.map(async ({ name }) => (await import(`../lib/streams/${name}/matrix-feed.ts`)) as Declared),
);

/** The feeds of all streams of the registry, in its order, each with its variants. */
export const FEEDS: readonly { readonly feed: Feed; readonly variants: readonly Feed[] }[] = declared.map(
  ({ feed, variants = [] }) => ({ feed, variants }),
);
