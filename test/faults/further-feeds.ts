import type { Cell } from './cell.ts';
import { STREAMS } from '../../src/lib/streams/index.ts';
import { feed as incidents } from '../lib/streams/edr-incidents/matrix-feed.ts';
import { feed as hosts } from '../lib/streams/vm-hosts/matrix-feed.ts';
import { feed as knowledgeBase } from '../lib/streams/vm-knowledge-base/matrix-feed.ts';
import { FEEDS, type Feed } from './feeds.ts';

/** Streams that only play the cells of what they do themselves. */
export const FURTHER_FEEDS = { incidents, knowledgeBase, hosts } as const;

const KNOWN = new Set([...Object.values(FEEDS), ...Object.values(FURTHER_FEEDS)].map(({ name }) => name));

/** All other streams of the registry: what the matrix must know of them lies beside their tests. */
export const OTHER_FEEDS: readonly Feed[] = await Promise.all(
  STREAMS.filter(({ name }) => !KNOWN.has(name)).map(async ({ name }) => {
    const { feed } = (await import(`../lib/streams/${name}/matrix-feed.ts`)) as { feed: Feed };
    return feed;
  }),
);

const READING: ReadonlySet<string> = new Set(['count', 'fetch headers', 'fetch body', 'decode']);
const STORING: ReadonlySet<string> = new Set(['upload, chunk 1', 'checkpoint', 'close']);
/** Faults between reading and storing that a stream's cursor must outlive. */
const OUTLIVED = /^(host killed|second worker|ingestion cut after)/;

/** The cells of a further stream: how it reads, and how it goes on; the path itself is proven with the first two. */
export function ownCells(feed: Feed, cells: readonly Cell[]): Cell[] {
  const isOwn = ({ step, fault }: Cell): boolean =>
    (READING.has(step) && !fault.startsWith('clock') && !fault.startsWith('message')) ||
    (STORING.has(step) && OUTLIVED.test(fault));
  // Incidents are not counted.
  const isCalled = ({ step }: Cell): boolean => step !== 'count' || feed.routes.first !== feed.routes.page;
  return cells.filter((cell) => isOwn(cell) && isCalled(cell)).map((cell) => ({ ...cell, shape: 'lean' }));
}
