import { allCells } from './cells.ts';
import type { Cell } from './cell.ts';
import type { Feed } from './feeds.ts';

/** They are about live windows: who moves the watermark, works on a window twice, or dies with it. */
const LIVE_ONLY = /^(move watermark|\S.*: (clock|host killed|second worker|message|page not in order, host killed))/;

/** Cells of the path, and lies of the vendor, that a backfill runs through while the live stream goes on behind it. Lists are no feeds of the past. */
export function backfillCellsOf({ lies, place, short, wholePath }: Feed): readonly Cell[] {
  if (place === undefined) return [];
  const path = wholePath === undefined ? [] : allCells();
  return [...path, ...lies]
    .map((cell) => ({ cell, name: `${cell.step}: ${cell.fault}` }))
    .filter(({ name }) => !LIVE_ONLY.test(name))
    .map(({ cell, name }) => ({
      ...cell,
      fault: `in a backfill: ${cell.fault}`,
      isBackfill: true,
      isShared: false,
      isRare: short?.backfill.includes(name) !== true,
    }));
}
