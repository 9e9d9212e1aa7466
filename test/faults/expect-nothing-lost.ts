import { expect } from 'vitest';
import type { Feed } from './feeds.ts';
import { playMatrix } from './play-matrix.ts';
import { reportMatrix } from './report-matrix.ts';

/** Plays the matrix of a stream, reports it, and expects no cell to have a problem. */
export async function expectNothingLost(feed: Feed): Promise<void> {
  const results = await playMatrix(feed);
  await reportMatrix(feed, results);
  expect(results.filter(({ problems }) => problems.length > 0)).toEqual([]);
}
