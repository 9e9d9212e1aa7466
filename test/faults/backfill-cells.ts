import { allCells } from './cells.ts';
import type { Cell } from './cell.ts';
import { FEEDS, type Feed } from './feeds.ts';
import { liesTo } from './lies.ts';

/** They are about live windows: who moves the watermark, works on a window twice, or dies with it. */
const LIVE_ONLY = /^(move watermark|\S.*: (clock|host killed|second worker|message|page not in order, host killed))/;

/** What `npm test` plays of them, by stream. */
const SHORT: Readonly<Record<string, readonly string[]>> = {
  [FEEDS.edr.name]: ['plan: storage 500, five times', 'count: count a third, pages capped at 3'],
  [FEEDS.vm.name]: ['fetch headers: Qualys 503 for twenty minutes', 'decode: pages cut short without WARNING'],
};

/** Cells of the path, and lies of the vendor, that a backfill runs through while the live stream goes on behind it. */
export function backfillCellsOf(feed: Feed): readonly Cell[] {
  const short = feed === FEEDS.edrChain ? [] : (SHORT[feed.name] ?? []);
  const path = feed === FEEDS.edr || feed === FEEDS.vm ? allCells() : [];
  return [...path, ...liesTo(feed)]
    .map((cell) => ({ cell, name: `${cell.step}: ${cell.fault}` }))
    .filter(({ name }) => !LIVE_ONLY.test(name))
    .map(({ cell, name }) => ({
      ...cell,
      fault: `in a backfill: ${cell.fault}`,
      isBackfill: true,
      isShared: false,
      isRare: !short.includes(name),
    }));
}
