import type { Cell } from './cell.ts';
import type { Feed } from './feeds.ts';

const READING: ReadonlySet<string> = new Set(['count', 'fetch headers', 'fetch body', 'decode']);
const STORING: ReadonlySet<string> = new Set(['upload, chunk 1', 'checkpoint', 'close']);
/** Faults between reading and storing that a stream's cursor must outlive. */
const OUTLIVED = /^(host killed|second worker|ingestion cut after)/;

/** The cells of a further stream: how it reads, and how it goes on; the path itself is proven with the first two. */
export function ownCells(feed: Feed, cells: readonly Cell[]): Cell[] {
  const isOwn = ({ step, fault }: Cell): boolean =>
    (READING.has(step) && !fault.startsWith('clock') && !fault.startsWith('message')) ||
    (STORING.has(step) && OUTLIVED.test(fault));
  // Some are not counted.
  const isCalled = ({ step }: Cell): boolean => step !== 'count' || feed.routes.first !== feed.routes.page;
  return cells.filter((cell) => isOwn(cell) && isCalled(cell)).map((cell) => ({ ...cell, shape: 'lean' }));
}
