import { backfillCellsOf } from './backfill-cells.ts';
import { allCells } from './cells.ts';
import { measureBaseline, playCell, type Baseline, type Cell, type CellResult } from './cell.ts';
import type { DataShape, Feed } from './feeds.ts';
import { FEEDS } from './all-feeds.ts';
import { ownCells } from './own-cells.ts';
import { openHostPool, type HostPool } from './kill-host.ts';
import { closeAzurite, openAzurite } from './rig.ts';
import { storageCellsOf } from './storage-cells.ts';
import { takePart, warpOffset, warpTime } from './warped-time.ts';

/** Cells played at once: while one waits for a real timer, another works. */
const AT_ONCE = 4;
const isLong = process.env.SOAK === '1';

/**
 * The cells that a stream plays: all with `SOAK=1`; else those that are the same for all streams go to one of those that play the whole path, in turn.
 * `CELLS` takes a regular expression for `step: fault`.
 */
export function chooseCells(feed: Feed): Cell[] {
  const pattern = new RegExp(process.env.CELLS ?? '', 'iu');
  return [...pathCells(feed), ...feed.lies, ...storageCellsOf(feed), ...backfillCellsOf(feed)].filter(
    ({ step, fault, isRare }) => (isRare !== true || isLong) && pattern.test(`${step}: ${fault}`),
  );
}

const isVariant = (feed: Feed): boolean => FEEDS.some(({ variants }) => variants.includes(feed));

/** The cells of the path that a stream plays. */
function pathCells(feed: Feed): Cell[] {
  if (isVariant(feed)) return [];
  const { wholePath } = feed;
  if (wholePath === undefined) return ownCells(feed, allCells());
  let shared = 0;
  return allCells().filter((cell) => cell.isShared !== true || isLong || shared++ % 2 === wholePath.turn);
}

async function playAll(cells: readonly Cell[], feed: Feed, pool: HostPool): Promise<CellResult[]> {
  const baselines = new Map<DataShape, Baseline>();
  for (const { shape = 'lean' } of cells) {
    if (!baselines.has(shape)) baselines.set(shape, await takePart(() => measureBaseline(feed, shape)));
  }
  const results: CellResult[] = [];
  const waiting = [...cells];
  const play = async (): Promise<void> => {
    for (let cell = waiting.shift(); cell !== undefined; cell = waiting.shift()) {
      const baseline = baselines.get(cell.shape ?? 'lean');
      if (baseline === undefined) throw new Error('no baseline');
      const result = await playCell(cell, feed, baseline, pool);
      results.push(result);
      for (const problem of result.problems) console.error(`${feed.name}, ${cell.step}, ${cell.fault}: ${problem}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, () => takePart(play)));
  return results;
}

/** Plays the cells of a stream. */
export async function playMatrix(feed: Feed): Promise<CellResult[]> {
  warpTime(warpOffset() + (feed.ahead?.(Date.now()) ?? 0));
  const cells = chooseCells(feed);
  const shapes = new Set(cells.map(({ shape }) => shape)).size;
  await openAzurite(cells.length + shapes + 1);
  const pool = await openHostPool();
  try {
    return await playAll(cells, feed, pool);
  } finally {
    await pool.close();
    await closeAzurite();
  }
}
